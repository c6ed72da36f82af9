/** What is known about a target that turned red, as data and as a sentence. */
import type { RunState } from '../core/run/state.ts';
import { nameOf } from './narrate-queue.ts';
import { culpritText } from './narrate-target.ts';

export interface RedTargetView {
  readonly gates: readonly string[];
  /** The task or branch; null when nobody of this run is to blame, or it is not known. */
  readonly culprit: string | null;
  readonly evidence: string;
  /** Commits whose gates are known, oldest first. */
  readonly results: readonly { readonly commit: string; readonly result: 'green' | 'red' }[];
}

/** Of the newest search; a rollback that landed since makes the target what it was before. */
export function redTargetOf(state: RunState): { readonly red_target?: RedTargetView } {
  const { bisect } = state;
  if (bisect === null) return {};
  const { verdict, gates, points, results } = bisect;
  return {
    red_target: {
      gates,
      culprit: verdict?.kind === 'culprit' ? nameOf(verdict.change, state) : null,
      evidence: verdict === null ? 'the search goes on' : culpritText(verdict, state),
      results: points.flatMap(({ commit }) => {
        const result = results.get(commit);
        return result === undefined ? [] : [{ commit, result }];
      }),
    },
  };
}
