/** `gemini -o stream-json`. Usage counts this process; `input_tokens` includes the cache. */
import { errorOf } from '../../core/agents/classify.ts';
import { asMap, callDetail, countAt, type Fields, mapAt, numberAt, textAt } from './fields.ts';
import type { Emit, StreamReader } from './reader.ts';

const MAX_OPEN_CALLS = 1_000;

export function geminiReader(): StreamReader {
  const calls = new Map<string, string>();
  return {
    record: (record, emit) => {
      switch (record['type']) {
        case 'init':
          emit({ kind: 'started', session: textAt(record, 'session_id'), model: textAt(record, 'model') });
          return true;
        case 'message':
          if (record['role'] !== 'user') emit({ kind: 'text', text: textAt(record, 'content') ?? '' });
          return true;
        case 'tool_use': {
          const name = textAt(record, 'tool_name') ?? 'tool';
          const id = textAt(record, 'tool_id');
          if (id !== null && calls.size < MAX_OPEN_CALLS) calls.set(id, name);
          emit({ kind: 'tool', name, detail: callDetail(record['parameters']), outcome: 'called' });
          return true;
        }
        case 'tool_result': {
          const id = textAt(record, 'tool_id') ?? '';
          const outcome = record['status'] === 'success' ? 'ok' : 'failed';
          emit({ kind: 'tool', name: calls.get(id) ?? 'tool', detail: '', outcome });
          calls.delete(id);
          return true;
        }
        case 'error': {
          const message = textAt(record, 'message') ?? textAt(mapAt(record, 'error'), 'message') ?? 'error';
          emit({ kind: 'retry', error: errorOf({ message }), delayMs: null });
          return true;
        }
        case 'result':
          readResult(record, emit);
          return true;
        default:
          return false;
      }
    },
    line: (line, emit) => {
      // It tries again silently but for this line on standard error.
      const found = /^Attempt \d+ failed(?: with status (\d+))?[\s\S]*/.exec(line);
      if (found === null) return false;
      const status = found[1] === undefined ? null : Number(found[1]);
      emit({ kind: 'retry', error: errorOf({ status, message: line }), delayMs: null });
      return true;
    },
  };
}

function readResult(record: Fields, emit: Emit): void {
  const stats = asMap(record['stats']);
  if (stats !== null) {
    const cacheRead = countAt(stats, 'cached');
    const input = numberAt(stats, 'input') ?? Math.max(0, countAt(stats, 'input_tokens') - cacheRead);
    const tokens = {
      input: Math.max(0, input),
      cacheRead,
      cacheWrite: 0,
      output: countAt(stats, 'output_tokens'),
    };
    emit({ kind: 'usage', basis: 'run', key: null, tokens, usd: null, usdBasis: 'run' });
  }
  if (record['status'] === 'success') return emit({ kind: 'done', ok: true, reason: 'success' });
  const error = mapAt(record, 'error');
  const message = textAt(error, 'message') ?? textAt(record, 'status') ?? 'error';
  const said = /"code\\?": ?(\d{3})/.exec(message)?.[1];
  const status = numberAt(error, 'code') ?? (said === undefined ? null : Number(said));
  emit({ kind: 'error', error: errorOf({ status, code: textAt(error, 'type'), message }) });
}
