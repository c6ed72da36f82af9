/** `copilot --output-format json`. Tokens are told per call, and not for every provider; there is no cost in money. */
import { errorOf } from '../../core/agents/classify.ts';
import { asMap, callDetail, countAt, type Fields, listAt, mapAt, numberAt, textAt } from './fields.ts';
import type { Emit, StreamReader } from './reader.ts';

const MAX_OPEN_CALLS = 1_000;

export function copilotReader(): StreamReader {
  const calls = new Map<string, string>();
  return {
    record: (record, emit) => {
      const type = textAt(record, 'type') ?? '';
      const data = asMap(record['data']) ?? record;
      switch (type) {
        case 'session.start':
        case 'session.started':
        case 'session.resume':
          emit({
            kind: 'started',
            session: textAt(data, 'sessionId'),
            model: textAt(data, 'selectedModel', 'model'),
          });
          return true;
        case 'session.model_change':
          emit({ kind: 'started', session: null, model: textAt(data, 'newModel', 'model') });
          return true;
        case 'assistant.message':
          return readMessage(data, emit);
        case 'assistant.usage':
          readUsage(record, data, emit);
          return true;
        case 'tool.execution_start': {
          const name = textAt(data, 'toolName', 'name') ?? 'tool';
          const id = textAt(data, 'toolCallId');
          if (id !== null && calls.size < MAX_OPEN_CALLS) calls.set(id, name);
          emit({ kind: 'tool', name, detail: callDetail(data['arguments']), outcome: 'called' });
          return true;
        }
        case 'tool.execution_complete': {
          readToolEnd(data, emit, calls);
          return true;
        }
        case 'model.call_failure':
        case 'assistant.turn_retry': {
          const status = numberAt(data, 'statusCode', 'status');
          const message =
            textAt(data, 'errorMessage', 'message', 'reason') ?? `status ${status ?? 'unknown'}`;
          emit({ kind: 'retry', error: errorOf({ status, message }), delayMs: numberAt(data, 'delayMs') });
          return true;
        }
        case 'session.error': {
          const status = numberAt(data, 'statusCode', 'status');
          const message = textAt(data, 'message') ?? 'session.error';
          emit({ kind: 'error', error: errorOf({ status, code: textAt(data, 'errorType'), message }) });
          return true;
        }
        case 'result':
          readResult(record, emit);
          return true;
        default:
          return false;
      }
    },
  };
}

function readMessage(data: Fields, emit: Emit): boolean {
  const text = textAt(data, 'content') ?? '';
  if (text !== '') emit({ kind: 'text', text });
  return text !== '' || listAt(data, 'toolRequests').length > 0;
}

function readUsage(record: Fields, data: Fields, emit: Emit): void {
  const cacheRead = countAt(data, 'cacheReadTokens');
  const cacheWrite = countAt(data, 'cacheWriteTokens');
  const tokens = {
    input: Math.max(0, countAt(data, 'inputTokens') - cacheRead - cacheWrite),
    cacheRead,
    cacheWrite,
    output: countAt(data, 'outputTokens'),
  };
  emit({ kind: 'started', session: null, model: textAt(data, 'model') });
  const key = textAt(data, 'apiCallId', 'providerCallId') ?? textAt(record, 'id');
  emit({ kind: 'usage', basis: 'call', key, tokens, usd: null, usdBasis: 'call' });
}

function readToolEnd(data: Fields, emit: Emit, calls: Map<string, string>): void {
  const id = textAt(data, 'toolCallId') ?? '';
  const name = textAt(data, 'toolName', 'name') ?? calls.get(id) ?? 'tool';
  calls.delete(id);
  const error = mapAt(data, 'error');
  const why = `${textAt(error, 'code') ?? ''} ${textAt(error, 'message') ?? ''}`;
  if (/denied|permission/i.test(why)) emit({ kind: 'denied', what: name });
  emit({ kind: 'tool', name, detail: '', outcome: data['success'] === false ? 'failed' : 'ok' });
}

function readResult(record: Fields, emit: Emit): void {
  emit({ kind: 'started', session: textAt(record, 'sessionId'), model: null });
  const code = numberAt(record, 'exitCode') ?? 0;
  emit({ kind: 'done', ok: code === 0, reason: `exit code ${code}` });
}
