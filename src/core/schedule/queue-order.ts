/** The places of changes that wait: by priority, then by arrival unless somebody moved them. */
import type { ChangeId } from '../ids.ts';
import type { Priority } from '../run/queue-orders.ts';
import type { ChangeState, RunState } from '../run/state.ts';

const USUAL_PRIORITY: Priority = 2;

export function priorityOf(change: ChangeState, state: RunState): Priority {
  if (change.standing.priority !== null) return change.standing.priority;
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  return task?.task.priority ?? USUAL_PRIORITY;
}

const WAITING: ReadonlySet<string> = new Set(['announced', 'pending', 'conflicted']);

/** Changes still to land, first to be served first. */
export function waitingChanges(state: RunState): readonly ChangeState[] {
  return [...state.queue.changes.values()]
    .filter(({ state: { kind } }) => WAITING.has(kind))
    .toSorted(
      (a, b) =>
        priorityOf(a, state) - priorityOf(b, state) ||
        a.standing.order - b.standing.order ||
        a.arrival - b.arrival,
    );
}

export interface Rank {
  readonly priority: Priority;
  readonly order: number;
}

/** The rank that puts a waiting change one place up or down; null when it is first or last already, or does not wait. */
export function rankBeside(state: RunState, id: ChangeId, direction: 'up' | 'down'): Rank | null {
  const waiting = waitingChanges(state);
  const place = waiting.findIndex((change) => change.id === id);
  const step = direction === 'up' ? -1 : 1;
  const neighbour = waiting[place + step];
  if (place === -1 || neighbour === undefined) return null;
  const priority = priorityOf(neighbour, state);
  const beyond = waiting[place + 2 * step];
  const isOneClass = beyond !== undefined && priorityOf(beyond, state) === priority;
  const { order } = neighbour.standing;
  // Halfway to the next one: nobody else has to be moved.
  return { priority, order: isOneClass ? (order + beyond.standing.order) / 2 : order + step };
}
