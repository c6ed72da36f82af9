/**
 * The run folder: everything two processes that never meet must agree on.
 *
 * | file         | written by  | meaning                                                                    |
 * |--------------|-------------|----------------------------------------------------------------------------|
 * | `claim`      | orchestrator| the idle supervisor that is about to receive the spec: alive = `starting`   |
 * | `lock`       | supervisor  | exists = the one start of this folder has happened; made by link, never removed |
 * | `spec.json`  | supervisor  | what was asked, redacted, without values of the environment                 |
 * | `pid`        | supervisor  | identity of the main process                                               |
 * | `log`, `log.<offset>` | supervisor | output, see log-writer.ts                                         |
 * | `activity`   | supervisor  | its mtime is the last sign of life that was not output                      |
 * | `stop`       | anyone      | the wish to end it, with its ladder; a signal only makes it be read sooner  |
 * | `exit`       | supervisor, or whoever finds the supervisor dead | the outcome; made once, by link         |
 *
 * Dead at any instant: before `lock` nothing ran and the folder may be started again. After it the folder never starts a
 * second process: the outcome is the supervisor's `exit`, or `supervisor-lost`.
 */
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProcessExit } from '../../ports/processes.ts';
import type { ProcessIdentity } from './identity.ts';

const SHORTEN_BYTES = 65_536;

export interface ClaimRecord {
  readonly supervisor: ProcessIdentity;
}

export interface LockRecord {
  readonly supervisor: ProcessIdentity;
  readonly startedAtMs: number;
  readonly marker: string;
  readonly cwd: string;
}

export interface PidRecord extends ProcessIdentity {
  readonly startedAtMs: number;
}

export interface StopRecord {
  readonly interruptMs: number;
  readonly terminateMs: number;
}

/** `logBytes`: length of the log's stream, of which the end may not have been kept. */
export type ExitRecord = ProcessExit & { readonly logBytes: number };

interface Records {
  readonly claim: ClaimRecord;
  readonly lock: LockRecord;
  readonly pid: PidRecord;
  readonly stop: StopRecord;
  readonly exit: ExitRecord;
}

export type RecordName = keyof Records;

/** null when the file is absent or not whole; records are renamed or linked into place, so a half one was never valid. */
export function readRecord<Name extends RecordName>(runDir: string, name: Name): Records[Name] | null {
  let text: string;
  try {
    text = readFileSync(join(runDir, name), 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Records[Name]) : null;
  } catch {
    return null;
  }
}

/** Replaces the record; `durable` also survives a power cut. */
export function writeRecord<Name extends RecordName>(
  runDir: string,
  name: Name,
  record: Records[Name],
  durability: 'durable' | 'fast',
): void {
  const temporary = writeTemporary(runDir, name, JSON.stringify(record), durability === 'durable');
  renameSync(temporary, join(runDir, name));
}

/**
 * Makes the record if it does not exist yet; false when it does. Exactly one of any number of callers gets true. A `fast`
 * one is for others to see at once and is made durable by `flushRecord` while they go on.
 */
export function createRecord<Name extends RecordName>(
  runDir: string,
  name: Name,
  record: Records[Name],
  durability: 'durable' | 'fast' = 'durable',
): boolean {
  const target = join(runDir, name);
  if (existsSync(target)) return false;
  const temporary = writeTemporary(runDir, name, JSON.stringify(record), durability === 'durable');
  try {
    linkSync(temporary, target);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    // A file system without hard links: exclusive creation, whose content may be missing after a crash.
    if (!isCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    return createExclusively(target, JSON.stringify(record));
  } finally {
    removeIfPresent(temporary);
  }
  if (durability === 'durable') syncFolder(runDir);
  return true;
}

/** A disk that cannot flush is no reason to fail: the record is there as long as the machine runs. */
export async function flushRecord(runDir: string, name: RecordName): Promise<void> {
  for (const path of [join(runDir, name), runDir]) {
    try {
      const file = await open(path, constants.O_RDONLY);
      try {
        await file.sync();
      } finally {
        await file.close();
      }
    } catch {
      continue;
    }
  }
}

/** null when there is no outcome yet. */
export function readExit(runDir: string): ProcessExit | null {
  const record = readRecord(runDir, 'exit');
  if (record === null) return null;
  const { logBytes: _, ...exit } = record;
  return exit;
}

/**
 * The outcome matters more than output: on a full disk the oldest part of the log's tail makes room for it, then the end
 * of its head. False when another outcome was first.
 */
export function recordExit(
  runDir: string,
  exit: ExitRecord,
  durability: 'durable' | 'fast' = 'durable',
): boolean {
  for (;;) {
    try {
      return createRecord(runDir, 'exit', exit, durability);
    } catch (error) {
      if (!isCode(error, 'ENOSPC', 'EDQUOT') || !shortenLog(runDir)) throw error;
    }
  }
}

function shortenLog(runDir: string): boolean {
  const [oldest] = readdirSync(runDir)
    .filter((name) => /^log\.\d+$/.test(name))
    .toSorted();
  if (oldest !== undefined) {
    removeIfPresent(join(runDir, oldest));
    return true;
  }
  const head = join(runDir, 'log');
  const size = statSync(head, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0) truncateSync(head, Math.max(0, size - SHORTEN_BYTES));
  return size > 0;
}

export function removeIfPresent(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

/** As the process table shows it: without symbolic links; `path` itself when it does not exist. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

export function isCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

function writeTemporary(runDir: string, name: string, text: string, isDurable: boolean): string {
  const path = join(runDir, `.${name}.${process.pid}.${process.hrtime.bigint()}`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  const file = openSync(path, flags, 0o600);
  try {
    writeSync(file, text);
    if (isDurable) fsyncSync(file);
  } catch (error) {
    removeIfPresent(path);
    throw error;
  } finally {
    closeSync(file);
  }
  return path;
}

function createExclusively(target: string, text: string): boolean {
  let file: number;
  try {
    file = openSync(target, 'wx', 0o600);
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return true;
}

function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } catch (error) {
    // Some file systems refuse to sync a folder; the link itself is then as durable as they make it.
    if (!isCode(error, 'EINVAL', 'EPERM', 'ENOTSUP')) throw error;
  } finally {
    closeSync(folder);
  }
}
