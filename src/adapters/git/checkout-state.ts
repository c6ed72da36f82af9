import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { statIfThere } from './files.ts';
import { ensureInControl } from './transfer.ts';
import { copyIndex } from './worktree-changes.ts';
import { newNonce } from './ownership.ts';
import { rm } from 'node:fs/promises';
import type { Checkout } from './user-refs.ts';

/**
 * Tracked files that differ from `head`, staged or not. Untracked files do not count: nothing of ours overwrites them.
 * Looks through a copy of the checkout's index and never writes in it, nor reads its configuration.
 */
export async function isCheckoutDirty(
  context: GitContext,
  checkout: Checkout,
  head: CommitId | null,
): Promise<boolean> {
  const index = join(checkout.gitDir, 'index');
  if ((await statIfThere(index)) === null) return head !== null;
  if (head === null) return true;
  await ensureInControl(context, head);
  const copy = join(context.places.state, 'tmp', `index-${newNonce()}`);
  try {
    await copyIndex(index, copy);
    return await differs(context, checkout.path, copy, head);
  } finally {
    await rm(copy, { force: true });
  }
}

/**
 * Two questions at once: index against commit, files against index. `index` must be ours: what was found out about
 * unchanged files is written into it, so that a following `read-tree -m` takes them for unchanged.
 */
export async function differs(
  context: GitContext,
  folder: string,
  index: string,
  commit: CommitId,
): Promise<boolean> {
  const staged = context.git.run({
    gitDir: context.places.control,
    workTree: folder,
    indexFile: index,
    label: `compare the index of ${folder}`,
    args: ['diff-index', '--cached', '--quiet', '--ignore-submodules=all', commit],
    ok: [0, 1],
  });
  const [comparison, isChanged] = await Promise.all([staged, refreshIndex(context, folder, index)]);
  return comparison.code === 1 || isChanged;
}

/** True when some tracked file differs from the index. */
export async function refreshIndex(context: GitContext, folder: string, index: string): Promise<boolean> {
  const { code } = await context.git.run({
    gitDir: context.places.control,
    workTree: folder,
    indexFile: index,
    label: `compare the files of ${folder}`,
    // Without -q: with it, a changed file is not told by the exit code.
    args: ['update-index', '--ignore-submodules', '--refresh'],
    ok: [0, 1],
  });
  return code === 1;
}
