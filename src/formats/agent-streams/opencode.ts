/** `opencode run --format json`, and kilo. Usage and cost count one step; input leaves out the cache. */
import { errorOf } from '../../core/agents/classify.ts';
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

export function opencodeReader(): StreamReader {
  let session: string | null = null;
  return {
    record: (record, emit) => {
      const type = record['type'];
      const part = mapAt(record, 'part');
      if (typeof type !== 'string' || !KNOWN.has(type)) return false;
      const told = textAt(record, 'sessionID');
      if (told !== null && told !== session) {
        session = told;
        emit({ kind: 'started', session, model: null });
      }
      switch (type) {
        case 'text':
          emit({ kind: 'text', text: textAt(part, 'text') ?? '' });
          break;
        case 'tool_use':
          readTool(part, emit);
          break;
        case 'step_finish':
          readStep(part, emit);
          break;
        case 'error':
          readError(mapAt(record, 'error'), emit);
          break;
        default:
          break;
      }
      return true;
    },
  };
}

const KNOWN: ReadonlySet<string> = new Set([
  'step_start',
  'step_finish',
  'text',
  'reasoning',
  'tool_use',
  'error',
]);

function readTool(part: Fields, emit: Emit): void {
  const state = mapAt(part, 'state');
  const name = textAt(part, 'tool') ?? 'tool';
  const status = textAt(state, 'status');
  emit({ kind: 'tool', name, detail: callDetail(state['input']), outcome: 'called' });
  if (status === 'completed') emit({ kind: 'tool', name, detail: '', outcome: 'ok' });
  if (status === 'error') {
    const why = textAt(state, 'error') ?? '';
    if (/rejected permission|permission.{0,20}(?:denied|rejected)/i.test(why))
      emit({ kind: 'denied', what: name });
    emit({ kind: 'tool', name, detail: '', outcome: 'failed' });
  }
}

function readStep(part: Fields, emit: Emit): void {
  const tokens = mapAt(part, 'tokens');
  const cache = mapAt(tokens, 'cache');
  emit({
    kind: 'usage',
    basis: 'call',
    key: textAt(part, 'id'),
    tokens: {
      input: countAt(tokens, 'input'),
      cacheRead: countAt(cache, 'read'),
      cacheWrite: countAt(cache, 'write'),
      output: countAt(tokens, 'output') + countAt(tokens, 'reasoning'),
    },
    usd: knownCost(part, tokens),
    usdBasis: 'call',
  });
  const reason = textAt(part, 'reason');
  if (reason !== null && reason !== 'tool-calls') emit({ kind: 'done', ok: reason !== 'error', reason });
}

function knownCost(part: Fields, tokens: Fields): number | null {
  return knownPrice(moneyAt(part, 'cost'), countAt(tokens, 'input', 'total') + countAt(tokens, 'output'));
}

function readError(error: Fields, emit: Emit): void {
  const data = mapAt(error, 'data');
  const headers = asMap(data['responseHeaders']) ?? {};
  const status = numberAt(data, 'statusCode');
  const message = textAt(data, 'message') ?? textAt(error, 'message') ?? textAt(error, 'name') ?? 'error';
  const code = textAt(error, 'name');
  const isLogin = code === 'ProviderAuthError';
  const found = errorOf({ status: isLogin ? 401 : status, message, ...resetOf(headers) });
  emit({ kind: 'error', error: found });
}

function resetOf(headers: Fields): { readonly resetsAtMs?: number; readonly resetInMs?: number } {
  const ms = Number(textAt(headers, 'retry-after-ms') ?? Number.NaN);
  if (ms > 0) return { resetInMs: ms };
  const after = textAt(headers, 'retry-after', 'Retry-After');
  if (after === null) return {};
  const seconds = Number(after);
  if (seconds > 0) return { resetInMs: seconds * 1_000 };
  const at = Date.parse(after);
  return Number.isFinite(at) ? { resetsAtMs: at } : {};
}
