/** Numbered, append-only steps that bring a store to this version. A released step is never edited. */
import { existsSync, fsyncSync, openSync, closeSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Failpoint } from '../../ports/world.ts';
import type { SqliteDatabase } from './binding.ts';
import { inTransaction, whenFree, type Connection } from './database.ts';
import { CREATE_TABLES } from './sql/create-tables.ts';
import { READ_SCHEMA_VERSION } from './sql/facts.ts';
import { SEED_TABLES } from './sql/seed-tables.ts';

/** `Copse` in a SQLite file's header. */
export const APPLICATION_ID = 0x436f7073;

/** Its version is its place in the list, counted from 1. */
export type Migration = readonly string[];

export const MIGRATIONS: readonly Migration[] = [
  [`PRAGMA application_id = ${APPLICATION_ID}`, ...CREATE_TABLES, ...SEED_TABLES],
];

export function schemaVersion(db: SqliteDatabase): number {
  return (db.prepare(READ_SCHEMA_VERSION).get() as { user_version: number }).user_version;
}

/** Each step is one transaction, so a kill leaves a whole older version. An existing store is copied before the first step. */
export async function migrate(
  { db, path }: Connection,
  migrations: readonly Migration[],
  failpoint: Failpoint,
): Promise<void> {
  const from = await whenFree(path, () => schemaVersion(db));
  if (from > 0 && from < migrations.length) await backUp({ db, path }, from);
  for (let version = from + 1; version <= migrations.length; version += 1) {
    await failpoint('before:migrate.step');
    await whenFree(path, () => applyStep(db, version, migrations[version - 1] ?? []));
    await failpoint('after:migrate.step');
  }
}

/** Another process may have done the step between our look and our lock. */
function applyStep(db: SqliteDatabase, version: number, step: Migration): void {
  inTransaction(db, () => {
    if (schemaVersion(db) >= version) return;
    for (const statement of step) db.exec(statement);
    db.exec(`PRAGMA user_version = ${version}`);
  });
}

export function backupPath(path: string, version: number): string {
  return `${path}.v${version}.backup`;
}

/** `VACUUM INTO` also copies what is only in the WAL. Renamed into place, so a backup that exists is whole. */
async function backUp({ db, path }: Connection, version: number): Promise<void> {
  const target = backupPath(path, version);
  if (existsSync(target)) return;
  const unfinished = `${target}.${process.pid}`;
  rmSync(unfinished, { force: true });
  await whenFree(path, () => db.prepare('VACUUM INTO ?').run(unfinished));
  flush(unfinished);
  renameSync(unfinished, target);
  flush(dirname(target));
}

function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
