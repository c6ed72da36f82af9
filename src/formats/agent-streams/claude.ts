/**
 * `claude -p --output-format stream-json`, and what speaks its language (amp, qwen). Usage of the result counts one prompt
 * and its input leaves out what was cached; its cost counts the whole conversation. With `qwen`, usage counts the whole
 * conversation and its input includes the cache.
 */
import { errorOf } from '../../core/agents/classify.ts';
import type { Tokens } from '../../core/agents/events.ts';
import {
  asMap,
  callDetail,
  countAt,
  type Fields,
  listAt,
  mapAt,
  moneyAt,
  numberAt,
  textAt,
} from './fields.ts';
import type { Emit, StreamReader } from './reader.ts';

export function claudeReader(dialect: 'claude' | 'qwen'): StreamReader {
  const calls = new Map<string, string>();
  return {
    record: (record, emit) => {
      switch (record['type']) {
        case 'system':
          return readSystem(record, emit);
        case 'assistant':
          readAssistant(record, emit, { dialect, calls });
          return true;
        case 'user':
          readToolResults(record, emit, calls);
          return true;
        case 'result':
          readResult(record, emit, dialect);
          return true;
        case 'rate_limit_event':
          readRateLimit(record, emit);
          return true;
        case 'control_request': {
          const request = mapAt(record, 'request');
          const what = `${textAt(request, 'tool_name') ?? 'a tool'} ${callDetail(request['input'])}`;
          emit({ kind: 'ask', id: textAt(record, 'request_id') ?? '', what: what.trim() });
          return true;
        }
        default:
          return false;
      }
    },
  };
}

/** Calls under way that are remembered by name. */
const MAX_OPEN_CALLS = 1_000;

interface Reading {
  readonly dialect: 'claude' | 'qwen';
  readonly calls: Map<string, string>;
}

function readSystem(record: Fields, emit: Emit): boolean {
  switch (record['subtype']) {
    case 'init':
      emit({ kind: 'started', session: textAt(record, 'session_id'), model: textAt(record, 'model') });
      return true;
    case 'api_retry':
    case 'retry': {
      const delayMs = numberAt(record, 'retry_delay_ms', 'delayMs');
      const status = numberAt(record, 'error_status');
      const message = textAt(record, 'message', 'error') ?? `status ${status ?? 'unknown'}`;
      const error = errorOf({ status, code: textAt(record, 'error'), message });
      // The client of `qwen` says nothing of the cause; it waits like this for busy accounts only.
      const shown = status === null && record['subtype'] === 'retry' && error.class === 'other';
      emit({ kind: 'retry', error: shown ? { ...error, class: 'rate_limit' } : error, delayMs });
      return true;
    }
    case 'permission_denied':
      emit({ kind: 'denied', what: textAt(record, 'tool_name', 'message') ?? 'a tool' });
      return true;
    default:
      return false;
  }
}

function readAssistant(record: Fields, emit: Emit, reading: Reading): void {
  const message = mapAt(record, 'message');
  const synthetic = message['model'] === '<synthetic>';
  for (const block of listAt(message, 'content')) {
    const part = asMap(block);
    if (part === null) continue;
    if (part['type'] === 'text' && !synthetic) emit({ kind: 'text', text: textAt(part, 'text') ?? '' });
    if (part['type'] === 'tool_use') {
      const name = textAt(part, 'name') ?? 'tool';
      const id = textAt(part, 'id');
      if (id !== null && reading.calls.size < MAX_OPEN_CALLS) reading.calls.set(id, name);
      emit({ kind: 'tool', name, detail: callDetail(part['input']), outcome: 'called' });
    }
  }
  // What the client itself says on an error is no word of the model.
  if (synthetic) {
    const words = listAt(message, 'content').map((block) => textAt(asMap(block) ?? {}, 'text') ?? '');
    const error = errorOf({
      status: numberAt(record, 'api_error_status'),
      code: textAt(record, 'error', 'api_error_type'),
      message: words.join(' '),
    });
    emit({ kind: 'retry', error, delayMs: null });
    return;
  }
  const usage = asMap(message['usage']);
  if (usage === null) return;
  const key = textAt(message, 'id');
  const tokens = tokensOf(usage, reading.dialect);
  emit({ kind: 'usage', basis: 'call', key, tokens, usd: null, usdBasis: 'call' });
}

