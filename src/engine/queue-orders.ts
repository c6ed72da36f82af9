/** What a person may say to the merge queue, as facts for the run: each is checked against the state it is said to. */
import type { BranchName } from '../core/ids.ts';
import { reduce } from '../core/run/reduce.ts';
import type { EntryWish } from '../core/run/queue-orders.ts';
import type { ChangeState, RunState } from '../core/run/state.ts';
import { entryOf } from '../core/schedule/queue-entry.ts';
import { rankBeside, waitingChanges } from '../core/schedule/queue-order.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import { assertNever } from '../kit/assert.ts';
import { Failure } from '../kit/failure.ts';
import type { Deps } from './deps.ts';

export type ChangeVerb = 'hold' | 'release' | 'up' | 'down' | 'eject';

/** By change, task or branch. Failure `change-unknown` when none of these waits in the queue. */
export function requireWaiting(state: RunState, id: string): ChangeState {
  const waiting = waitingChanges(state);
  const found =
    waiting.find((change) => change.id === id) ??
    waiting.findLast((change) => change.task === id || change.branch === id);
  if (found !== undefined) return found;
  const past = [...state.queue.changes.values()].findLast(
    (change) => change.id === id || change.task === id || change.branch === id,
  );
  const why =
    past === undefined ? 'is not in the merge queue' : `has left the merge queue (${past.state.kind})`;
  throw new Failure('change-unknown', `${id} ${why}`, { hint: 'copse queue' });
}

/** None when the verb would change nothing: the first one cannot go up. */
export function factsFor(
  verb: ChangeVerb,
  changes: readonly ChangeState[],
  state: RunState,
  by: string,
): readonly Fact[] {
  switch (verb) {
    case 'hold':
      return changes.map(({ id }) => ({ kind: 'change.held', change: id, by }));
    case 'release':
      return changes.map(({ id }) => ({ kind: 'change.released', change: id, by }));
    case 'eject':
      return changes.map(({ id }) => ({ kind: 'change.eject_requested', change: id, by }));
    case 'up':
    case 'down':
      return rankings(verb, changes, state, by);
    default:
      return assertNever(verb);
  }
}

/** Each on top of those before it, so that several keep their order among themselves. */
function rankings(
  direction: 'up' | 'down',
  changes: readonly ChangeState[],
  state: RunState,
  by: string,
): readonly Fact[] {
  const facts: Fact[] = [];
  let current = state;
  for (const { id } of direction === 'up' ? changes : changes.toReversed()) {
    const rank = rankBeside(current, id, direction);
    if (rank === null) continue;
    const fact = { kind: 'change.ranked', change: id, by, ...rank } as const;
    facts.push(fact);
    current = reduce(current, { ...fact, atMs: current.lastAtMs }) ?? current;
  }
  return facts;
}

/**
 * One entry per branch, numbered where it was in the queue before. Failure `usage-branch` for one that is not there,
 * `usage-queued` for one that waits already.
 */
export async function entriesFor(
  deps: Deps,
  branches: readonly BranchName[],
  state: RunState,
  wish: EntryWish,
): Promise<readonly Fact[]> {
  const facts: Fact[] = [];
  for (const branch of branches) {
    if (branch === state.target && state.options.remote === undefined)
      throw new Failure('usage-branch', `${branch} cannot be landed on itself`);
    if ((await deps.git.branchTip(branch)) === null)
      throw new Failure('usage-branch', `there is no branch ${branch}`, { hint: 'git branch --list' });
    if (waitingChanges(state).some((change) => change.branch === branch))
      throw new Failure('usage-queued', `${branch} is in the merge queue already`, { hint: 'copse queue' });
    facts.push(entryOf(branch, state, { wish }));
  }
  return facts;
}
