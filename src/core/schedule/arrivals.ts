/**
 * A queue that is watched: branches that match enter when they appear or move, and the run goes on until somebody ends
 * it or nothing has happened for as long as was asked.
 */
import type { BranchName, CommitId } from '../ids.ts';
import type { ChangeState, RunState } from '../run/state.ts';
import { entryOf } from './queue-entry.ts';
import type { Decision, Snapshot } from './snapshot.ts';

/** A branch that matches and is ahead of the target, as it was seen. */
export interface Arrival {
  readonly branch: BranchName;
  readonly tip: CommitId;
}

/** Looked at again after this long, even when no change of a ref was noticed. */
export const WATCH_POLL_MS = 5_000;

/** One branch at a time enters per round: the number of its change depends on those before it. */
export function decideArrivals({ state, arrivals, isDraining }: Snapshot): readonly Decision[] {
  if (state.options.watch === undefined || isDraining || !state.queue.isOpen) return [];
  for (const { branch, tip } of arrivals ?? []) {
    const last = lastChangeOf(branch, state);
    if (last === null || (isDecided(last) && !isSeen(last, tip)))
      return [{ kind: 'record', event: entryOf(branch, state, { seen: tip }) }];
    if (last.state.kind === 'pending' && !isSeen(last, tip) && !isBeingPublished(last, state))
      return [{ kind: 'record', event: outdated(last, tip) }];
  }
  return [];
}

function lastChangeOf(branch: BranchName, state: RunState): ChangeState | null {
  return [...state.queue.changes.values()].findLast((change) => change.branch === branch) ?? null;
}

function isDecided({ state: { kind } }: ChangeState): boolean {
  return kind === 'landed' || kind === 'ejected';
}

function isSeen(change: ChangeState, tip: CommitId): boolean {
  return tip === (change.head ?? change.seen);
}

function isBeingPublished(change: ChangeState, state: RunState): boolean {
  return [...state.intents.values()].some(
    ({ step }) => step.kind === 'publish' && step.members.includes(change.id),
  );
}

/** What was queued is not what the branch holds now: it enters anew with that. */
function outdated(change: ChangeState, tip: CommitId): Extract<Decision, { kind: 'record' }>['event'] {
  return {
    kind: 'change.ejected',
    change: change.id,
    because: 'withdrawn',
    detail: `its branch moved on to ${tip.slice(0, 7)}`,
    red: null,
    green: null,
    files: [],
  };
}

export interface Idle {
  readonly isOver: boolean;
  readonly wakeAtMs: number;
}

/** null when the queue is not watched. Asked when nothing else is to be done. */
export function idleOf({ state, nowMs }: Snapshot): Idle | null {
  const { watch } = state.options;
  if (watch === undefined) return null;
  const endMs = watch.untilIdleMs === null ? null : state.lastAtMs + watch.untilIdleMs;
  const pollMs = nowMs + WATCH_POLL_MS;
  return {
    isOver: !state.queue.isOpen || (endMs !== null && nowMs >= endMs),
    wakeAtMs: endMs === null ? pollMs : Math.min(endMs, pollMs),
  };
}