function readToolResults(record: Fields, emit: Emit, calls: Map<string, string>): void {
  for (const block of listAt(mapAt(record, 'message'), 'content')) {
    const part = asMap(block);
    if (part === null || part['type'] !== 'tool_result') continue;
    const id = textAt(part, 'tool_use_id') ?? '';
    const name = calls.get(id) ?? 'tool';
    calls.delete(id);
    emit({ kind: 'tool', name, detail: '', outcome: part['is_error'] === true ? 'failed' : 'ok' });
  }
}

function readResult(record: Fields, emit: Emit, dialect: Reading['dialect']): void {
  emit({ kind: 'started', session: textAt(record, 'session_id'), model: null });
  const usage = asMap(record['usage']);
  const usd = moneyAt(record, 'total_cost_usd');
  if (usage !== null || usd !== null) {
    const basis = dialect === 'qwen' ? 'thread' : 'run';
    const tokens = tokensOf(usage ?? {}, dialect);
    const usdTokens = pricedTokens(record);
    const covers = usdTokens === null ? {} : { usdTokens };
    emit({ kind: 'usage', basis, key: null, tokens, usd, usdBasis: 'thread', ...covers });
  }
  for (const denial of listAt(record, 'permission_denials')) {
    emit({ kind: 'denied', what: textAt(asMap(denial) ?? {}, 'tool_name') ?? 'a tool' });
  }
  const said = textAt(record, 'result') ?? textAt(mapAt(record, 'error'), 'message') ?? '';
  const subtype = textAt(record, 'subtype') ?? '';
  const isError = record['is_error'] === true || subtype.startsWith('error');
  // qwen calls it otherwise.
  const structured = asMap(record['structured_output']) ?? asMap(record['structured_result']);
  // The answer to a schema, as the client took it; the words before it may be anything.
  if (!isError && structured !== null) emit({ kind: 'text', text: JSON.stringify(structured) });
  if (!isError) return emit({ kind: 'done', ok: true, reason: textAt(record, 'stop_reason') ?? subtype });
  const status = numberAt(record, 'api_error_status');
  const code = textAt(record, 'api_error_type') ?? subtype;
  emit({ kind: 'error', error: errorOf({ status, code, message: said === '' ? subtype : said }) });
}

/** What `total_cost_usd` is the price of, over all models: of the conversation in some versions, of the process in others. */
function pricedTokens(record: Fields): number | null {
  const models = asMap(record['modelUsage']);
  if (models === null) return null;
  const fields = ['inputTokens', 'outputTokens', 'cacheReadInputTokens', 'cacheCreationInputTokens'];
  return Object.values(models)
    .map((model) => asMap(model) ?? {})
    .reduce((sum, model) => sum + fields.reduce((all, field) => all + countAt(model, field), 0), 0);
}

/** Subscriptions tell when their window ends; only a refusal stops the work. */
function readRateLimit(record: Fields, emit: Emit): void {
  const info = asMap(record['rate_limit_info']) ?? record;
  const status = textAt(info, 'status') ?? '';
  if (!/reject|exceed|block/i.test(status)) return;
  const seconds = numberAt(info, 'resetsAt', 'resets_at');
  const resetsAtMs = seconds === null ? null : seconds < 1e11 ? seconds * 1_000 : seconds;
  const which = textAt(info, 'rateLimitType', 'rate_limit_type') ?? 'account';
  const error = errorOf({ status: 429, message: `the ${which} limit is reached`, resetsAtMs });
  emit({ kind: 'retry', error, delayMs: null });
}

function tokensOf(usage: Fields, dialect: Reading['dialect']): Tokens {
  const cacheRead = countAt(usage, 'cache_read_input_tokens');
  const cacheWrite = countAt(usage, 'cache_creation_input_tokens');
  const input = countAt(usage, 'input_tokens');
  return {
    input: dialect === 'qwen' ? Math.max(0, input - cacheRead) : input,
    cacheRead,
    cacheWrite,
    output: countAt(usage, 'output_tokens'),
  };
}
