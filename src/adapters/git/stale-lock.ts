/** What to do about a lock that stays: take it away when nobody holds it, else say who does and how to end it. */
import { link, rename } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { GitFailure, isErrno } from './failure.ts';
import { removeTree, statIfThere } from './files.ts';
import { lockHolder, type LockHolder } from './lock-holder.ts';

/** Locks are held for milliseconds by living processes; five seconds covers a slow disk, then a lock is looked into. */
export const LOCK_WAIT_MS = 5_000;
const FIRST_PAUSE_MS = 50;
const GROWTH = 1.5;

/** Pauses between two looks at a lock, in milliseconds. Jitter keeps two waiting processes from meeting again. */
export function* lockPauses(): Generator<number, never> {
  for (let pause = FIRST_PAUSE_MS; ; pause *= GROWTH) yield pause * (0.75 + Math.random() / 2);
}

/** Names one lock file among all that will ever be at its path; null when there is none now. */
export async function lockIdentity(path: string): Promise<string | null> {
  const file = await statIfThere(path);
  return file === null ? null : `${file.dev}:${file.ino}:${file.ctimeMs}`;
}

/**
 * Removes the lock if it is still the one of `identity` and nobody holds it. `gone`: it is no longer in the way.
 * `changed`: another lock is there now, so somebody works. A holder: it stays.
 */
export async function removeIfStale(
  path: string,
  identity: string | null,
): Promise<'gone' | 'changed' | LockHolder> {
  const now = await lockIdentity(path);
  if (now === null) return 'gone';
  if (now !== identity) return 'changed';
  const holder = await lockHolder(path);
  if (holder.kind !== 'nobody') return holder;
  return (await takeAside(path, identity)) ? 'gone' : 'changed';
}

/** Waits until the lock is gone, at most five seconds, and then removes it if it is stale. */
export async function waitOrRemove(path: string): Promise<'gone' | 'changed' | LockHolder> {
  const identity = await lockIdentity(path);
  const deadline = performance.now() + LOCK_WAIT_MS;
  for (const pause of lockPauses()) {
    if ((await lockIdentity(path)) !== identity || identity === null) break;
    if (performance.now() > deadline) break;
    await delay(pause);
  }
  return removeIfStale(path, identity);
}

/** Another process may take the lock between the look and the removal: then it is given back. */
async function takeAside(path: string, identity: string): Promise<boolean> {
  const aside = `${path}.stale-${randomBytes(6).toString('hex')}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true;
    throw error;
  }
  // The rename changes the time of the inode, not which inode it is.
  const moved = await lockIdentity(aside);
  const isTheSame = moved?.split(':').slice(0, 2).join(':') === identity.split(':').slice(0, 2).join(':');
  if (!isTheSame) await link(aside, path).catch(() => undefined);
  await removeTree(aside);
  return isTheSame;
}

/** The failure of a call that a lock keeps from working, with the command that ends it. */
export function lockFailure(
  label: string,
  path: string,
  holder: LockHolder | 'changed',
  cause?: unknown,
): GitFailure {
  const remove = `rm -f ${quoted(path)}`;
  if (holder === 'changed') {
    return new GitFailure('git-locked', `cannot ${label}: other programs keep locking ${path}`, {
      cause,
      lock: path,
    });
  }
  if (holder.kind === 'process') {
    const { pid, command } = holder;
    return new GitFailure('git-locked', `cannot ${label}: process ${pid} (${command}) holds ${path}`, {
      cause,
      lock: path,
      hint: `when process ${pid} has ended, run: ${remove}`,
    });
  }
  return new GitFailure(
    'git-locked',
    `cannot ${label}: ${path} is there and its holder cannot be told from here`,
    {
      cause,
      lock: path,
      hint: `if no program uses the repository, run: ${remove}`,
    },
  );
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
