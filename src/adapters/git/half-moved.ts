/**
 * A folder whose move from one commit to another was cut short. Git writes each file in place, so some files are of the
 * old commit, some of the new, one may be missing or cut off. Only paths that differ between the two commits are looked
 * at, and what is neither version was written by somebody else since and stays.
 */
import { lstat, readFile, readlink, rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { isErrno } from './failure.ts';
import { splitNul } from './names.ts';
import { CHECKOUT_TIMEOUT_MS } from './populate.ts';
import type { FolderIndex } from './worktree-changes.ts';

export interface HalfMove {
  readonly from: CommitId;
  readonly to: CommitId;
  /** Which of the two the folder shall be at. */
  readonly target: CommitId;
}

interface Touched {
  /** Bytes, one character each. */
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** Ends with `at.index` at the target. True when every path is, false when some held other content and were left. */
export async function settleHalfMove(context: GitContext, at: FolderIndex, move: HalfMove): Promise<boolean> {
  const touched = await touchedPaths(context, move);
  const isFrom = await sameAs(context, at, move.from);
  const isTo = await sameAs(context, at, move.to);
  const ours: Touched[] = [];
  for (const one of touched) {
    const isKnown = (one.from !== null && isFrom(one.path)) || (one.to !== null && isTo(one.path));
    if (isKnown || (await isMissingOrCut(context, at.folder, one))) ours.push(one);
  }
  await inFolder(context, at, ['read-tree', '--reset', move.target]);
  const wanted = (one: Touched) => (move.target === move.to ? one.to : one.from);
  for (const one of ours) if (wanted(one) === null) await unlinkIn(at.folder, one.path);
  const write = ours.filter((one) => wanted(one) !== null).map((one) => `${one.path}\0`);
  await inFolder(context, at, ['checkout-index', '-f', '-u', '-q', '-z', '--stdin'], {
    input: Buffer.from(write.join(''), 'latin1'),
  });
  return ours.length === touched.length;
}

async function touchedPaths(context: GitContext, move: HalfMove): Promise<readonly Touched[]> {
  const { stdout } = await context.git.run({
    label: 'compare the two ends of an interrupted move',
    gitDir: context.places.control,
    args: ['diff-tree', '-r', '-z', '--no-renames', '--raw', '--no-abbrev', move.from, move.to],
  });
  const parts = splitNul(stdout);
  const touched: Touched[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const [, , from = '', to = ''] = (parts[at]?.toString() ?? '').split(' ');
    const path = parts[at + 1]?.toString('latin1') ?? '';
    touched.push({ path, from: idOrNull(from), to: idOrNull(to) });
  }
  return touched;
}

function idOrNull(id: string): string | null {
  return /^0+$/.test(id) ? null : id;
}

/** Says of a path that the commit has whether the folder's file is that one. */
async function sameAs(
  context: GitContext,
  at: FolderIndex,
  commit: CommitId,
): Promise<(path: string) => boolean> {
  await inFolder(context, at, ['read-tree', '--reset', commit]);
  const stdout = await inFolder(context, at, ['ls-files', '-z', '-m', '-d']);
  const different = new Set(splitNul(stdout).map((path) => path.toString('latin1')));
  return (path) => !different.has(path);
}

async function inFolder(
  context: GitContext,
  at: FolderIndex,
  args: readonly string[],
  extra: { readonly input?: Buffer } = {},
): Promise<Buffer> {
  const { stdout } = await context.git.run({
    label: `settle the interrupted move of ${at.folder}`,
    gitDir: context.places.control,
    workTree: at.folder,
    indexFile: at.index,
    args,
    timeoutMs: CHECKOUT_TIMEOUT_MS,
    ...extra,
  });
  return stdout;
}

/** Git removes a file before it writes the new one, and writes that from the front. */
async function isMissingOrCut(context: GitContext, folder: string, one: Touched): Promise<boolean> {
  const found = await contentIn(folder, one.path);
  if (found === 'missing') return true;
  if (found === 'other') return false;
  for (const id of [one.from, one.to]) {
    const whole = id === null ? null : await context.controlReader.content(id);
    if (
      whole !== null &&
      found.length < whole.content.length &&
      whole.content.subarray(0, found.length).equals(found)
    )
      return true;
  }
  return false;
}

/** Never through a symbolic link: what lies behind one was not written by us. */
async function contentIn(folder: string, path: string): Promise<Buffer | 'missing' | 'other'> {
  const full = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(path, 'latin1')]);
  try {
    if (await hasOddParent(folder, path)) return 'other';
    const stat = await lstat(full);
    if (stat.isFile()) return await readFile(full);
    return stat.isSymbolicLink() ? Buffer.from(await readlink(full)) : 'other';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return 'missing';
    throw error;
  }
}

async function hasOddParent(folder: string, path: string): Promise<boolean> {
  for (let at = dirname(path); at !== '.'; at = dirname(at)) {
    const full = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(at, 'latin1')]);
    try {
      if ((await lstat(full)).isSymbolicLink()) return true;
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR')) throw error;
    }
  }
  return false;
}

async function unlinkIn(folder: string, path: string): Promise<void> {
  const at = (part: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(part, 'latin1')]);
  if (await hasOddParent(folder, path)) return;
  await rm(at(path) as never, { force: true }).catch((error: unknown) => {
    if (!isErrno(error, 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR')) throw error;
  });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    try {
      await rmdir(at(parent));
    } catch {
      // Not empty, or gone already.
      return;
    }
  }
}
