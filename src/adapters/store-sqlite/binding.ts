/** The only file that knows which SQLite is used: `node:sqlite` where it is complete, else the optional package. */
import { Failure } from '../../kit/failure.ts';

export type SqlValue = string | number | null;

export interface SqliteStatement {
  run(...parameters: SqlValue[]): { readonly changes: number | bigint };
  get(...parameters: SqlValue[]): unknown;
  all(...parameters: SqlValue[]): unknown[];
}

export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

type SqliteModule = {
  readonly DatabaseSync: new (path: string, options?: { readOnly?: boolean }) => SqliteDatabase;
};

export interface SqliteBinding {
  readonly name: 'node:sqlite' | '@photostructure/sqlite';
  open(path: string, options?: { readonly readOnly?: boolean }): SqliteDatabase;
}

/** Where drivers come from; replaced in tests to play a machine that has none. */
export interface DriverSources {
  builtin(): unknown;
  optional(): Promise<unknown>;
}

/** Both are looked up lazily: opening no store loads no database. */
export const machineDrivers: DriverSources = {
  builtin: loadBuiltin,
  optional: () => import('@photostructure/sqlite'),
};

/** Failure `store-driver-missing` when neither driver loads. */
export async function loadSqlite(sources: DriverSources = machineDrivers): Promise<SqliteBinding> {
  const builtin = sources.builtin();
  if (isSqliteModule(builtin)) return bindingOf('node:sqlite', builtin);
  let cause: unknown;
  try {
    const optional = await sources.optional();
    if (isSqliteModule(optional)) return bindingOf('@photostructure/sqlite', optional);
  } catch (error) {
    cause = error;
  }
  throw new Failure('store-driver-missing', `no SQLite driver loads on Node ${process.versions.node}`, {
    cause,
    hint: 'use Node >= 22.16, or reinstall with optional dependencies: npm install --include=optional',
  });
}

function bindingOf(name: SqliteBinding['name'], driver: SqliteModule): SqliteBinding {
  return {
    name,
    open: (path, options = {}) => new driver.DatabaseSync(path, { readOnly: options.readOnly === true }),
  };
}

/** 22.16 is the first release whose API has everything used here without a flag. */
function loadBuiltin(): unknown {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 16)) return null;
  return withoutSqliteWarning(() => process.getBuiltinModule('node:sqlite'));
}

/** The warning is emitted synchronously while the module loads, so nobody else's can pass through the filter. */
function withoutSqliteWarning<T>(load: () => T): T {
  const original = Object.getOwnPropertyDescriptor(process, 'emitWarning');
  if (original === undefined) return load();
  const emit = process.emitWarning.bind(process) as (...details: unknown[]) => void;
  const filtered = (warning: string | Error, ...rest: unknown[]): void => {
    const text = typeof warning === 'string' ? warning : warning.message;
    if (!text.startsWith('SQLite is an experimental feature')) emit(warning, ...rest);
  };
  Object.defineProperty(process, 'emitWarning', { ...original, value: filtered });
  try {
    return load();
  } finally {
    Object.defineProperty(process, 'emitWarning', original);
  }
}

function isSqliteModule(candidate: unknown): candidate is SqliteModule {
  if (typeof candidate !== 'object' || candidate === null || !('DatabaseSync' in candidate)) return false;
  return typeof candidate.DatabaseSync === 'function';
}
