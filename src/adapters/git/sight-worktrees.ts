/**
 * Looks at several worktrees that people or agents work in: which paths differ, and whether their content is still that of
 * the look before. Nothing is saved; an unchanged worktree costs one process that reads the times of its files.
 */
import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import type { AbsolutePath, RepoPath } from '../../core/ids.ts';
import type { WorktreeSighting } from '../../ports/git-separation.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { Semaphore } from './lock.ts';
import { lookIndex, standingOf } from './look.ts';
import { pathText } from './names.ts';
import { type Checkout, checkouts } from './user-refs.ts';
import { type FolderChange, folderChanges } from './worktree-changes.ts';

/** Looks side by side: what is looked at is being worked in, and its builds need the disk more. */
const LOOKS_AT_ONCE = 2;
/** Of more files than this only the list is compared, not their times. */
const MAX_STAMPED = 5_000;

export async function sightWorktrees(
  context: GitContext,
  paths: readonly AbsolutePath[],
): Promise<readonly (WorktreeSighting | null)[]> {
  if (paths.length === 0) return [];
  const listed = await checkouts(context);
  const turns = new Semaphore(LOOKS_AT_ONCE);
  return Promise.all(paths.map((path) => turns.run(() => sighting(context, path, listed))));
}

async function sighting(
  context: GitContext,
  path: AbsolutePath,
  listed: readonly Checkout[],
): Promise<WorktreeSighting | null> {
  try {
    const standing = await standingOf(context, path, listed);
    if (standing === null) return null;
    const changes = await context.mutexes.run(`look:${path}`, async () =>
      folderChanges(context, await lookIndex(context, path, standing)),
    );
    return {
      head: standing.head,
      changes: changes.map(({ path: bytes, kind }) => ({ path: pathText(bytes).text as RepoPath, kind })),
      stamp: await stampOf(path, changes),
    };
  } catch (error) {
    // Files come and go under a look; the next one sees the rest.
    if (error instanceof GitFailure || isSystemError(error)) return null;
    throw error;
  }
}

/** Of the times that change with any write: a file of the same size written twice within a second differs all the same. */
async function stampOf(folder: string, changes: readonly FolderChange[]): Promise<string> {
  const hash = createHash('sha1');
  for (const [at, { path, kind }] of changes.entries()) {
    hash.update(kind).update(path).update('\0');
    if (at >= MAX_STAMPED || kind === 'deleted') continue;
    const stat = await lstat(Buffer.concat([Buffer.from(`${folder}/`), path]), { bigint: true }).catch(
      () => null,
    );
    if (stat !== null) hash.update(`${stat.mode} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino}`);
  }
  return hash.digest('hex');
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'errno' in error;
}
