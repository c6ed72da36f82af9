/**
 * Takes a checkout that holds exactly one commit to another by writing the few files that differ, and its index with them, as
 * `git read-tree -u -m` does with a process. Only plain files whose bytes no attribute changes, each looked at before it
 * is touched; everything else is declined and left to git.
 */
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  rmdirSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { keepBytes } from './attributes.ts';
import type { GitContext } from './context.ts';
import { isErrno } from './failure.ts';
import { bytesIfThere, writeUnflushed } from './files.ts';
import {
  entryOf,
  parseIndex,
  pathsEndingWith,
  spliceIndex,
  statBytes,
  type IndexEntry,
  type IndexFile,
} from './index-file.ts';
import { readCommit } from './objects.ts';
import { nameProblem } from './path-safety.ts';
import { diffTrees } from './tree-diff.ts';

/** Chosen, not tuned: more, or larger, is left to git, which does it beside this program. */
const MAX_FILES = 50;
const MAX_BYTES = 2 * 1024 * 1024;
const MAX_ATTRIBUTE_FILES = 20;
const ATTRIBUTE_FILE = '.gitattributes';

const REFUSALS = 'ENOENT EEXIST ENOTDIR EISDIR ELOOP EACCES EPERM ENOSPC EDQUOT EROFS'.split(' ');

const FILE_MODES: Readonly<Record<string, number>> = { '100644': 0o100644, '100755': 0o100755 };

interface Change {
  readonly path: string;
  /** null: the file is not there. */
  readonly old: { readonly mode: number; readonly id: string } | null;
  readonly now: { readonly mode: number; readonly id: string; readonly content: Buffer } | null;
}

export interface CheckoutFiles {
  readonly tree: string;
  /** Ours: it is written again. */
  readonly index: string;
}

interface Move {
  readonly from: CommitId;
  readonly to: CommitId;
}

/**
 * `declined`: nothing was touched. `broken`: something was in the way after files had been written; the checkout holds
 * neither commit, and is put right by a reset.
 */
export async function moveFewFiles(
  context: GitContext,
  at: CheckoutFiles,
  move: Move,
): Promise<'moved' | 'declined' | 'broken'> {
  const ahead = await lookAhead(context, at, move);
  if (ahead === null) return 'declined';
  const entries = writeFiles(at.tree, ahead.changes);
  if (entries === null) return 'broken';
  await writeUnflushed(at.index, spliceIndex(ahead.index, entries), 0o644);
  return 'moved';
}

/** Whether `moveFewFiles` would move it now. */
export async function canMoveFewFiles(context: GitContext, at: CheckoutFiles, move: Move): Promise<boolean> {
  return (await lookAhead(context, at, move)) !== null;
}

async function lookAhead(
  context: GitContext,
  at: CheckoutFiles,
  move: Move,
): Promise<{ readonly index: IndexFile; readonly changes: readonly Change[] } | null> {
  if (!isPlainCheckout(context.user.safeConfig)) return null;
  const bytes = await bytesIfThere(at.index);
  const index = bytes === null ? null : parseIndex(bytes, move.from.length / 2);
  const changes = index === null ? null : await changesBetween(context, move);
  if (index === null || changes === null) return null;
  if (!(await areAttributesHarmless(context, index, changes))) return null;
  return changes.every((change) => isAsIndexed(at, index, change)) ? { index, changes } : null;
}

/** Settings under which git writes a file's bytes as they are stored, with a name that is only itself. */
function isPlainCheckout(config: Readonly<Record<string, string>>): boolean {
  const is = (key: string, ...values: readonly string[]): boolean =>
    values.includes(config[`core.${key}`] ?? '');
  return !(
    is('autocrlf', 'true') ||
    is('eol', 'crlf') ||
    is('filemode', 'false') ||
    is('ignorecase', 'true') ||
    is('precomposeunicode', 'true')
  );
}

