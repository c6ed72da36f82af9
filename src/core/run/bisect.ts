/**
 * Looking for the change that turned the target red. The gates at the end of a run failed on the tip; the target's
 * first-parent commits of this run are tried in halves until one is red and the one before it green. Nothing is inferred:
 * both ends of that step were run, or were run before on the same tree.
 */
import type { ChangeId, CommitId, GateName } from '../ids.ts';
import type { RunState } from './state.ts';

/** A first-parent commit of the target; `change` is null for where the run began. */
export interface BisectPoint {
  readonly commit: CommitId;
  readonly change: ChangeId | null;
}

export interface BisectState {
  /** Blocker gates that failed at the end; only they are asked. */
  readonly gates: readonly GateName[];
  /** Oldest first; the first is the base of the run, the last the red tip. */
  readonly points: readonly BisectPoint[];
  readonly results: ReadonlyMap<CommitId, 'green' | 'red'>;
  /** null while it goes on. */
  readonly verdict: BisectVerdict | null;
}

export type BisectVerdict =
  | {
      readonly kind: 'culprit';
      readonly change: ChangeId;
      readonly red: CommitId;
      readonly green: CommitId;
    }
  /** Where the run, or its last stretch, began is red as well: none of its changes is to blame. */
  | { readonly kind: 'red-before'; readonly commit: CommitId }
  /** A gate could not be run. */
  | { readonly kind: 'unknown'; readonly because: string };

/** Every first-parent commit that this run made since others last moved the target, with where that was before them. */
export function bisectPoints(state: RunState): readonly BisectPoint[] {
  const points: BisectPoint[] = [{ commit: state.base, change: null }];
  let at = state.base;
  for (const landing of state.queue.landings) {
    if (landing.from !== at) points.splice(0, points.length, { commit: landing.from, change: null });
    for (const id of landing.changes) {
      const change = state.queue.changes.get(id);
      const commit = change?.state.kind === 'landed' ? change.state.commit : null;
      if (commit === null || commit === points.at(-1)?.commit) continue;
      points.push({ commit, change: id });
    }
    at = landing.to;
  }
  return points;
}

/** The commit to try next, or the verdict that the results give. */
export function bisectNext(
  bisect: BisectState,
):
  | { readonly kind: 'try'; readonly commit: CommitId }
  | { readonly kind: 'done'; readonly verdict: BisectVerdict } {
  const { points, results } = bisect;
  const result = (index: number): 'green' | 'red' | undefined =>
    results.get(points[index]?.commit ?? ('' as CommitId));
  let red = points.length - 1;
  // From the newest red backwards: the newest green below it is the other end.
  let green = -1;
  for (let index = points.length - 1; index >= 0; index -= 1) {
    if (result(index) === 'red') red = index;
    if (result(index) === 'green') {
      green = index;
      break;
    }
  }
  const [last, before] = [points[red], points[red - 1]];
  if (red === 0 && last !== undefined)
    return { kind: 'done', verdict: { kind: 'red-before', commit: last.commit } };
  if (green === red - 1 && last !== undefined && before !== undefined && last.change !== null) {
    const verdict = { kind: 'culprit', change: last.change, red: last.commit, green: before.commit } as const;
    return { kind: 'done', verdict };
  }
  const middle = points[Math.floor((green + red) / 2)];
  if (middle === undefined)
    return { kind: 'done', verdict: { kind: 'unknown', because: 'there is no commit to try' } };
  return { kind: 'try', commit: middle.commit };
}
