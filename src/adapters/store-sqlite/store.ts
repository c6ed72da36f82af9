/** The event log in one SQLite file. */
import { closeSync, mkdirSync, openSync, existsSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { dirname } from 'node:path';
import { GENESIS_HASH } from '../../core/run/event-envelope.ts';
import { Failure } from '../../kit/failure.ts';
import type {
  AppendOutcome,
  LeaderInfo,
  LeadOutcome,
  NewEvent,
  StoredEvent,
  StorePort,
} from '../../ports/store.ts';
import type { ClockPort, Failpoint } from '../../ports/world.ts';
import { Appender } from './appender.ts';
import { loadSqlite, type SqliteBinding } from './binding.ts';
import { inTransaction, openReadable, openWritable, whenFree, type Connection } from './database.ts';
import { networkFileSystem } from './filesystem.ts';
import { checkLinks, inspectStore, type StoreState } from './integrity.ts';
import { LeaderDesk } from './leadership.ts';
import { migrate, MIGRATIONS, type Migration } from './migrations.ts';
import { eventOfRow, type EventRow, type HeadRow } from './rows.ts';
import { DELETE_VALUE } from './sql/delete-value.ts';
import { READ_EVENTS } from './sql/read-events.ts';
import { READ_HEAD } from './sql/read-head.ts';
import { READ_VALUE } from './sql/read-value.ts';
import { SET_VALUE } from './sql/set-value.ts';
import { isCorrupt, isIoError } from './sql-errors.ts';

export interface StoreWarning {
  readonly code: 'store-network-filesystem';
  readonly detail: string;
}

export interface SqliteStore extends StorePort {
  /** newer: written by a later Copse; it can be read, every write is the failure `store-newer`. */
  readonly access: 'read-write' | 'newer';
  readonly warnings: readonly StoreWarning[];
  readonly driver: SqliteBinding['name'];
}

export interface SqliteStoreOptions {
  /** Absolute; the folder is made with mode 0700. Files beside it share its name: `-wal`, `-shm`, `.leader-<n>`, `.v<n>.backup`. */
  readonly path: string;
  readonly failpoint: Failpoint;
  readonly clock: ClockPort;
  /** Replaced in tests only. */
  readonly migrations?: readonly Migration[];
  readonly networkFileSystem?: (folder: string) => string | null;
}

/** Events read at once while the chain is verified. */
const VERIFY_PAGE = 1_000;

/**
 * Opens or makes the store. Failures: `store-driver-missing`, `store-corrupt` (the files are left as they were),
 * `store-foreign`, `store-busy`, `store-unwritable`, `store-disk-full`, `store-io`.
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteStore> {
  const { path, failpoint, clock, migrations = MIGRATIONS } = options;
  const binding = await loadSqlite();
  prepareFile(path);
  const network = (options.networkFileSystem ?? networkFileSystem)(dirname(path));
  const state = await inspectStore(binding, path, migrations.length);
  const journal = network === null ? 'wal' : 'delete';
  const db = await whenFree(path, () =>
    state === 'newer' ? openReadable(binding, path) : openWritable(binding, path, journal),
  );
  try {
    if (state !== 'newer') await migrate({ db, path }, migrations, failpoint);
  } catch (error) {
    db.close();
    throw error;
  }
  return new OpenStore({ db, path }, { binding, clock, failpoint, state, network });
}

/** Made private before SQLite opens it; only when absent, because closing a descriptor would drop locks of this process. */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
}

interface StoreWorld {
  readonly binding: SqliteBinding;
  readonly clock: ClockPort;
  readonly failpoint: Failpoint;
  readonly state: StoreState;
  readonly network: string | null;
}

class OpenStore implements SqliteStore {
  readonly access: SqliteStore['access'];
  readonly warnings: readonly StoreWarning[];
  readonly driver: SqliteBinding['name'];
  readonly #connection: Connection;
  readonly #appender: Appender;
  readonly #desk: LeaderDesk;
  #stopped: Failure | null = null;
  #closing: Promise<void> | null = null;

  constructor(connection: Connection, world: StoreWorld) {
    this.#connection = connection;
    this.#appender = new Appender(connection, world.failpoint);
    this.#desk = new LeaderDesk(connection, world);
    this.access = world.state === 'newer' ? 'newer' : 'read-write';
    this.driver = world.binding.name;
    this.warnings = world.network === null ? [] : [networkWarning(connection.path, world.network)];
  }

