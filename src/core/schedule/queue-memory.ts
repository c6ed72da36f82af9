/** What the runs before this one taught about a project's changes and agents, carried from run to run in the log. */
import type { QueueOutcome } from '../mergequeue/history.ts';
import type { ChangeState, RunState } from '../run/state.ts';
import { areasOf } from './queue-areas.ts';

/** Outcomes one run hands on to the next: the oldest of so many counts a sixteenth. */
const MOST_CARRIED = 200;
/** Areas kept of each: enough to tell whether two met. */
const MOST_AREAS = 12;

/** Oldest first: what `before` knew when it began, then what became of its own changes. */
export function outcomesUpTo(before: RunState | null): readonly QueueOutcome[] {
  if (before === null) return [];
  const changes = [...before.queue.changes.values()];
  const areas = areasOf(changes, () => true);
  const own = changes.flatMap((change): readonly QueueOutcome[] => {
    const result = resultOf(change);
    if (result === null) return [];
    const agent = change.task === null ? null : (before.tasks.get(change.task)?.agent ?? null);
    const scopes = (areas.get(change.id) ?? []).slice(0, MOST_AREAS);
    return [{ change: change.id, queue: before.id, agent, result, scopes }];
  });
  return [...before.outcomes, ...own].slice(-MOST_CARRIED);
}

/** null: nothing was learned of it. A conflict in the text says nothing about gates. */
function resultOf({ state, conflict }: ChangeState): 'landed' | 'broken' | 'conflict' | null {
  if (state.kind === 'landed') return 'landed';
  if (state.kind !== 'ejected') return null;
  if (state.because === 'broken') return 'broken';
  return state.because === 'conflict' && conflict === null && state.red !== null ? 'conflict' : null;
}
