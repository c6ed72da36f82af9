/** Small file habits shared by this adapter: absent is null, writes are whole. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readFile, readdir, rename, rm } from 'node:fs/promises';
import type { Dirent, Stats } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from './failure.ts';

export async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return null;
    throw error;
  }
}

export async function bytesIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR', 'ELOOP')) return null;
    throw error;
  }
}

/** Does not follow a symbolic link. */
export async function statIfThere(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return null;
    throw error;
  }
}

export async function entriesOf(path: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

/** Flushed and renamed into place; parent folders are made. */
export async function writeWhole(path: string, content: string | Uint8Array, mode = 0o600): Promise<void> {
  await replaceFile(path, content, { mode, isFlushed: true });
}

/** As `writeWhole`, but survives only the death of the process, not a power cut: for what can be made again. */
export async function writeUnflushed(
  path: string,
  content: string | Uint8Array,
  mode = 0o600,
): Promise<void> {
  await replaceFile(path, content, { mode, isFlushed: false });
}

async function replaceFile(
  path: string,
  content: string | Uint8Array,
  how: { readonly mode: number; readonly isFlushed: boolean },
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Git takes every file below `refs` for a ref, but for those: a half-written one would make `--all` fail for ever.
  const suffix = path.includes('/refs/') ? 'lock' : 'tmp';
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}.${suffix}`;
  const file = await open(temporary, 'wx', how.mode);
  try {
    await file.writeFile(content);
    if (how.isFlushed) await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** A folder and all below it; a symbolic link in its place is removed, not followed. Read-only folders are made writable. */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw error;
    await makeWritable(path);
    await rm(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * As `removeTree`, by a process of its own: `rm` in Node takes this program's only thread 300 ms for 5,000 files, and
 * nothing else goes on meanwhile.
 */
export async function removeLargeTree(path: string): Promise<void> {
  if ((await statIfThere(path))?.isDirectory() === true) {
    await new Promise<void>((resolve) => {
      const child = spawn('/bin/rm', ['-rf', '--', path], { cwd: '/', env: {}, stdio: 'ignore' });
      child.on('error', () => resolve());
      child.on('close', () => resolve());
    });
  }
  // What is left: read-only folders, a system without `rm`, something that is no folder.
  await removeTree(path);
}

async function makeWritable(path: string): Promise<void> {
  const { chmod } = await import('node:fs/promises');
  const stat = await statIfThere(path);
  if (stat === null || !stat.isDirectory()) return;
  await chmod(path, 0o700);
  for (const entry of await entriesOf(path))
    if (entry.isDirectory()) await makeWritable(`${path}/${entry.name}`);
}