  async append(
    expectedSeq: number,
    epoch: number,
    events: readonly NewEvent[],
    atMs: number,
  ): Promise<AppendOutcome> {
    return this.#writing(async () => {
      const outcome = await this.#appender.append(expectedSeq, epoch, events, atMs);
      if (outcome.kind === 'fenced') this.#desk.noticeEpoch(outcome.epoch);
      return outcome;
    });
  }

  async read(fromSeq: number, limit: number): Promise<readonly StoredEvent[]> {
    const { path } = this.#connection;
    return this.#reading((db) =>
      (db.prepare(READ_EVENTS).all(fromSeq, Math.max(0, limit)) as EventRow[]).map((row) =>
        eventOfRow(row, path),
      ),
    );
  }

  async lastSeq(): Promise<number> {
    return this.#reading((db) => (db.prepare(READ_HEAD).get() as HeadRow).seq);
  }

  async value(key: string): Promise<string | null> {
    return this.#reading((db) => valueOf(db, key));
  }

  async compareAndSet(key: string, expected: string | null, next: string | null): Promise<boolean> {
    const { db, path } = this.#connection;
    return this.#writing(() =>
      whenFree(path, () =>
        inTransaction(db, () => {
          if (valueOf(db, key) !== expected) return false;
          if (next === null) db.prepare(DELETE_VALUE).run(key);
          else db.prepare(SET_VALUE).run(key, next);
          return true;
        }),
      ),
    );
  }

  async lead(who: { readonly address: string | null; readonly takeover: boolean }): Promise<LeadOutcome> {
    return this.#writing(() => this.#desk.lead(who));
  }

  async leader(): Promise<LeaderInfo | null> {
    this.#requireOpen();
    return this.#desk.leader();
  }

  async verifyChain(): Promise<number | null> {
    const head = await this.#reading((db) => db.prepare(READ_HEAD).get() as HeadRow);
    let end: HeadRow = { seq: 0, hash: GENESIS_HASH };
    while (end.seq < head.seq) {
      const rows = await this.#readPage(end.seq + 1, Math.min(VERIFY_PAGE, head.seq - end.seq));
      if (rows === null || rows.length === 0) return end.seq + 1;
      const links = checkLinks(end, rows);
      if (links.broken !== null) return links.broken;
      end = links.end;
      await nextTurn();
    }
    return end.hash === head.hash ? null : head.seq;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#appender.settle();
    try {
      await this.#desk.releaseAll();
    } finally {
      if (this.access === 'read-write' && this.#stopped === null) checkpoint(this.#connection.db);
      this.#connection.db.close();
    }
  }

  /** null when the pages themselves are damaged. */
  async #readPage(fromSeq: number, limit: number): Promise<EventRow[] | null> {
    return this.#reading((db) => {
      try {
        return db.prepare(READ_EVENTS).all(fromSeq, limit) as EventRow[];
      } catch (error) {
        if (isCorrupt(error)) return null;
        throw error;
      }
    });
  }

  async #reading<T>(work: (db: Connection['db']) => T): Promise<T> {
    this.#requireOpen();
    const { db, path } = this.#connection;
    return whenFree(path, () => work(db));
  }

  /** After a failed write or fsync the state of the file is unknown: this store writes nothing more. */
  async #writing<T>(work: () => Promise<T>): Promise<T> {
    this.#requireOpen();
    if (this.access === 'newer') throw newerStore(this.#connection.path);
    if (this.#stopped !== null) throw this.#stopped;
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure && isIoError(error.cause)) this.#stopped = error;
      throw error;
    }
  }

  #requireOpen(): void {
    if (this.#closing !== null) throw new Failure('store-closed', 'the store was closed');
  }
}

/**
 * `@photostructure/sqlite` 1.2 cannot finalize statements, so its `close` leaves the connection, and all of the WAL, to
 * the garbage collector. With the WAL emptied first nothing is left for that late close to do. Others in the store only
 * mean that the last of them does it.
 */
function checkpoint(db: Connection['db']): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    return; // The WAL stays and is used at the next open.
  }
}

function valueOf(db: Connection['db'], key: string): string | null {
  return (db.prepare(READ_VALUE).get(key) as { value: string } | undefined)?.value ?? null;
}

function newerStore(path: string): Failure {
  return new Failure('store-newer', `store was written by a newer Copse and is only read: ${path}`, {
    hint: 'upgrade Copse: npm install -g copse@latest',
  });
}

function networkWarning(path: string, kind: string): StoreWarning {
  const detail = `${dirname(path)} is on a network file system (${kind}): slower, and locks may not hold between machines; set COPSE_STATE_DIR to a local folder`;
  return { code: 'store-network-filesystem', detail };
}
