/** Merges changes one after the other onto a commit, without a work tree; the same input always gives the same commits. */
import type { ChangeId, CommitId, RepoPath, TreeId } from '../../core/ids.ts';
import { mergeMessage } from '../../core/run/message.ts';
import type { ChangeState, RunState } from '../../core/run/state.ts';
import type { MergeOutcome } from '../../ports/git.ts';
import type { Deps } from '../deps.ts';

export type Chain =
  | {
      readonly kind: 'made';
      readonly commits: readonly { readonly change: ChangeId; readonly commit: CommitId }[];
      readonly tip: CommitId;
      readonly tree: TreeId;
    }
  | {
      readonly kind: 'conflicted';
      readonly change: ChangeId;
      readonly after: readonly ChangeId[];
      readonly files: readonly RepoPath[];
    };

/** A rollback is a commit that takes another's difference back; a resolution is never replayed commit by commit. */
function land(
  deps: Deps,
  state: RunState,
  member: {
    readonly onto: CommitId;
    readonly entry: ChangeState;
    readonly head: CommitId;
    readonly dateMs: number;
  },
): Promise<MergeOutcome> {
  const { onto, entry, head, dateMs } = member;
  const message = mergeMessage(state, entry);
  const { origin } = entry;
  if (origin?.kind === 'revert') {
    const { commit, parent } = origin;
    return deps.git.revert({ onto, commit, parent, message, dateMs });
  }
  const wanted = state.plan.merge.strategy;
  const strategy = wanted === 'rebase' && origin?.kind === 'resolution' ? 'squash' : wanted;
  return deps.git.merge({ onto, head, strategy, message, dateMs });
}

/** A member whose commits are already there adds no commit of its own. */
export async function mergeChain(
  deps: Deps,
  state: RunState,
  onto: CommitId,
  members: readonly ChangeId[],
  dateMs: number,
): Promise<Chain> {
  let tip = onto;
  let tree: TreeId | null = null;
  const commits: { change: ChangeId; commit: CommitId }[] = [];
  for (const change of members) {
    const entry = state.queue.changes.get(change);
    if (entry === undefined || entry.head === null) continue;
    const outcome = await land(deps, state, { onto: tip, entry, head: entry.head, dateMs });
    if (outcome.kind === 'conflicted') {
      return { kind: 'conflicted', change, after: commits.map((made) => made.change), files: outcome.files };
    }
    if (outcome.kind === 'merged') {
      tip = outcome.commit;
      ({ tree } = outcome);
    }
    commits.push({ change, commit: tip });
  }
  return { kind: 'made', commits, tip, tree: tree ?? (await deps.git.treeOf(tip)) };
}
