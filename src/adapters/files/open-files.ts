import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../../kit/failure.ts';
import type { FilesPort } from '../../ports/world.ts';

let counter = 0;

/**
 * Files of the state folder: mode 0600, folders 0700. A write is durable and whole: temporary file, fsync, rename, fsync
 * of the folder. Symbolic links are never followed for the file itself: writing replaces one, reading refuses it.
 * Failures: `file-refused`, `file-unavailable`.
 */
export function openFiles(): FilesPort {
  return {
    list: async (path) => {
      try {
        const names = await readdir(path);
        const facts = await Promise.all(names.map((name) => lstat(join(path, name)).catch(() => null)));
        return names.flatMap((name, index) => {
          const mtimeMs = facts[index]?.mtimeMs;
          return mtimeMs === undefined ? [] : [{ name, modifiedAtMs: mtimeMs }];
        });
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return [];
        throw unavailable('list', path, error);
      }
    },
    remove: async (path) => {
      try {
        await rm(path, { recursive: true, force: true, maxRetries: 3 });
      } catch (error) {
        throw unavailable('remove', path, error);
      }
    },
    write: async (path, content) => {
      try {
        await mkdir(dirname(path), { recursive: true, mode: 0o700 });
        await writeWhole(path, content);
      } catch (error) {
        throw unavailable('write', path, error);
      }
    },
    read: async (path) => {
      try {
        return await readWhole(path);
      } catch (error) {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
        if (hasCode(error, 'ELOOP', 'EMLINK', 'EISDIR'))
          throw new Failure('file-refused', `${path} is not a regular file`, { cause: error });
        throw unavailable('read', path, error);
      }
    },
  };
}

async function writeWhole(path: string, content: string): Promise<void> {
  const existing = await lstat(path).catch(() => null);
  if (existing?.isDirectory() === true) throw new Failure('file-refused', `${path} is a folder`);
  // Unique within this machine and process: two writers of one path never share a temporary file.
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${(counter += 1)}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (constants.O_NOFOLLOW ?? 0);
  const file = await open(temporary, flags, 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await file.close();
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await file.close();
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

async function readWhole(path: string): Promise<string> {
  // O_NONBLOCK: opening a pipe that someone put there must not wait for its writer.
  const file = await open(
    path,
    constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
  );
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw new Failure('file-refused', `${path} is not a regular file`);
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    // Some file systems cannot sync a folder.
    if (!hasCode(error, 'EINVAL', 'EPERM', 'ENOTSUP')) throw error;
  } finally {
    await folder.close();
  }
}

function unavailable(verb: string, path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const hint = hasCode(cause, 'ENOSPC', 'EDQUOT')
    ? 'free disk space where the state folder is'
    : 'check that the folder exists and is writable';
  return new Failure('file-unavailable', `cannot ${verb} ${path}`, { cause, hint });
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
