/** Exclusion: within this process by a chain of promises, between processes by a file that names its holder. */
import { link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { GitFailure, isErrno } from './failure.ts';

/** Runs callers of one name one after the other. */
export class Mutexes {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    const tail = mine.catch(() => undefined);
    this.#tails.set(name, tail);
    try {
      return await mine;
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }
}

/** At most `size` pieces of work at once; the rest wait in order. */
export class Semaphore {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

const WAIT_MS = 60_000;
const LOOK_AGAIN_MS = 10;

/**
 * Holds the lock file `path` while `work` runs. A lock whose process is gone (pid and start time) is taken over.
 * Fails with `git-locked` after a minute, naming the holder.
 */
export async function withFileLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const mine = `${process.pid} ${startTicks(process.pid) ?? '?'} ${randomBytes(8).toString('hex')}\n`;
  await acquire(path, mine);
  try {
    return await work();
  } finally {
    if ((await readText(path)) === mine) await rm(path, { force: true });
  }
}

async function acquire(path: string, mine: string): Promise<void> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    try {
      await createWhole(path, mine);
      return;
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
    }
    const holder = await readText(path);
    if (holder !== null && !isHolderAlive(holder)) await removeStale(path, holder);
    else if (performance.now() > deadline) {
      throw new GitFailure('git-locked', `${path} is held by process ${holder?.split(' ')[0] ?? 'unknown'}`);
    } else await delay(LOOK_AGAIN_MS);
  }
}

/** Appears with its content or not at all, so that no reader sees an empty lock and takes it for a dead one's. */
async function createWhole(path: string, content: string): Promise<void> {
  const temporary = `${path}.${process.pid}.${randomBytes(6).toString('hex')}`;
  const file = await open(temporary, 'wx', 0o600);
  await file.writeFile(content);
  await file.close();
  try {
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function removeStale(path: string, seen: string): Promise<void> {
  const aside = `${path}.stale.${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  // Between the look and the rename another waiter may have taken over: then the lock is given back.
  if ((await readText(aside)) !== seen) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/** `text`: pid and start time, `?` where that is not known. */
export function isHolderAlive(text: string): boolean {
  const [pid, ticks] = text.trim().split(' ');
  const now = startTicks(Number(pid));
  if (now !== null) return ticks === '?' || now === ticks;
  try {
    process.kill(Number(pid), 0);
    return process.platform !== 'linux';
  } catch (error) {
    return isErrno(error, 'EPERM');
  }
}

/** Start time of a process in clock ticks, from /proc; null where that is not to be had. Guards against reused pids. */
export function startTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null;
    throw error;
  }
}
