/** What can be known of a store before anything is written to it. */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { envelopeText, GENESIS_HASH } from '../../core/run/event-envelope.ts';
import { Failure } from '../../kit/failure.ts';
import type { SqliteBinding, SqliteDatabase } from './binding.ts';
import { openReadable, whenFree } from './database.ts';
import { APPLICATION_ID, schemaVersion } from './migrations.ts';
import type { EventRow, HeadRow } from './rows.ts';
import { COUNT_OBJECTS, QUICK_CHECK, READ_APPLICATION } from './sql/facts.ts';
import { READ_EVENTS } from './sql/read-events.ts';
import { READ_HEAD } from './sql/read-head.ts';
import { corruptStore, isCorrupt, isHalfWritten } from './sql-errors.ts';

/** `quick_check` reads every page (about 1.5 ms per MB); larger stores rely on the hash chain and `verifyChain`. */
const QUICK_CHECK_LIMIT_BYTES = 32 * 1024 * 1024;
/** Events at the end of the log whose hashes are checked at every open. */
const TAIL_EVENTS = 200;

export type StoreState = 'new' | 'current' | 'newer';

interface StoreFile {
  readonly path: string;
  readonly latest: number;
  readonly sizeBytes: number;
}

export function hashOf(previous: string, row: Omit<EventRow, 'hash'>): string {
  const text = envelopeText(
    { ...row, dataText: row.data },
    { seq: row.seq, epoch: row.epoch, atMs: row.at_ms },
  );
  return createHash('sha256').update(previous).update('\n').update(text).digest('hex');
}

/**
 * Looks through a read-only connection, which cannot even checkpoint, so that a damaged file stays as it was found. Only a
 * transaction that a killed process left half written is undone, which every SQLite would do. Failure `store-corrupt` or
 * `store-foreign`.
 */
export async function inspectStore(
  binding: SqliteBinding,
  path: string,
  latest: number,
): Promise<StoreState> {
  const sizeBytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (sizeBytes === 0) return 'new';
  return whenFree(path, () => {
    try {
      return readState(binding, { path, latest, sizeBytes });
    } catch (error) {
      if (!isHalfWritten(error)) throw error;
      undoHalfWritten(binding, path);
      return readState(binding, { path, latest, sizeBytes: statSync(path).size });
    }
  });
}

function readState(binding: SqliteBinding, file: StoreFile): StoreState {
  const db = openReadable(binding, file.path);
  try {
    return inspect(db, file);
  } catch (error) {
    if (isCorrupt(error)) throw corruptStore(file.path, 'SQLite finds it damaged', error);
    throw error;
  } finally {
    db.close();
  }
}

/** The first read of a connection that may write rolls back; it changes nothing else, not even the journal mode. */
function undoHalfWritten(binding: SqliteBinding, path: string): void {
  const db = binding.open(path);
  try {
    db.prepare(COUNT_OBJECTS).get();
  } finally {
    db.close();
  }
}

function inspect(db: SqliteDatabase, file: StoreFile): StoreState {
  const { application_id: application } = db.prepare(READ_APPLICATION).get() as { application_id: number };
  const { objects } = db.prepare(COUNT_OBJECTS).get() as { objects: number };
  // A process killed before its first migration leaves an empty database.
  if (application === 0 && objects === 0) return 'new';
  if (application !== APPLICATION_ID) {
    throw new Failure('store-foreign', `this SQLite file is not a Copse store: ${file.path}`, {
      hint: 'point COPSE_STATE_DIR at another folder',
    });
  }
  const version = schemaVersion(db);
  if (version > file.latest) return 'newer';
  if (version < 1) throw corruptStore(file.path, 'it has no schema version');
  if (file.sizeBytes <= QUICK_CHECK_LIMIT_BYTES) quickCheck(db, file.path);
  const broken = firstBrokenOfTail(db);
  if (broken !== null) throw corruptStore(file.path, `event ${broken} does not follow from the one before`);
  return 'current';
}

function quickCheck(db: SqliteDatabase, path: string): void {
  const { quick_check: result } = db.prepare(QUICK_CHECK).get() as { quick_check: string };
  if (result !== 'ok') throw corruptStore(path, result);
}

/** Runs in one read transaction: the writer may append meanwhile. */
function firstBrokenOfTail(db: SqliteDatabase): number | null {
  db.exec('BEGIN');
  try {
    const head = db.prepare(READ_HEAD).get() as HeadRow | undefined;
    if (head === undefined) return 0;
    const from = Math.max(0, head.seq - TAIL_EVENTS);
    const rows = db.prepare(READ_EVENTS).all(Math.max(1, from), TAIL_EVENTS + 2) as EventRow[];
    const start = from === 0 ? { seq: 0, hash: GENESIS_HASH } : { seq: from, hash: rows.shift()?.hash ?? '' };
    return checkLinks(start, rows).broken ?? checkEnd(start, rows, head);
  } finally {
    db.exec('ROLLBACK');
  }
}

/** Follows `rows` from `start`; `broken` is the first seq that is missing, changed or out of order. */
export function checkLinks(
  start: HeadRow,
  rows: readonly EventRow[],
): { end: HeadRow; broken: number | null } {
  let end = start;
  for (const row of rows) {
    if (row.seq !== end.seq + 1 || row.hash !== hashOf(end.hash, row)) return { end, broken: end.seq + 1 };
    end = { seq: row.seq, hash: row.hash };
  }
  return { end, broken: null };
}

function checkEnd(start: HeadRow, rows: readonly EventRow[], head: HeadRow): number | null {
  const last = rows.at(-1) ?? start;
  return last.seq === head.seq && last.hash === head.hash ? null : Math.min(last.seq, head.seq) + 1;
}
