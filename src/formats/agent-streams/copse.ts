/**
 * Copse's own lines of events, one JSON object each, named by `type`: what the bridge to ACP agents prints, and what any
 * program may print to be read without a reader of its own.
 */
import type { AgentError, AgentEvent, ErrorClass, UsageBasis } from '../../core/agents/events.ts';
import { assertNever } from '../../kit/assert.ts';
import { countAt, type Fields, moneyAt, numberAt, textAt } from './fields.ts';
import type { StreamReader } from './reader.ts';

const CLASSES: readonly ErrorClass[] = ['rate_limit', 'auth', 'session', 'hung', 'limit', 'other'];
const BASES: readonly UsageBasis[] = ['call', 'run', 'thread'];
const OUTCOMES = ['called', 'ok', 'failed'] as const;

/** One line without its line break. */
export function eventLine(event: AgentEvent): string {
  return JSON.stringify(recordOf(event));
}

function recordOf(event: AgentEvent): Fields {
  const { kind } = event;
  switch (kind) {
    case 'started':
    case 'text':
    case 'tool':
    case 'ask':
    case 'denied':
    case 'done':
    case 'other': {
      const { kind: type, ...rest } = event;
      return { type, ...rest };
    }
    case 'retry':
      return { type: kind, ...errorRecord(event.error), delay_ms: event.delayMs };
    case 'error':
      return { type: kind, ...errorRecord(event.error) };
    case 'usage':
      return {
        type: kind,
        basis: event.basis,
        key: event.key,
        input_tokens: event.tokens.input,
        cache_read_tokens: event.tokens.cacheRead,
        cache_write_tokens: event.tokens.cacheWrite,
        output_tokens: event.tokens.output,
        usd: event.usd,
        usd_basis: event.usdBasis,
        ...(event.usdTokens === undefined ? {} : { usd_tokens: event.usdTokens }),
        ...(event.isPartial === true ? { partial: true } : {}),
      };
    default:
      return assertNever(kind);
  }
}

function errorRecord(error: AgentError): Fields {
  return {
    class: error.class,
    message: error.message,
    resets_at_ms: error.resetsAtMs,
    reset_in_ms: error.resetInMs,
  };
}

export function copseReader(): StreamReader {
  return {
    record: (record, emit) => {
      const event = eventOf(record);
      if (event !== null) emit(event);
      return event !== null;
    },
  };
}

/** null for a record of another type. */
function eventOf(record: Fields): AgentEvent | null {
  switch (record['type']) {
    case 'started':
      return { kind: 'started', session: textAt(record, 'session'), model: textAt(record, 'model') };
    case 'text':
      return { kind: 'text', text: textAt(record, 'text') ?? '' };
    case 'tool':
      return {
        kind: 'tool',
        name: textAt(record, 'name') ?? 'tool',
        detail: textAt(record, 'detail') ?? '',
        outcome: oneOf(OUTCOMES, record['outcome'], 'called'),
      };
    case 'retry':
      return { kind: 'retry', error: errorIn(record), delayMs: numberAt(record, 'delay_ms') };
    case 'error':
      return { kind: 'error', error: errorIn(record) };
    case 'usage':
      return usageIn(record);
    case 'ask':
      return { kind: 'ask', id: textAt(record, 'id') ?? '', what: textAt(record, 'what') ?? '' };
    case 'denied':
      return { kind: 'denied', what: textAt(record, 'what') ?? 'a tool' };
    case 'done':
      return { kind: 'done', ok: record['ok'] === true, reason: textAt(record, 'reason') ?? '' };
    case 'other':
      return { kind: 'other', text: textAt(record, 'text') ?? '' };
    default:
      return null;
  }
}

function errorIn(record: Fields): AgentError {
  return {
    class: oneOf(CLASSES, record['class'], 'other'),
    message: textAt(record, 'message') ?? 'error',
    resetsAtMs: numberAt(record, 'resets_at_ms'),
    resetInMs: numberAt(record, 'reset_in_ms'),
  };
}

function usageIn(record: Fields): AgentEvent {
  const basis = oneOf(BASES, record['basis'], 'run');
  return {
    kind: 'usage',
    basis,
    key: textAt(record, 'key'),
    tokens: {
      input: countAt(record, 'input_tokens'),
      cacheRead: countAt(record, 'cache_read_tokens'),
      cacheWrite: countAt(record, 'cache_write_tokens'),
      output: countAt(record, 'output_tokens'),
    },
    usd: moneyAt(record, 'usd'),
    usdBasis: oneOf(BASES, record['usd_basis'], basis),
    ...(record['usd_tokens'] === undefined ? {} : { usdTokens: countAt(record, 'usd_tokens') }),
    ...(record['partial'] === true ? { isPartial: true as const } : {}),
  };
}

function oneOf<Value extends string>(values: readonly Value[], value: unknown, otherwise: Value): Value {
  return values.find((one) => one === value) ?? otherwise;
}
