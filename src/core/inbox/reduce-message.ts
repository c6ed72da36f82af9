/** Messages to tasks, and the turns they ask for. */
import { assertNever } from '../../kit/assert.ts';
import type { AttemptId, TaskId } from '../ids.ts';
import type { RunEvent } from '../run/events.ts';
import { progressed } from '../run/progressed.ts';
import type { RunState } from '../run/state.ts';
import type { MessageEvent } from './events.ts';
import type { Message } from './model.ts';

/** Messages kept of one task; the log has them all. */
const MAX_MESSAGES = 1_000;

type Timed<E> = E & { readonly atMs: number };

export function reduceMessage(state: RunState, event: Timed<MessageEvent>): RunState {
  const task = state.tasks.get(event.task);
  if (task === undefined) return state;
  switch (event.kind) {
    case 'message.sent': {
      const said = state.inbox.messages.get(event.task) ?? [];
      if (said.length >= MAX_MESSAGES) return state;
      const { by, text, isUrgent, atMs } = event;
      const fate = { kind: 'waiting' } as const;
      return withMessages(state, event.task, [
        ...said,
        { number: said.length + 1, by, text, isUrgent, sentAtMs: atMs, fate },
      ]);
    }
    case 'message.dropped':
      return settle(state, event.task, Number.POSITIVE_INFINITY, {
        kind: 'dropped',
        because: event.because,
      });
    case 'task.continued': {
      // Only from where a turn has ended: a message never starts a second agent beside the first.
      if (!CONTINUABLE.has(task.progress.kind)) return state;
      const next = progressed(task, { kind: 'prepared' }, event.atMs);
      return { ...state, tasks: new Map(state.tasks).set(event.task, next) };
    }
    default:
      return assertNever(event);
  }
}

const CONTINUABLE: ReadonlySet<string> = new Set([
  'judged',
  'verifying',
  'green',
  'red',
  'ejected',
  'awaiting-approval',
]);

/** The attempt was told the messages up to a number. */
export function messagesTold(
  state: RunState,
  event: Extract<RunEvent, { kind: 'attempt.started' }>,
): RunState {
  return settle(state, event.task, event.messages ?? 0, { kind: 'told', attempt: event.attempt });
}

function settle(
  state: RunState,
  task: TaskId,
  upTo: number,
  fate:
    { readonly kind: 'told'; readonly attempt: AttemptId } | Extract<Message['fate'], { kind: 'dropped' }>,
): RunState {
  const said = state.inbox.messages.get(task) ?? [];
  const isDue = (message: Message): boolean => message.fate.kind === 'waiting' && message.number <= upTo;
  if (!said.some(isDue)) return state;
  return withMessages(
    state,
    task,
    said.map((message) => (isDue(message) ? { ...message, fate } : message)),
  );
}

function withMessages(state: RunState, task: TaskId, messages: readonly Message[]): RunState {
  const { inbox } = state;
  return { ...state, inbox: { ...inbox, messages: new Map(inbox.messages).set(task, messages) } };
}
