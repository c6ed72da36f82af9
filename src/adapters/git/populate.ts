/** Fills an empty folder with a commit's files and makes the index that goes with them. */
import { constants, copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import type { Pool } from './pool.ts';

/** Below this a plain checkout is 30 ms and a pool is not worth its disk (reference figures, 213 files). */
const SMALL_REPOSITORY_FILES = 1_000;

/** A checkout of a very large repository on a slow disk; the group is killed after it. */
export const CHECKOUT_TIMEOUT_MS = 30 * 60_000;

export interface Populated {
  readonly technique: 'plain' | 'pool';
}

/** `folder` must not exist; `index` is written. The files come from control, so no filter or hook of anyone runs. */
export async function populate(
  context: GitContext,
  pool: Pool,
  target: { readonly folder: string; readonly index: string; readonly commit: CommitId },
): Promise<Populated> {
  const spare = await pool.take(target.folder);
  if (spare !== null) {
    await rename(spare.tree, target.folder);
    await copyFile(spare.index, target.index, constants.COPYFILE_FICLONE);
    await spare.discard();
    await checkOut(context, target, ['-m', spare.commit, target.commit]);
    return { technique: 'pool' };
  }
  await mkdir(target.folder, { recursive: true });
  await context.checkouts.run(() => checkOut(context, target, ['-m', target.commit]));
  return { technique: 'plain' };
}

/** True when the repository is large enough for spare trees to pay. */
export function isLarge(fileCount: number): boolean {
  return fileCount >= SMALL_REPOSITORY_FILES;
}

async function checkOut(
  context: GitContext,
  target: { readonly folder: string; readonly index: string },
  trees: readonly string[],
): Promise<void> {
  await context.git.run({
    label: `check out ${join(target.folder)}`,
    gitDir: context.places.control,
    workTree: target.folder,
    indexFile: target.index,
    args: ['read-tree', '-u', ...trees],
    timeoutMs: CHECKOUT_TIMEOUT_MS,
  });
}

/** Number of entries of an index file, from its header; 0 when there is none. */
export function indexEntryCount(index: Buffer | null): number {
  return index === null || index.length < 12 ? 0 : index.readUInt32BE(8);
}
