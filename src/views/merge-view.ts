/** The `data` of `copse.merge/1`: what `copse merge --json` answers. */
import type { RunState } from '../core/run/state.ts';
import { queueView } from './queue-view.ts';
import type { EjectedView, LandedView } from './queue-view.ts';

export interface MergeView {
  readonly run: string;
  /** `remote`: the branch is one of that remote's. */
  readonly target: { readonly branch: string; readonly commit: string; readonly remote?: string };
  readonly landed: readonly LandedView[];
  /** Every refusal but conflicts. */
  readonly ejected: readonly EjectedView[];
  readonly conflicted: readonly EjectedView[];
  /** Not landed and not refused when this was asked. */
  readonly pending: readonly { readonly branch: string; readonly reason: string }[];
  readonly held?: { readonly build: string; readonly checkout: string; readonly commit: string };
  readonly gate_runs: number;
}

export function mergeView(state: RunState): MergeView {
  const queue = queueView(state);
  return {
    run: state.id,
    target: { branch: state.target, commit: queue.tip, ...remoteOf(state) },
    landed: queue.landed,
    ejected: queue.ejected.filter((one) => one.reason !== 'conflict'),
    conflicted: queue.ejected.filter((one) => one.reason === 'conflict'),
    pending: queue.pending.map(({ branch, reason }) => ({ branch, reason })),
    ...(queue.held === undefined ? {} : { held: queue.held }),
    gate_runs: queue.gate_runs,
  };
}

function remoteOf({ options: { remote } }: RunState): { readonly remote?: string } {
  return remote === undefined ? {} : { remote };
}
