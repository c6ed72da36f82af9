/** Messages for the next turn of a task: which wait, which one conversation has not heard. */
import type { TaskId } from '../ids.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { AttemptState } from '../run/state.ts';
import type { Message } from './model.ts';

export function messagesOf(state: RunState, task: TaskId): readonly Message[] {
  return state.inbox.messages.get(task) ?? [];
}

/** In the order they were said; none when the next turn has nothing new to be told. */
export function waitingMessages(state: RunState, task: TaskId): readonly Message[] {
  return messagesOf(state, task).filter((message) => message.fate.kind === 'waiting');
}

/** The number of the newest message: an attempt that begins now is told all up to it. */
export function newestMessage(state: RunState, task: TaskId): number {
  return messagesOf(state, task).length;
}

/**
 * What a turn is told, of the messages up to number `upTo`. A conversation that goes on is not told again what it heard:
 * what an attempt of its agent was told that said anything at all. A new one is told everything.
 */
export function messagesFor(
  task: TaskState,
  state: RunState,
  { upTo, previous }: { readonly upTo: number; readonly previous: AttemptState | null },
): readonly Message[] {
  const known = messagesOf(state, task.task.id).filter(({ number }) => number <= upTo);
  if (previous === null) return known.filter(({ fate }) => fate.kind !== 'dropped');
  const last = task.attempts.indexOf(previous.id);
  const heard = new Set(
    task.attempts
      .slice(task.freshSince, last + 1)
      .flatMap((id) => state.attempts.get(id) ?? [])
      .filter(({ agent, facts }) => agent === previous.agent && facts?.stream?.hasBegun === true)
      .map(({ id }) => id),
  );
  return known.filter(
    ({ fate }) => fate.kind === 'waiting' || (fate.kind === 'told' && !heard.has(fate.attempt)),
  );
}

/** One clause: how many wait, and who said the newest. */
export function waitingClause(waiting: readonly Message[]): string {
  const by = waiting.at(-1)?.by ?? 'a person';
  return waiting.length === 1
    ? `a message of ${by} waits for its next turn`
    : `${waiting.length} messages wait for its next turn, the newest of ${by}`;
}
