/** A target that turned red at the end: who did it, and taking that back where the plan says so. */
import { bisectNext, bisectPoints } from '../run/bisect.ts';
import { landedChange, rollbackEntry } from '../run/rollback.ts';
import type { ChangeId, CommitId } from '../ids.ts';
import type { RunState } from '../run/state.ts';
import type { Decision } from './snapshot.ts';

/** Who asks for a rollback that no person asked for. */
export const RULE = 'merge.on_failure';

/** null when the target is not red, or all that can be done about it was done. */
export function redTarget(state: RunState): Decision | null {
  if (state.endGates !== 'red' || state.endRed.length === 0 || !state.queue.isOpen) return null;
  const { bisect } = state;
  if (bisect === null) {
    const points = bisectPoints(state);
    if (points.length < 2) return null;
    return { kind: 'record', event: { kind: 'bisect.started', gates: state.endRed, points } };
  }
  if (bisect.verdict?.kind === 'culprit') return rollback(state, bisect.verdict.change);
  if (bisect.verdict !== null) return null;
  const next = bisectNext(bisect);
  if (next.kind === 'done')
    return { kind: 'record', event: { kind: 'bisect.finished', verdict: next.verdict } };
  return {
    kind: 'act',
    step: {
      kind: 'run-gates',
      subject: { kind: 'bisect', commit: next.commit, without: takenBackSince(state, next.commit) },
      commit: next.commit,
      tree: null,
      base: state.base,
      slot: 'queue-1',
      fresh: false,
    },
    because: `${state.endRed.join(', ')} failed on the tip: was this commit green?`,
  };
}

/** Of the changes that a point holds, those whose rollback landed after it; newest first. */
function takenBackSince(
  state: RunState,
  point: CommitId,
): readonly { readonly commit: CommitId; readonly parent: CommitId }[] {
  const points = state.bisect?.points ?? [];
  const placeOf = (commit: CommitId | null): number => points.findIndex((one) => one.commit === commit);
  const at = placeOf(point);
  return [...state.queue.changes.values()]
    .flatMap(({ origin, state: now }) => {
      if (origin?.kind !== 'revert' || now.kind !== 'landed') return [];
      const [made, back] = [placeOf(origin.commit), placeOf(now.commit)];
      const isIn = made !== -1 && made <= at && back > at;
      return isIn ? [{ commit: origin.commit, parent: origin.parent }] : [];
    })
    .toReversed();
}

/** Once for each culprit, and never of a rollback: what cannot be taken back is left to a person. */
function rollback(state: RunState, culprit: ChangeId): Decision | null {
  if (state.plan.merge.onFailure !== 'rollback') return null;
  const landed = landedChange(state, culprit);
  if (landed === null || landed.change.origin?.kind === 'revert') return null;
  const isAsked = [...state.queue.changes.values()].some(
    ({ origin }) => origin?.kind === 'revert' && origin.commit === landed.commit,
  );
  if (isAsked) return null;
  const { change, commit, parent } = landed;
  const because = `${state.endRed.join(', ')} failed at the end of the run, and passed before it`;
  return {
    kind: 'record',
    event: rollbackEntry(state, {
      commit,
      parent,
      of: change,
      title: `Revert ${change.title}`,
      paths: change.paths,
      by: RULE,
      because,
    }),
  };
}
