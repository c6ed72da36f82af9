/**
 * Exclusion between processes: a second, empty SQLite file held in an exclusive transaction. SQLite locks it with
 * `fcntl`, which the kernel frees when the process dies, however it dies, and which children do not inherit. Nothing
 * may open this file by other means in the leader's process: closing any descriptor of it would drop the lock.
 */
import { rmSync } from 'node:fs';
import type { SqliteBinding, SqliteDatabase } from './binding.ts';
import { rollback } from './database.ts';
import { isBusy } from './sql-errors.ts';

/** A takeover cannot take a lock that a stopped process still holds, so it moves on to the next generation's file. */
export function lockPath(storePath: string, generation: number): string {
  return `${storePath}.leader-${generation}`;
}

export class LeaderLock {
  readonly #db: SqliteDatabase;
  #held = true;

  private constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** null when another process holds it; never waits. */
  static tryTake(binding: SqliteBinding, path: string): LeaderLock | null {
    const db = binding.open(path);
    try {
      db.exec('PRAGMA busy_timeout = 0');
      // Nothing is ever written in it, so it needs no journal file beside it.
      db.exec('PRAGMA journal_mode = MEMORY');
      db.exec('BEGIN EXCLUSIVE');
      return new LeaderLock(db);
    } catch (error) {
      db.close();
      if (isBusy(error)) return null;
      throw error;
    }
  }

  free(): void {
    if (!this.#held) return;
    this.#held = false;
    rollback(this.#db);
    this.#db.close();
  }
}

/** Files of generations before `generation`: nobody may lead through them any more. */
export function removeOldLocks(storePath: string, generation: number): void {
  if (generation > 1) rmSync(lockPath(storePath, generation - 1), { force: true });
}
