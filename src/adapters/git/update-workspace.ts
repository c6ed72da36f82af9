/** Brings the moved target into a task's branch and folder between two attempts. */
import type { CommitId } from '../../core/ids.ts';
import type { MergeOutcome, WorkspaceSpec } from '../../ports/git.ts';
import { isAncestor } from './ancestry.ts';
import { refreshIndex } from './checkout-state.ts';
import { moveWorkspaceBranch } from './capture.ts';
import { effect, type GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { merge } from './merge.ts';
import { requireCommit } from './objects.ts';
import { bringIntoControl, ensureInControl } from './transfer.ts';
import { requireRecord, workspaceObjects, workspaceTip } from './workspace.ts';
import { moveFolder, settleWorkspaceMove } from './workspace-move.ts';
import { changedPaths, indexAt } from './worktree-changes.ts';

/** Fails with `git-workspace-dirty` when there is uncommitted work: capture it first. */
export async function updateWorkspace(
  context: GitContext,
  spec: WorkspaceSpec,
  onto: CommitId,
  message: string,
): Promise<MergeOutcome> {
  await requireRecord(context, spec);
  return context.mutexes.run(`workspace:${spec.path}`, async () => {
    await settleWorkspaceMove(context, spec);
    const tip = await workspaceTip(context, spec);
    if (tip.kind !== 'commit') throw new GitFailure('git-workspace-missing', `branch ${spec.branch} is gone`);
    const from = tip.commit;
    const brought = await bringIntoControl(context, workspaceObjects(context, spec), from, [spec.base]);
    if (brought.kind === 'rejected') throw new GitFailure('git-rejected', brought.reason);
    await ensureInControl(context, onto);
    const target = await mergedTip(context, { from, onto, message });
    if (target.kind !== 'merged') return target;
    const at = await indexAt(context, spec, from);
    const dirty = await changedPaths(context, at);
    if (dirty.length > 0) {
      throw new GitFailure('git-workspace-dirty', `${spec.path} has ${dirty.length} uncommitted changes`);
    }
    return effect(context, 'workspace.update', async () => {
      await refreshIndex(context, spec.path, at.index);
      const to = target.commit;
      const isMoved = await moveFolder(context, spec, { from, to }, () =>
        moveWorkspaceBranch(context, spec, { from, to, reason: 'copse: updated' }),
      );
      if (isMoved) return target;
      throw new GitFailure('git-workspace-dirty', `files of ${spec.path} are in the way of ${to}`);
    });
  });
}

async function mergedTip(
  context: GitContext,
  request: { readonly from: CommitId; readonly onto: CommitId; readonly message: string },
): Promise<MergeOutcome> {
  const { from, onto, message } = request;
  if (await isAncestor(context, onto, from)) return { kind: 'contained' };
  const [ours, theirs] = await Promise.all([requireCommit(context, from), requireCommit(context, onto)]);
  if (await isAncestor(context, from, onto)) return { kind: 'merged', commit: onto, tree: theirs.tree };
  // No clock: the later of the two dates makes the same update the same commit.
  const dateMs = Math.max(ours.committerSeconds, theirs.committerSeconds) * 1_000;
  return merge(context, { onto: from, head: onto, strategy: 'merge', message, dateMs });
}
