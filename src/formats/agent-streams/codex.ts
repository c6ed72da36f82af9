/** `codex exec --json`. Usage counts the whole thread, also over resumed processes, and its input includes the cache. */
import { errorOf } from '../../core/agents/classify.ts';
import type { AgentEvent } from '../../core/agents/events.ts';
import {
  asMap,
  callDetail,
  countAt,
  type Fields,
  listAt,
  mapAt,
  numberAt,
  oneLine,
  textAt,
} from './fields.ts';
import type { Emit, StreamReader } from './reader.ts';

export function codexReader(): StreamReader {
  return {
    record: (record, emit) => {
      switch (record['type']) {
        case 'thread.started':
          emit({ kind: 'started', session: textAt(record, 'thread_id'), model: textAt(record, 'model') });
          return true;
        case 'turn.started':
          return true;
        case 'item.started':
          return readItem(mapAt(record, 'item'), true, emit);
        case 'item.updated':
          return true;
        case 'item.completed':
          return readItem(mapAt(record, 'item'), false, emit);
        case 'error':
          // It goes on trying after these; `turn.failed` is the end.
          emit({
            kind: 'retry',
            error: errorOf({ message: textAt(record, 'message') ?? '' }),
            delayMs: null,
          });
          return true;
        case 'turn.completed':
          emit(usageOf(mapAt(record, 'usage')));
          emit({ kind: 'done', ok: true, reason: 'turn.completed' });
          return true;
        case 'turn.failed': {
          if (asMap(record['usage']) !== null) emit(usageOf(mapAt(record, 'usage')));
          const message =
            textAt(mapAt(record, 'error'), 'message') ?? textAt(record, 'error') ?? 'turn.failed';
          emit({ kind: 'error', error: errorOf({ message }) });
          return true;
        }
        default:
          return false;
      }
    },
  };
}

function usageOf(usage: Fields): AgentEvent {
  const cacheRead = countAt(usage, 'cached_input_tokens');
  const cacheWrite = countAt(usage, 'cache_write_input_tokens');
  const input = Math.max(0, countAt(usage, 'input_tokens') - cacheRead - cacheWrite);
  const tokens = { input, cacheRead, cacheWrite, output: countAt(usage, 'output_tokens') };
  return { kind: 'usage', basis: 'thread', key: null, tokens, usd: null, usdBasis: 'thread' };
}

function readItem(item: Fields, isStart: boolean, emit: Emit): boolean {
  const type = textAt(item, 'type', 'item_type');
  switch (type) {
    case 'agent_message':
      if (!isStart) emit({ kind: 'text', text: textAt(item, 'text') ?? '' });
      return true;
    case 'reasoning':
    case 'todo_list':
      return true;
    case 'error':
      // Notices such as an unknown model; the turn goes on.
      return false;
    case 'command_execution':
    case 'mcp_tool_call':
    case 'file_change':
    case 'web_search':
    case 'collab_tool_call':
      readCall(type, item, isStart, emit);
      return true;
    default:
      return false;
  }
}

function readCall(type: string, item: Fields, isStart: boolean, emit: Emit): void {
  const name =
    type === 'mcp_tool_call'
      ? `${textAt(item, 'server') ?? 'mcp'}.${textAt(item, 'tool') ?? 'tool'}`
      : type === 'command_execution'
        ? 'shell'
        : type;
  const detail = detailOf(type, item);
  if (isStart) return emit({ kind: 'tool', name, detail, outcome: 'called' });
  // Changes of files are told only when they are done.
  if (type === 'file_change') emit({ kind: 'tool', name, detail, outcome: 'called' });
  const exit = numberAt(item, 'exit_code');
  const isFailed =
    item['status'] === 'failed' || item['status'] === 'declined' || (exit !== null && exit !== 0);
  if (item['status'] === 'declined') emit({ kind: 'denied', what: `${name} ${detail}`.trim() });
  emit({ kind: 'tool', name, detail: '', outcome: isFailed ? 'failed' : 'ok' });
}

function detailOf(type: string, item: Fields): string {
  if (type === 'mcp_tool_call') return callDetail(item['arguments']);
  if (type !== 'file_change') return callDetail(item);
  const changes = listAt(item, 'changes').map((one) => {
    const change = asMap(one) ?? {};
    return `${textAt(change, 'kind') ?? 'change'} ${textAt(change, 'path') ?? ''}`;
  });
  return oneLine(changes.join(', '));
}
