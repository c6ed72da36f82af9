/** Whether a folder holds exactly what a commit says, found from an index that stands for an earlier commit. */
import { lstat, readFile, readlink } from 'node:fs/promises';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { isErrno } from './failure.ts';
import { requireCommit } from './objects.ts';
import { rawDifferences } from './tree-diff.ts';

/** More or larger files than these are quicker found out by bringing the index to the commit. */
const MAX_FILES = 200;
const MAX_BYTES = 1024 * 1024;

interface Entry {
  readonly path: Buffer;
  readonly mode: string;
  readonly id: string;
}

/**
 * `changed`: the paths in which `folder` differs from `from`, all of them. True only when it is certain that the folder
 * is as `to`; content that a checkout converts (line ends), submodules and large changes give false.
 */
export async function isAsCommitted(
  context: GitContext,
  folder: string,
  commits: { readonly from: CommitId; readonly to: CommitId },
  changed: readonly Buffer[],
): Promise<boolean> {
  if (commits.from === commits.to) return changed.length === 0;
  if (changed.length > MAX_FILES) return false;
  const entries = await entriesBetween(context, commits.from, commits.to);
  if (entries.length > MAX_FILES) return false;
  const known = new Set(entries.map((entry) => entry.path.toString('latin1')));
  if (changed.some((path) => !known.has(path.toString('latin1')))) return false;
  for (const entry of entries) if (!(await isInFolder(context, folder, entry))) return false;
  return true;
}

async function entriesBetween(context: GitContext, from: CommitId, to: CommitId): Promise<readonly Entry[]> {
  const [before, after] = await Promise.all([requireCommit(context, from), requireCommit(context, to)]);
  const rows = await rawDifferences(context, before.tree, after.tree);
  return rows.map(({ bytes, newMode, newId }) => ({ path: bytes, mode: newMode, id: newId }));
}

async function isInFolder(context: GitContext, folder: string, entry: Entry): Promise<boolean> {
  const path = Buffer.concat([Buffer.from(`${folder}/`), entry.path]);
  try {
    const stat = await lstat(path);
    const isLink = entry.mode === '120000';
    if (isLink ? !stat.isSymbolicLink() : !stat.isFile() || stat.size > MAX_BYTES) return false;
    const mode = (stat.mode & 0o100) === 0 ? '100644' : '100755';
    if (!isLink && mode !== entry.mode) return false;
    const [here, committed] = await Promise.all([
      isLink ? readlink(path, { encoding: 'buffer' }) : readFile(path),
      context.controlReader.content(entry.id),
    ]);
    return committed !== null && committed.content.equals(here);
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    return entry.mode === '000000';
  }
}
