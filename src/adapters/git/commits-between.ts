import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { ensureInControl } from './transfer.ts';

/** Commits of `head` that `without` does not reach, newest first, at most `limit`. Both are brought into control first. */
export async function commitsBetween(
  context: GitContext,
  without: CommitId,
  head: CommitId,
  limit: number,
): Promise<readonly CommitId[]> {
  await ensureInControl(context, without);
  await ensureInControl(context, head);
  const own = await context.history.ownCommits(context, without, head);
  if (own !== null) return own.slice(0, limit);
  const { stdout } = await context.git.run({
    label: 'list the commits of a branch',
    gitDir: context.places.control,
    args: ['rev-list', '--topo-order', `--max-count=${limit}`, head, `^${without}`],
  });
  return stdout.toString().split('\n').filter(Boolean) as CommitId[];
}
