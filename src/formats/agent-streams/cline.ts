/** `cline --json`. The result counts this process; its input includes the cache. */
import { errorOf } from '../../core/agents/classify.ts';
import { type Tokens, totalTokens } from '../../core/agents/events.ts';
import {
  asMap,
  callDetail,
  countAt,
  type Fields,
  knownPrice,
  mapAt,
  moneyAt,
  numberAt,
  textAt,
} from './fields.ts';
import type { Emit, StreamReader } from './reader.ts';

export function clineReader(): StreamReader {
  return {
    record: (record, emit) => {
      switch (record['type']) {
        case 'hook_event':
        case 'session_started':
        case 'run_started': {
          const session = textAt(record, 'taskId', 'sessionId') ?? textAt(mapAt(record, 'event'), 'taskId');
          emit({ kind: 'started', session, model: textAt(record, 'model', 'modelId') });
          return true;
        }
        case 'agent_event':
          return readAgentEvent(asMap(record['event']) ?? record, emit);
        case 'error':
          emit({ kind: 'error', error: errorOf({ message: textAt(record, 'message') ?? 'error' }) });
          return true;
        case 'run_result':
          readResult(record, emit);
          return true;
        default:
          return false;
      }
    },
  };
}

function readAgentEvent(event: Fields, emit: Emit): boolean {
  const content = textAt(event, 'contentType', 'content_type');
  switch (textAt(event, 'type', 'kind')) {
    case 'usage':
      emit({
        kind: 'usage',
        basis: 'call',
        key: null,
        tokens: tokensOf(event),
        usd: costOf(event),
        usdBasis: 'call',
      });
      return true;
    case 'content_start':
      if (content !== 'tool') return true;
      emit({
        kind: 'tool',
        name: textAt(event, 'toolName', 'name') ?? 'tool',
        detail: callDetail(event['input']),
        outcome: 'called',
      });
      return true;
    case 'content_end': {
      const text = textAt(event, 'text');
      if (content === 'text' && text !== null) emit({ kind: 'text', text });
      const failed = textAt(event, 'error') !== null;
      if (content === 'tool')
        emit({
          kind: 'tool',
          name: textAt(event, 'toolName', 'name') ?? 'tool',
          detail: '',
          outcome: failed ? 'failed' : 'ok',
        });
      return true;
    }
    case 'error': {
      const error = mapAt(event, 'error');
      const message = textAt(error, 'message') ?? textAt(event, 'message') ?? 'error';
      emit({ kind: 'retry', error: errorOf({ status: numberAt(error, 'status'), message }), delayMs: null });
      return true;
    }
    case 'done':
      return true;
    default:
      return false;
  }
}

function readResult(record: Fields, emit: Emit): void {
  const session = textAt(record, 'taskId', 'sessionId');
  if (session !== null) emit({ kind: 'started', session, model: null });
  const usage = asMap(record['aggregateUsage']) ?? asMap(record['usage']);
  if (usage !== null)
    emit({
      kind: 'usage',
      basis: 'run',
      key: null,
      tokens: tokensOf(usage),
      usd: costOf(usage),
      usdBasis: 'run',
    });
  const reason = textAt(record, 'finishReason') ?? 'unknown';
  if (reason === 'completed' || reason === 'stop') return emit({ kind: 'done', ok: true, reason });
  const message = textAt(mapAt(record, 'error'), 'message') ?? textAt(record, 'text') ?? reason;
  emit({ kind: 'error', error: errorOf({ code: reason, message }) });
}

function tokensOf(usage: Fields): Tokens {
  const cacheRead = countAt(usage, 'cacheReadTokens', 'cacheReads');
  const cacheWrite = countAt(usage, 'cacheWriteTokens', 'cacheWrites');
  const input = Math.max(0, countAt(usage, 'inputTokens', 'tokensIn') - cacheRead - cacheWrite);
  return { input, cacheRead, cacheWrite, output: countAt(usage, 'outputTokens', 'tokensOut') };
}

function costOf(usage: Fields): number | null {
  return knownPrice(moneyAt(usage, 'totalCost', 'cost'), totalTokens(tokensOf(usage)));
}
