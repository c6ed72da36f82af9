/** SQLite's result codes turned into `Failure`s; by code, never by text. */
import { Failure } from '../../kit/failure.ts';

const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const PROTOCOL = 15;
const NOTADB = 26;

const READONLY_RECOVERY = READONLY | (1 << 8);
const READONLY_ROLLBACK = READONLY | (3 << 8);

/** With the extended part; null for errors that are not SQLite's. */
function extendedCode(error: unknown): number | null {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return null;
  return error.errcode;
}

/** The primary result code, null for errors that are not SQLite's. */
function resultCode(error: unknown): number | null {
  const code = extendedCode(error);
  return code === null ? null : code & 0xff;
}

/** A process was killed in a transaction, and only a connection that may write can undo what it left half written. */
export function isHalfWritten(error: unknown): boolean {
  const code = extendedCode(error);
  return code === READONLY_ROLLBACK || code === READONLY_RECOVERY;
}

/** Another connection is in the way for now. PROTOCOL is the same said by WAL under a rush of openers. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === BUSY || code === PROTOCOL;
}

export function isCorrupt(error: unknown): boolean {
  const code = resultCode(error);
  return code === CORRUPT || code === NOTADB;
}

/** A failed write or fsync whose effect is unknown: never retried on the same connection. */
export function isIoError(error: unknown): boolean {
  return resultCode(error) === IOERR;
}

/** Anything a statement threw, as the `Failure` callers see; errors that are not SQLite's pass unchanged. */
export function asStoreFailure(error: unknown, path: string): unknown {
  const failure = (code: string, message: string, hint: string) =>
    new Failure(code, `${message}: ${path}`, { cause: error, hint });
  switch (resultCode(error)) {
    case null:
      return error;
    case BUSY:
    case PROTOCOL:
      return failure(
        'store-busy',
        'store is locked by another program',
        'close the program that has it open',
      );
    case CORRUPT:
    case NOTADB:
      return corruptStore(path, 'SQLite finds it damaged', error);
    case FULL:
      return failure('store-disk-full', 'no space left for the store', 'free disk space and try again');
    case IOERR:
      return failure(
        'store-io',
        'the disk refused a read or write of the store',
        'check the disk, then restart',
      );
    case READONLY:
    case CANTOPEN:
      return failure(
        'store-unwritable',
        'store cannot be opened for writing',
        'check its folder and permissions',
      );
    default:
      return failure('store-failed', `SQLite error ${String(resultCode(error))}`, 'check the store');
  }
}

export function corruptStore(path: string, detail: string, cause?: unknown): Failure {
  return new Failure('store-corrupt', `store is damaged (${detail}); it was left as it is: ${path}`, {
    cause,
    hint: 'move the file aside together with its -wal file; a new store is made on the next start',
  });
}
