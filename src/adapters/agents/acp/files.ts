/**
 * Files of the worktree for an agent that reads and writes through its client. What leads out of the worktree, by its path
 * or by a link, is refused, and so is git's own folder. The agent has the same rights as this process: this keeps an honest
 * one in its place, and a sandbox holds another.
 */
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { FileAnswer } from '../../../formats/acp/requests.ts';

/** Larger ones are no source text; the agent has other ways to look into them. */
const MAX_FILE_BYTES = 16_000_000;

export type Place =
  { readonly kind: 'inside'; readonly path: string } | { readonly kind: 'outside'; readonly why: string };

/** Where `path` really leads, followed through links as far as it exists; a relative one starts at `root`, which is real. */
export async function placeOf(root: string, path: string): Promise<Place> {
  if (path.includes('\0')) return { kind: 'outside', why: 'no path' };
  const absent: string[] = [];
  for (let at = resolve(root, path); ;) {
    const found = await realOrWhy(at);
    if (found.kind === 'real') return within(root, join(found.path, ...absent));
    if (found.kind === 'refused') return { kind: 'outside', why: found.why };
    const parent = dirname(at);
    if (parent === at) return { kind: 'outside', why: 'not in the worktree' };
    absent.unshift(basename(at));
    at = parent;
  }
}

export async function readTextFile(
  root: string,
  wanted: { readonly path: string; readonly line: number | null; readonly limit: number | null },
): Promise<FileAnswer> {
  return withFile(root, wanted.path, constants.O_RDONLY, async (file) => {
    const { size } = await file.stat();
    if (size > MAX_FILE_BYTES) return refused(`larger than ${MAX_FILE_BYTES} bytes`);
    const text = (await file.readFile()).toString('utf8');
    if (wanted.line === null && wanted.limit === null) return { kind: 'content', text };
    const from = Math.max(0, (wanted.line ?? 1) - 1);
    const lines = text.split('\n').slice(from, wanted.limit === null ? undefined : from + wanted.limit);
    return { kind: 'content', text: lines.join('\n') };
  });
}

/** Makes the folders it needs. An existing file keeps its mode. */
export async function writeTextFile(root: string, path: string, content: string): Promise<FileAnswer> {
  const place = await placeOf(root, path);
  if (place.kind === 'outside') return refused(place.why);
  try {
    await mkdir(dirname(place.path), { recursive: true });
  } catch (error) {
    return refused(codeOf(error));
  }
  return withFile(root, path, constants.O_WRONLY | constants.O_CREAT, async (file) => {
    await file.truncate(0);
    await file.writeFile(content);
    return { kind: 'written' };
  });
}

async function withFile(
  root: string,
  path: string,
  flags: number,
  use: (file: FileHandle) => Promise<FileAnswer>,
): Promise<FileAnswer> {
  const place = await placeOf(root, path);
  if (place.kind === 'outside') return refused(place.why);
  let file: FileHandle | null = null;
  try {
    // Not blocking: a pipe that nobody writes to must not hold the turn.
    file = await open(place.path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
    if (!(await file.stat()).isFile()) return refused('not a file');
    return await use(file);
  } catch (error) {
    return { kind: 'refused', why: codeOf(error), isAbsent: codeOf(error) === 'ENOENT' };
  } finally {
    await file?.close();
  }
}

function within(root: string, path: string): Place {
  if (path !== root && !path.startsWith(root.endsWith(sep) ? root : root + sep))
    return { kind: 'outside', why: 'not in the worktree' };
  const parts = relative(root, path).split(sep);
  if (parts.some((part) => part.toLowerCase() === '.git'))
    return { kind: 'outside', why: "git's own folder" };
  return { kind: 'inside', path };
}

type Found =
  | { readonly kind: 'real'; readonly path: string }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly why: string };

async function realOrWhy(path: string): Promise<Found> {
  try {
    return { kind: 'real', path: await realpath(path) };
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') return { kind: 'refused', why: code };
  }
  try {
    // A link that leads nowhere now would be followed when the file is made.
    if ((await lstat(path)).isSymbolicLink()) return { kind: 'refused', why: 'a link that leads nowhere' };
    return { kind: 'absent' };
  } catch {
    return { kind: 'absent' };
  }
}

function refused(why: string): FileAnswer {
  return { kind: 'refused', why, isAbsent: false };
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
