/** Where a run begins: the target branch exists and holds what the work is based on. */
import { Failure } from '../kit/failure.ts';
import type { BranchName, CommitId } from '../core/ids.ts';
import type { RemoteBranch } from '../ports/git-remote.ts';
import type { Deps } from './deps.ts';

/**
 * Tip of the target, made or moved forward to the base if need be. A target that has commits the base lacks is left
 * where it is: work then starts from it. Never moves a branch backwards.
 */
export async function settleTarget(
  deps: Deps,
  target: BranchName,
  baseRevision: string | null,
): Promise<CommitId> {
  const facts = await deps.git.facts();
  const wanted = baseRevision === null ? facts.head : await deps.git.resolve(baseRevision);
  if (wanted === null) {
    const message =
      baseRevision === null
        ? 'the repository has no commit yet'
        : `workspace.base ${baseRevision} names no commit`;
    throw new Failure('base-missing', message, { hint: 'git commit --allow-empty -m start' });
  }
  const tip = await deps.git.branchTip(target);
  if (tip === null) return move(deps, target, null, wanted);
  if (tip === wanted || (await deps.git.isAncestor(wanted, tip))) return tip;
  // Only a branch that Copse made for itself follows the checkout; anybody else's stays until something lands on it.
  if (target.startsWith('copse/') && (await deps.git.isAncestor(tip, wanted)))
    return move(deps, target, tip, wanted);
  return tip;
}

/** Tip of a branch of a remote, fetched. Failure `target-missing` when the remote has none of that name. */
export async function settleRemoteTarget(deps: Deps, target: RemoteBranch): Promise<CommitId> {
  const tip = await deps.git.fetchRemoteTip(target, 0);
  if (tip !== null) return tip;
  const { remote, branch } = target;
  throw new Failure('target-missing', `${remote} has no branch ${branch}`, {
    hint: `git push ${remote} HEAD:refs/heads/${branch}`,
  });
}

async function move(deps: Deps, target: BranchName, from: CommitId | null, to: CommitId): Promise<CommitId> {
  const moved = await deps.git.moveRefs([{ ref: `refs/heads/${target}`, from, to }], 'copse: start of a run');
  if (moved.kind === 'moved') return to;
  const tip = await deps.git.branchTip(target);
  if (tip === null) throw new Failure('target-missing', `branch ${target} could not be made`);
  return tip;
}
