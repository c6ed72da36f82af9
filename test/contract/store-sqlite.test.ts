import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Appender } from '../../src/adapters/store-sqlite/appender.ts';
import { loadSqlite, machineDrivers, type SqliteDatabase } from '../../src/adapters/store-sqlite/binding.ts';
import { openWritable } from '../../src/adapters/store-sqlite/database.ts';
import { hashOf } from '../../src/adapters/store-sqlite/integrity.ts';
import { backupPath, MIGRATIONS } from '../../src/adapters/store-sqlite/migrations.ts';
import type { EventRow } from '../../src/adapters/store-sqlite/rows.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/adapters/store-sqlite/store.ts';
import type { StorePort } from '../../src/ports/store.ts';
import { leadOn, noFailpoint, noted, realClock, sqliteMedium } from './store/harness.ts';

let medium: ReturnType<typeof sqliteMedium>;
const open: { close(): unknown }[] = [];

beforeEach(() => {
  medium = sqliteMedium();
});
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  medium.dispose();
});

async function openStore(options: Partial<SqliteStoreOptions> = {}) {
  const store = await openSqliteStore({
    path: medium.path,
    failpoint: noFailpoint,
    clock: realClock,
    ...options,
  });
  open.push(store);
  return store;
}

/** Through SQLite itself, as another program would. */
async function rawly<T>(work: (db: SqliteDatabase) => T): Promise<T> {
  const db = (await loadSqlite()).open(medium.path);
  try {
    return work(db);
  } finally {
    db.close();
  }
}

async function filled(count: number): Promise<StorePort> {
  const store = await openStore();
  const { epoch } = await leadOn(store);
  for (let seq = 0; seq < count; seq += 1)
    await store.append(seq, epoch, [noted(`event ${seq} ${'x'.repeat(300)}`)], seq);
  return store;
}

/** The events when the store opens and its chain holds, else the failure's code or the broken seq. */
async function eventsOf(path: string): Promise<unknown> {
  const store = await openSqliteStore({ path, failpoint: noFailpoint, clock: realClock }).catch(
    (error: { code?: string }) => error.code ?? error,
  );
  if (!(typeof store === 'object' && 'read' in store)) {
    expect(['store-corrupt', 'store-foreign']).toContain(store);
    return store;
  }
  try {
    const broken = await store.verifyChain();
    return broken ?? (await store.read(1, 100));
  } finally {
    await store.close();
  }
}

describe('opening', () => {
  test('makes folder and files private and durable', async () => {
    const path = join(medium.folder, 'deep', 'er', 'store.db');
    const store = await openStore({ path });
    expect(statSync(join(medium.folder, 'deep', 'er')).mode & 0o777).toBe(0o700);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(store.access).toBe('read-write');
    expect(store.warnings).toEqual([]);
  });

  test('names what to do when no driver loads', async () => {
    const none = { builtin: () => null, optional: async () => Promise.reject(new Error('not found')) };
    await expect(loadSqlite(none)).rejects.toMatchObject({
      code: 'store-driver-missing',
      hint: expect.stringMatching(/22\.16/) as unknown,
    });
    await expect(loadSqlite({ builtin: () => ({}), optional: async () => ({}) })).rejects.toMatchObject({
      code: 'store-driver-missing',
    });
  });

  test('lets other warnings through and puts the emitter back', () => {
    const before: unknown = Reflect.get(process, 'emitWarning');
    machineDrivers.builtin();
    expect(Reflect.get(process, 'emitWarning')).toBe(before);
  });

  test('warns on a network file system and uses no shared memory there', async () => {
    const store = await openStore({ networkFileSystem: () => 'nfs' });
    expect(store.warnings).toMatchObject([{ code: 'store-network-filesystem' }]);
    const { epoch } = await leadOn(store);
    expect((await store.append(0, epoch, [noted('a')], 1)).kind).toBe('appended');
    expect(readdirSync(medium.folder).filter((name) => /-(?:wal|shm)$/.test(name))).toEqual([]);
  });

  test('does not touch a SQLite file of another program', async () => {
    await rawly((db) => db.exec('CREATE TABLE theirs (a)'));
    const before = readFileSync(medium.path);
    await expect(openStore()).rejects.toMatchObject({ code: 'store-foreign' });
    expect(readFileSync(medium.path)).toEqual(before);
  });

  test('goes on after being killed between making the file and its tables', async () => {
    const dying = openStore({
      failpoint: async (name) => {
        if (name === 'before:migrate.step') throw new Error('killed');
      },
    });
    await expect(dying).rejects.toThrow('killed');
    expect(await (await openStore()).lastSeq()).toBe(0);
  });

  test('undoes a transaction that a killed process left half written in the file', async () => {
    const network = { networkFileSystem: () => 'nfs' };
    const whole = await openStore(network);
    const { epoch } = await leadOn(whole);
    await whole.append(0, epoch, [noted('kept')], 1);
    const truth = await whole.read(1, 10);
    await whole.close();
    const path = await halfWritten(medium.path);
    for (const options of [network, {}]) {
      const store = await openStore({ path, ...options });
      expect(await store.read(1, 10)).toEqual(truth);
      expect(await store.verifyChain()).toBeNull();
      await store.close();
    }
  });

  test('goes on after being killed while the file got its first page', async () => {
    writeFileSync(medium.path, '');
    const path = await halfWritten(medium.path);
    expect(await (await openStore({ path })).lastSeq()).toBe(0);
  });
});

