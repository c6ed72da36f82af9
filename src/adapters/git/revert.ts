/** Taking a landing back: one commit on the tip, built from trees alone, as `git revert -m 1` would make it. */
import type { CommitId } from '../../core/ids.ts';
import type { MergeOutcome } from '../../ports/git.ts';
import type { FirstParentCommit, RevertRequest } from '../../ports/git-resolution.ts';
import { effect, type GitContext } from './context.ts';
import { mergeTrees } from './merge.ts';
import { readCommit, requireCommit, writeCommit } from './objects.ts';
import { ensureInControl } from './transfer.ts';

export async function revert(context: GitContext, request: RevertRequest): Promise<MergeOutcome> {
  const { onto, commit, parent, message, dateMs } = request;
  await ensureInControl(context, onto);
  await ensureInControl(context, commit, [onto]);
  await ensureInControl(context, parent, [commit]);
  const [now, before] = await Promise.all([requireCommit(context, onto), requireCommit(context, parent)]);
  // Stand-ins with `commit` as their only parent make it the merge base, on every git since 2.38.
  const standIn = (tree: string) =>
    writeCommit(context, { tree, parents: [commit], message: 'copse: revert', dateMs: 0 });
  const [ours, theirs] = await Promise.all([standIn(now.tree), standIn(before.tree)]);
  const merged = await effect(context, 'merge.tree', () => mergeTrees(context, ours, theirs));
  if (merged.kind === 'conflicted') return { kind: 'conflicted', files: merged.files };
  if (merged.tree === now.tree) return { kind: 'contained' };
  const made = await effect(context, 'merge.commit', () =>
    writeCommit(context, { tree: merged.tree, parents: [onto], message, dateMs }),
  );
  return { kind: 'merged', commit: made, tree: merged.tree };
}

export async function firstParents(
  context: GitContext,
  tip: CommitId,
  limit: number,
): Promise<readonly FirstParentCommit[]> {
  await ensureInControl(context, tip);
  const found: FirstParentCommit[] = [];
  for (let at: CommitId | undefined = tip; at !== undefined && found.length < limit;) {
    const commit: Awaited<ReturnType<typeof readCommit>> = await readCommit(context.controlReader, at);
    if (commit === null) break;
    found.push({ commit: at, parents: commit.parents, message: commit.message });
    at = commit.parents[0];
  }
  return found;
}