/** null when there are many, large ones, or other things than files. */
async function changesBetween(context: GitContext, move: Move): Promise<readonly Change[] | null> {
  const [from, to] = await Promise.all([
    readCommit(context.controlReader, move.from),
    readCommit(context.controlReader, move.to),
  ]);
  const rows = from === null || to === null ? null : await diffTrees(context, from.tree, to.tree);
  if (rows === null || rows.length > MAX_FILES) return null;
  const changes: Change[] = [];
  let left = MAX_BYTES;
  for (const row of rows) {
    const path = row.bytes.toString('latin1');
    // Other names have more than one spelling somewhere.
    if (!/^[\x20-\x7e]+$/.test(path) || nameProblem(path) !== null) return null;
    const old = row.status === 'added' ? null : { mode: FILE_MODES[row.oldMode] ?? 0, id: row.oldId };
    const mode = row.status === 'deleted' ? null : (FILE_MODES[row.newMode] ?? 0);
    if (old?.mode === 0 || mode === 0) return null;
    const now = mode === null ? null : await contentOf(context, row.newId, left);
    if (now === undefined) return null;
    left -= now?.length ?? 0;
    changes.push({
      path,
      old,
      now: mode === null || now === null ? null : { mode, id: row.newId, content: now },
    });
  }
  return changes;
}

/** undefined for what is no blob, or larger than `limit` bytes. */
async function contentOf(context: GitContext, id: string, limit: number): Promise<Buffer | undefined> {
  const info = await context.controlReader.info(id);
  if (info?.type !== 'blob' || info.size > limit) return undefined;
  return (await context.controlReader.content(id))?.content;
}

/** Those of the commit that is left: a change of any is declined. */
async function areAttributesHarmless(
  context: GitContext,
  index: IndexFile,
  changes: readonly Change[],
): Promise<boolean> {
  if (changes.some(({ path }) => isAttributeFile(path))) return false;
  const files = pathsEndingWith(index, ATTRIBUTE_FILE).filter(isAttributeFile);
  if (files.length > MAX_ATTRIBUTE_FILES) return false;
  for (const path of files) {
    const id = entryOf(index, path)?.id ?? '';
    const content = await contentOf(context, id, MAX_BYTES);
    if (content === undefined || !keepBytes(content.toString('latin1'))) return false;
  }
  return true;
}

function isAttributeFile(path: string): boolean {
  return path === ATTRIBUTE_FILE || path.endsWith(`/${ATTRIBUTE_FILE}`);
}

/** The file is the one that the index knows, or is absent like there; no folder above it is a link. */
function isAsIndexed({ tree }: CheckoutFiles, index: IndexFile, { path, old }: Change): boolean {
  const known = entryOf(index, path);
  if (!areFoldersReal(tree, dirname(path))) return false;
  const stat = statOf(join(tree, path));
  if (old === null) return known === null && stat === null;
  if (known === null || stat === null || !stat.isFile()) return false;
  const isKnown = known.mode === old.mode && known.id === old.id;
  return isKnown && statBytes(known.mode, stat).equals(known.stat);
}

function areFoldersReal(root: string, folder: string): boolean {
  if (folder === '.') return true;
  if (!areFoldersReal(root, dirname(folder))) return false;
  const stat = statOf(join(root, folder));
  return stat === null || stat.isDirectory();
}

/** null when something is in the way, or the disk refuses: git then says it in its words. */
function writeFiles(root: string, changes: readonly Change[]): ReadonlyMap<string, IndexEntry | null> | null {
  const entries = new Map<string, IndexEntry | null>();
  try {
    for (const { path, old, now } of changes) {
      if (old !== null) unlinkSync(join(root, path));
      if (now === null) {
        removeEmptyFolders(root, dirname(path));
        entries.set(path, null);
      }
    }
    for (const { path, now } of changes) {
      if (now === null) continue;
      const whole = join(root, path);
      mkdirSync(dirname(whole), { recursive: true });
      writeNew(whole, now.content, now.mode);
      const facts = statOf(whole);
      if (facts === null) return null;
      entries.set(path, { mode: now.mode, id: now.id, facts });
    }
    return entries;
  } catch (error) {
    if (isErrno(error, ...REFUSALS)) return null;
    throw error;
  }
}

function writeNew(path: string, content: Buffer, mode: number): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = openSync(path, flags, mode === FILE_MODES['100755'] ? 0o777 : 0o666);
  try {
    for (let at = 0; at < content.length;) at += writeSync(file, content, at);
  } finally {
    closeSync(file);
  }
}

/** git keeps no empty folders. */
function removeEmptyFolders(root: string, folder: string): void {
  if (folder === '.') return;
  try {
    rmdirSync(join(root, folder));
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) return;
    throw error;
  }
  removeEmptyFolders(root, dirname(folder));
}

function statOf(path: string): BigIntStats | null {
  try {
    return lstatSync(path, { bigint: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