/** A copy as a process leaves it that is killed in a large transaction: some pages are in the file, what they were is in the journal. */
async function halfWritten(path: string): Promise<string> {
  const folder = join(medium.folder, 'killed');
  mkdirSync(folder);
  const copy = join(folder, 'store.db');
  const db = (await loadSqlite()).open(path);
  try {
    db.exec('PRAGMA journal_mode = delete; PRAGMA cache_size = 1; BEGIN; CREATE TABLE half (text)');
    const insert = db.prepare('INSERT INTO half VALUES (?)');
    for (let row = 0; row < 100; row += 1) insert.run('x'.repeat(4_000));
    for (const end of ['', '-journal']) copyFileSync(`${path}${end}`, `${copy}${end}`);
    db.exec('ROLLBACK');
  } finally {
    db.close();
  }
  expect(statSync(copy).size).toBeGreaterThan(statSync(path).size);
  return copy;
}

describe('versions', () => {
  const upgraded = [...MIGRATIONS, ['CREATE TABLE later (a)'], ['ALTER TABLE later ADD COLUMN b']];

  test('copies the store before an upgrade and keeps its events', async () => {
    await (await filled(3)).close();
    const store = await openStore({ migrations: upgraded });
    expect(await store.lastSeq()).toBe(3);
    expect(await store.verifyChain()).toBeNull();
    const old = await openStore({ path: backupPath(medium.path, MIGRATIONS.length) });
    expect(old.access).toBe('read-write');
    expect(await old.lastSeq()).toBe(3);
  });

  test.each(['before:migrate.step', 'after:migrate.step'])(
    'survives being killed at %s of each step',
    async (point) => {
      await (await filled(2)).close();
      for (const nth of [1, 2]) {
        let hits = 0;
        const failpoint = async (name: string): Promise<void> => {
          if (name === point && (hits += 1) === nth) throw new Error('killed');
        };
        await openStore({ migrations: upgraded, failpoint }).catch(() => undefined);
      }
      const store = await openStore({ migrations: upgraded });
      expect(await store.lastSeq()).toBe(2);
      expect(await rawly((db) => db.prepare('SELECT a, b FROM later').all())).toEqual([]);
    },
  );

  test('leaves no part of a step that fails', async () => {
    await (await filled(1)).close();
    const broken = [...MIGRATIONS, ['CREATE TABLE half (a)', 'NOT SQL']];
    await expect(openStore({ migrations: broken })).rejects.toMatchObject({ name: 'Failure' });
    const names = await rawly((db) => db.prepare(`SELECT name FROM sqlite_schema WHERE name = 'half'`).all());
    expect(names).toEqual([]);
    expect(await (await openStore()).lastSeq()).toBe(1);
  });

  test('reads a store of a newer version and refuses to write it', async () => {
    await (await filled(2)).close();
    await (await openStore({ migrations: upgraded })).close();
    const store = await openStore();
    expect(store.access).toBe('newer');
    expect((await store.read(1, 9)).map((event) => event.seq)).toEqual([1, 2]);
    expect(await store.leader()).toBeNull();
    expect(await store.verifyChain()).toBeNull();
    for (const write of [
      () => store.append(2, 1, [noted('a')], 1),
      () => store.compareAndSet('k', null, 'v'),
      () => store.lead({ address: null, takeover: true }),
    ]) {
      await expect(write()).rejects.toMatchObject({ code: 'store-newer' });
    }
  });
});

