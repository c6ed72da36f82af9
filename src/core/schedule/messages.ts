/** What messages that wait for a task's next turn change about its way: they are told before it goes on. */
import { waitingClause, waitingMessages } from '../inbox/messages.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { Decision } from './snapshot.ts';

/** The turn has ended, and something waits to be told: another one before anything is made of what is there. */
export function anotherTurn(task: TaskState, state: RunState): Decision | null {
  const waiting = waitingMessages(state, task.task.id);
  if (waiting.length === 0) return null;
  return {
    kind: 'record',
    event: { kind: 'task.continued', task: task.task.id, because: waitingClause(waiting) },
  };
}

/** Who wants the turn under way to end for a message; null: nobody. */
export function urgentMessage(task: TaskState, state: RunState): string | null {
  return waitingMessages(state, task.task.id).findLast(({ isUrgent }) => isUrgent)?.by ?? null;
}

/** Who said what waits; null: nothing waits. */
export function messenger(task: TaskState, state: RunState): string | null {
  return waitingMessages(state, task.task.id).at(-1)?.by ?? null;
}

/** Said too late: the work has landed, or is left out. */
export function dropMessages(task: TaskState, state: RunState): Decision | null {
  if (waitingMessages(state, task.task.id).length === 0) return null;
  const because = task.progress.kind === 'landed' ? 'the task has landed' : 'the task is left out';
  return { kind: 'record', event: { kind: 'message.dropped', task: task.task.id, because } };
}
