/** Opening a connection the one way it is opened, waiting for other programs, and transactions. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SqliteBinding, SqliteDatabase } from './binding.ts';
import { asStoreFailure, isBusy } from './sql-errors.ts';

/** How long a third program (a backup, a shell) may hold the store before we give up. */
export const BUSY_LIMIT_MS = 5_000;
/** SQLite's own waiting blocks the event loop, so it gets short slices and the rest is waited outside. */
const BUSY_SLICE_MS = 50;
const BUSY_PAUSE_MS = 10;

export interface Connection {
  readonly path: string;
  readonly db: SqliteDatabase;
}

/**
 * FULL: a commit that was answered survives a power cut. WAL needs shared memory, so network file systems get a
 * rollback journal.
 */
export function openWritable(
  binding: SqliteBinding,
  path: string,
  journal: 'wal' | 'delete',
): SqliteDatabase {
  const db = binding.open(path);
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_SLICE_MS}`);
    db.exec(`PRAGMA journal_mode = ${journal}`);
    db.exec('PRAGMA synchronous = FULL');
    db.exec('PRAGMA trusted_schema = OFF');
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function openReadable(binding: SqliteBinding, path: string): SqliteDatabase {
  const db = binding.open(path, { readOnly: true });
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_SLICE_MS}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Runs `work` again while another program is in the way, at most `BUSY_LIMIT_MS`; throws `Failure`s only for SQLite's errors. */
export async function whenFree<T>(path: string, work: () => T, limitMs = BUSY_LIMIT_MS): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw asStoreFailure(error, path);
    }
    await sleep(BUSY_PAUSE_MS);
  }
}

/** All of `work` or nothing. It must not await: the connection is shared, and others would read what is not committed. */
export function inTransaction<T>(db: SqliteDatabase, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    rollback(db);
    throw error;
  }
}

/** SQLite has rolled back by itself after some errors; a second ROLLBACK then fails, and the first error is the one to tell. */
export function rollback(db: SqliteDatabase): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    return;
  }
}
