import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { ensureInControl } from './transfer.ts';

/** Commits not yet in control are brought in first. */
export async function isAncestor(
  context: GitContext,
  ancestor: CommitId,
  descendant: CommitId,
): Promise<boolean> {
  if (ancestor === descendant) return true;
  await ensureInControl(context, ancestor);
  await ensureInControl(context, descendant);
  const { code } = await context.git.run({
    label: 'compare histories',
    gitDir: context.places.control,
    args: ['merge-base', '--is-ancestor', ancestor, descendant],
    ok: [0, 1],
  });
  return code === 0;
}

/** The best common ancestor, null when the histories have none. */
export async function mergeBase(context: GitContext, a: CommitId, b: CommitId): Promise<CommitId | null> {
  await ensureInControl(context, a);
  await ensureInControl(context, b);
  const only = await context.history.onlyBase(context, a, b);
  if (only !== null) return only;
  const { stdout } = await context.git.run({
    label: 'find the merge base',
    gitDir: context.places.control,
    args: ['merge-base', a, b],
    ok: [0, 1],
  });
  return parseCommitId(stdout.toString().trim());
}