describe('damage', () => {
  test.each([
    ['a changed event', `UPDATE event SET data = replace(data, 'event 2', 'event X') WHERE seq = 3`, 3],
    ['a changed time', 'UPDATE event SET at_ms = at_ms + 1 WHERE seq = 1', 1],
    ['a removed event', 'DELETE FROM event WHERE seq = 4', 4],
    ['a removed tail', 'DELETE FROM event WHERE seq > 4', 5],
    ['a removed tail with its head', 'DELETE FROM event WHERE seq = 5; UPDATE head SET seq = 4', 4],
    ['events beyond the head', 'UPDATE head SET seq = 4', 4],
  ])('finds %s in the chain and at the next open', async (_what, sql, seq) => {
    const store = await filled(5);
    await rawly((db) => db.exec(sql));
    expect(await store.verifyChain()).toBe(seq);
    await store.close();
    await expect(openStore()).rejects.toMatchObject({ code: 'store-corrupt' });
  });

  test('finds an event that was replaced together with its own hash', async () => {
    const store = await filled(5);
    await rawly((db) => {
      const [before, row] = db
        .prepare('SELECT * FROM event WHERE seq IN (2, 3) ORDER BY seq')
        .all() as EventRow[];
      const forged = { ...(row as EventRow), kind: 'forged' };
      const hash = hashOf(before?.hash ?? '', forged);
      db.prepare('UPDATE event SET kind = ?, hash = ? WHERE seq = 3').run(forged.kind, hash);
    });
    expect(await store.verifyChain()).toBe(4);
  });

  test('finds a change far from the end by verifying the whole chain', async () => {
    const store = await openStore();
    const { epoch } = await leadOn(store);
    await store.append(
      0,
      epoch,
      Array.from({ length: 2_500 }, (_, index) => noted(index)),
      1,
    );
    await rawly((db) => db.exec('UPDATE event SET version = 2 WHERE seq = 1200'));
    await store.close();
    expect(await (await openStore()).verifyChain()).toBe(1200);
  });

  test('never crashes, never lies and changes no byte when bytes of the file are flipped', async () => {
    const store = await filled(60);
    const truth = await store.read(1, 100);
    await store.close();
    const original = readFileSync(medium.path);
    let found = 0;
    for (let round = 0; round < 150; round += 1) {
      // A fixed stride that is coprime to the page size visits headers, cells and free space alike.
      const offset = (round * 7_919 + 13) % original.length;
      const damaged = Buffer.from(original);
      damaged[offset] = (damaged[offset] ?? 0) ^ (1 << (round % 8));
      writeFileSync(medium.path, damaged);
      const events = await eventsOf(medium.path);
      if (Array.isArray(events)) {
        expect(events).toEqual(truth);
        continue;
      }
      found += 1;
      expect(readFileSync(medium.path).equals(damaged)).toBe(true);
    }
    expect(found).toBeGreaterThan(75);
  });

  test.each([
    ['no SQLite file at all', (bytes: Buffer) => Buffer.alloc(bytes.length, 'z')],
    ['a file cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 5_000)],
    ['zeros in the middle', (bytes: Buffer) => Buffer.from(bytes).fill(0, 4_096, 12_288)],
  ])('refuses %s by name and leaves it alone', async (_what, spoil) => {
    await (await filled(60)).close();
    const spoiled = spoil(readFileSync(medium.path));
    writeFileSync(medium.path, spoiled);
    await expect(openStore()).rejects.toMatchObject({
      code: 'store-corrupt',
      hint: expect.any(String) as unknown,
    });
    expect(readFileSync(medium.path).equals(spoiled)).toBe(true);
  });
});

test('after a power cut at any point holds a prefix of the log with everything acknowledged until then', async () => {
  const store = await openStore();
  const { epoch } = await leadOn(store);
  const sizeAfter: number[] = [];
  for (let seq = 0; seq < 24; seq += 2) {
    await store.append(seq, epoch, [noted(`first ${'x'.repeat(seq * 90)}`), noted('second')], seq);
    sizeAfter.push(statSync(`${medium.path}-wal`).size);
  }
  const truth = await store.read(1, 100);
  const wal = readFileSync(`${medium.path}-wal`);
  const offsets = new Set(sizeAfter.flatMap((size) => [size - 1, size, size + 1, size + 24]));
  for (let offset = 0; offset <= wal.length; offset += 1_709) offsets.add(offset);
  for (const offset of [...offsets].filter((candidate) => candidate <= wal.length)) {
    const folder = join(medium.folder, `cut-${offset}`);
    mkdirSync(folder);
    const path = join(folder, 'store.db');
    copyFileSync(medium.path, path);
    writeFileSync(`${path}-wal`, wal.subarray(0, offset));
    const cut = await openStore({ path });
    const events = await cut.read(1, 100);
    expect(events).toEqual(truth.slice(0, events.length));
    expect(events.length % 2).toBe(0);
    expect(events.length).toBeGreaterThanOrEqual(sizeAfter.filter((size) => size <= offset).length * 2);
    expect(await cut.verifyChain()).toBeNull();
    const { epoch: next } = await leadOn(cut);
    expect((await cut.append(events.length, next, [noted('goes on')], 1)).kind).toBe('appended');
    await cut.close();
  }
});

describe('other programs', () => {
  test('waits for one that holds the store for a moment', async () => {
    const store = await openStore();
    const { epoch } = await leadOn(store);
    const other = (await loadSqlite()).open(medium.path);
    other.exec('BEGIN IMMEDIATE');
    const append = store.append(0, epoch, [noted('patient')], 1);
    expect(await store.lastSeq()).toBe(0);
    setTimeout(() => other.exec('ROLLBACK'), 200);
    expect((await append).kind).toBe('appended');
    other.close();
  });

  test('gives up with a clear failure on one that never lets go, and recovers after it', async () => {
    const store = await openStore();
    const { epoch } = await leadOn(store);
    const other = (await loadSqlite()).open(medium.path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.append(0, epoch, [noted('a')], 1)).rejects.toMatchObject({ code: 'store-busy' });
    other.exec('ROLLBACK');
    other.close();
    expect((await store.append(0, epoch, [noted('b')], 1)).kind).toBe('appended');
  });

  test('says so when the disk is full, writes nothing, and goes on when there is room', async () => {
    await (await openStore()).close();
    const db = openWritable(await loadSqlite(), medium.path, 'wal');
    open.push(db);
    db.exec('UPDATE leader SET held = 1, epoch = 1');
    const appender = new Appender({ db, path: medium.path }, noFailpoint);
    const big = Array.from({ length: 40 }, () => noted('x'.repeat(10_000)));
    db.exec('PRAGMA max_page_count = 30');
    await expect(appender.append(0, 1, big, 1)).rejects.toMatchObject({ code: 'store-disk-full' });
    expect(db.prepare('SELECT count(*) AS events FROM event').get()).toEqual({ events: 0 });
    db.exec('PRAGMA max_page_count = 3000');
    expect((await appender.append(0, 1, big, 1)).kind).toBe('appended');
  });

  test('keeps old lock files from piling up', async () => {
    const store = await openStore();
    for (let count = 0; count < 5; count += 1) await leadOn(store, true);
    const locks = readdirSync(medium.folder).filter((name) => name.includes('.leader-'));
    expect(locks).toHaveLength(1);
    expect(existsSync(`${medium.path}.leader-1`)).toBe(false);
  });
});
