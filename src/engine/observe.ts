/** One read of everything `decide` may know. */
import type { Snapshot } from '../core/schedule/snapshot.ts';
import type { RunState } from '../core/run/state.ts';
import type { Deps } from './deps.ts';

export async function observe(deps: Deps, state: RunState, isDraining: boolean): Promise<Snapshot> {
  const [machine, target, isHeldCheckoutClean] = await Promise.all([
    deps.machine.load(deps.paths.repository),
    observeTarget(deps, state),
    observeHeldCheckout(deps, state),
  ]);
  return { state, nowMs: deps.clock.now(), machine, target, isHeldCheckoutClean, isDraining };
}

/** Asked only while something waits to land: nobody else's commits matter before. */
async function observeTarget(deps: Deps, state: RunState): Promise<Snapshot['target']> {
  const isQuiet = [...state.queue.changes.values()].every(
    (change) => change.state.kind !== 'pending' && change.state.kind !== 'announced',
  );
  if (isQuiet) return { tip: state.queue.tip, relation: 'same' };
  const tip = await deps.git.branchTip(state.target);
  if (tip === state.queue.tip) return { tip, relation: 'same' };
  const isForward = tip !== null && (await deps.git.isAncestor(state.queue.tip, tip));
  if (isUnderWatch(state) && (!isForward || (await deps.git.wasMadeInWorkspace(tip))))
    return { tip, relation: 'unsettled' };
  return { tip, relation: tip === null ? 'deleted' : isForward ? 'forward' : 'rewritten' };
}

/** The guard of an attempt under way compares the refs when it ends, and puts back what an agent moved. */
function isUnderWatch(state: RunState): boolean {
  return [...state.tasks.values()].some(
    ({ progress }) => progress.kind === 'working' || progress.kind === 'collecting',
  );
}

async function observeHeldCheckout(deps: Deps, state: RunState): Promise<boolean> {
  if (state.queue.held === null) return false;
  const facts = await deps.git.facts();
  return !facts.isDirty || facts.currentBranch !== state.target;
}
