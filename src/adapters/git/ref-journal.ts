/**
 * Which refs of the user's repository a git process of ours is about to move. A lock that such a process left when it
 * died is thereby known for ours, and is cleared without waiting for an owner that cannot come back.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Places } from './context.ts';
import type { UserRepository } from './discover.ts';
import { GitFailure } from './failure.ts';
import { entriesOf, readIfThere } from './files.ts';
import { startTicks } from './lock.ts';
import { lockIdentity, removeIfStale } from './stale-lock.ts';

interface RefMove {
  readonly pid: number;
  readonly ticks: string | null;
  readonly refs: readonly string[];
}

interface Where {
  readonly user: UserRepository;
  readonly places: Places;
}

export async function withRefJournal<T>(
  where: Where,
  refs: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const folder = journalFolder(where);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${randomBytes(6).toString('hex')}.json`);
  const move: RefMove = { pid: process.pid, ticks: startTicks(process.pid), refs };
  await writeFile(path, JSON.stringify(move));
  try {
    return await work();
  } catch (error) {
    // Killed by a signal or by its time limit: it cannot have cleaned up.
    if (error instanceof GitFailure && (error.exitCode === -1 || error.code === 'git-timeout')) {
      await clearLocks(where, refs);
    }
    throw error;
  } finally {
    await rm(path, { force: true });
  }
}

/** Clears what moves of Copse processes that died left behind. Moves of living ones are not touched. */
export async function settleRefMoves(where: Where): Promise<void> {
  for (const entry of await entriesOf(journalFolder(where))) {
    const path = join(journalFolder(where), entry.name);
    const move = parse(await readIfThere(path));
    if (move !== null && move.ticks !== null && startTicks(move.pid) === move.ticks) continue;
    if (move !== null && move.ticks === null && isAlive(move.pid)) continue;
    await clearLocks(where, move?.refs ?? []);
    await rm(path, { force: true });
  }
}

async function clearLocks({ user }: Where, refs: readonly string[]): Promise<void> {
  const names = [...refs.map((ref) => `${ref}.lock`), 'packed-refs.lock', 'packed-refs.new'];
  for (const name of names) {
    const path = join(user.commonDir, name);
    await removeIfStale(path, await lockIdentity(path));
  }
}

/** A process that died while it wrote the journal had not started git yet. */
function parse(text: string | null): RefMove | null {
  try {
    return text === null ? null : (JSON.parse(text) as RefMove);
  } catch {
    return null;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function journalFolder({ places }: Where): string {
  return join(places.state, 'ref-moves');
}
