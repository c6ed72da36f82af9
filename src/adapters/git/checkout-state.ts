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

/** Two questions at once: index against commit, files against index. */
export async function differs(
  context: GitContext,
  folder: string,
  index: string,
  commit: CommitId,
): Promise<boolean> {
  const common = { gitDir: context.places.control, workTree: folder, indexFile: index };
  const staged = context.git.run({
    ...common,
    label: `compare the index of ${folder}`,
    args: ['diff-index', '--cached', '--quiet', '--ignore-submodules=all', commit],
    ok: [0, 1],
  });
  const changed = context.git.run({
    ...common,
    label: `compare the files of ${folder}`,
    args: ['ls-files', '-z', '-m', '-d'],
    maxBytes: 1,
    truncate: true,
  });
  const [index0, files] = await Promise.all([staged, changed]);
  return index0.code === 1 || files.stdout.length > 0;
}
