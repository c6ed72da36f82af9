/** Looks for branches that match the patterns of a watched queue: when git's refs changed, and after a bounded time anyway. */
import { matchesAny } from '../core/separation/glob.ts';
import type { CommitId } from '../core/ids.ts';
import { WATCH_POLL_MS, type Arrival } from '../core/schedule/arrivals.ts';
import type { RunState } from '../core/run/state.ts';
import type { Deps } from './deps.ts';

/** Branches looked at; the newest ones. */
const MAX_BRANCHES = 2_000;

export interface BranchWatch {
  /** Branches that match, are ahead of the target and are not the target itself. */
  look(state: RunState): Promise<readonly Arrival[]>;
  close(): void;
}

/** `onChange` is called when refs may have changed; it must not throw and must not wait. */
export async function openBranchWatch(deps: Deps, onChange: () => void): Promise<BranchWatch> {
  let seen: readonly Arrival[] = [];
  let lookedAtMs: number | null = null;
  /** Tips the target contains: it only moves forward, so they stay contained. */
  const contained = new Set<CommitId>();
  const close = await deps.git.watchBranches(() => {
    lookedAtMs = null;
    onChange();
  });
  const isAhead = async ({ tip }: Arrival, state: RunState): Promise<boolean> => {
    if (contained.has(tip)) return false;
    if (isKnown(tip, state)) return true;
    if (!(await deps.git.isAncestor(tip, state.queue.tip))) return true;
    contained.add(tip);
    return false;
  };
  return {
    close,
    async look(state) {
      const patterns = state.options.watch?.patterns ?? [];
      const nowMs = deps.clock.now();
      if (lookedAtMs === null || nowMs - lookedAtMs >= WATCH_POLL_MS) {
        lookedAtMs = nowMs;
        const all = await deps.git.listBranches(MAX_BRANCHES);
        seen = all
          .filter(({ branch }) => branch !== state.target && matchesAny(patterns, branch))
          // Oldest commit first: of branches that are there from the start that is the order they were finished in.
          .toReversed();
      }
      const ahead: Arrival[] = [];
      for (const arrival of seen) if (await isAhead(arrival, state)) ahead.push(arrival);
      return ahead;
    },
  };
}

/** In the queue with exactly this head: nothing is to be asked about it. */
function isKnown(tip: CommitId, state: RunState): boolean {
  return [...state.queue.changes.values()].some((change) => change.head === tip || change.seen === tip);
}
