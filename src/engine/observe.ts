/** One read of everything `decide` may know. */
import type { Snapshot } from '../core/schedule/snapshot.ts';
import { Failure } from '../kit/failure.ts';
import type { CommitId } from '../core/ids.ts';
import type { RunState } from '../core/run/state.ts';
import type { BranchWatch } from './branch-watch.ts';
import type { Deps } from './deps.ts';

/** Age at which the tip of a remote target is asked for again; a push that finds it moved asks at once. */
const REMOTE_LOOK_MS = 15_000;

export async function observe(
  deps: Deps,
  state: RunState,
  isDraining: boolean,
  branches: BranchWatch | null,
): Promise<Snapshot> {
  const [machine, target, isHeldCheckoutClean, arrivals] = await Promise.all([
    deps.machine.load(deps.paths.repository),
    observeTarget(deps, state),
    observeHeldCheckout(deps, state),
    branches?.look(state) ?? [],
  ]);
  return { state, nowMs: deps.clock.now(), machine, target, isHeldCheckoutClean, arrivals, isDraining };
}

/** Still to land, in some way. */
const WAITING: ReadonlySet<string> = new Set(['announced', 'pending', 'conflicted']);

/** Asked only while something waits to land: nobody else's commits matter before. */
async function observeTarget(deps: Deps, state: RunState): Promise<Snapshot['target']> {
  const isQuiet = [...state.queue.changes.values()].every((change) => !WAITING.has(change.state.kind));
  if (isQuiet) return { tip: state.queue.tip, relation: 'same' };
  const tip = await targetTip(deps, state);
  if (tip === state.queue.tip) return { tip, relation: 'same' };
  const isForward = tip !== null && (await deps.git.isAncestor(state.queue.tip, tip));
  if (isUnderWatch(state) && (!isForward || (await deps.git.wasMadeInWorkspace(tip))))
    return { tip, relation: 'unsettled' };
  return { tip, relation: tip === null ? 'deleted' : isForward ? 'forward' : 'rewritten' };
}

/** A remote is looked at now and then; when it cannot be reached, what is pushed to it will say so. */
async function targetTip(deps: Deps, { target, options, queue }: RunState): Promise<CommitId | null> {
  if (options.remote === undefined) return deps.git.branchTip(target);
  try {
    return await deps.git.fetchRemoteTip({ remote: options.remote, branch: target }, REMOTE_LOOK_MS);
  } catch (error) {
    if (error instanceof Failure) return queue.tip;
    throw error;
  }
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
