import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ProcessExit, ProcessSighting } from '../../ports/processes.ts';
import { bootId, isAlive, type ProcessIdentity } from './identity.ts';
import { logProgress } from './log-reader.ts';
import { endMembers } from './process-tree.ts';
import { readExit, readRecord, recordExit, type LockRecord } from './run-folder.ts';

/** More than a fork takes until its exec on a loaded machine. */
const FORK_MS = 200;

/** What the files and the process table say; `lost`: the supervisor is dead and left no outcome. */
export type FolderState = ProcessSighting | { readonly kind: 'lost'; readonly lock: LockRecord };

/** Reads a handful of small files, synchronously: a hundred folders take a few milliseconds. */
export function readFolderState(runDir: string): FolderState {
  const exit = readExit(runDir);
  if (exit !== null) return { kind: 'exited', exit };
  const lock = readRecord(runDir, 'lock');
  if (lock === null) return unlockedState(runDir);
  if (isAlive(lock.supervisor)) return livingState(runDir, lock);
  // It may have recorded the outcome and ended between the two looks above.
  const late = readExit(runDir);
  return late === null ? { kind: 'lost', lock } : { kind: 'exited', exit: late };
}

/**
 * Ends what a dead supervisor left running, by verified identity, marker and folder, and records `supervisor-lost`. Any
 * number of callers in any number of processes agree on one record.
 */
export async function settleLost(runDir: string, lock: LockRecord): Promise<ProcessExit> {
  const isSameBoot = lock.supervisor.bootId === bootId();
  const pid = readRecord(runDir, 'pid');
  const query = {
    group: pid?.pid ?? null,
    startedFrom: pid?.startTicks ?? lock.supervisor.startTicks,
    marker: lock.marker,
    cwd: lock.cwd,
    inFolder: 'orphans',
  } as const;
  // Killed between fork and record, the child may not even have its own environment yet, by which it is found.
  if (isSameBoot && pid === null) await delay(FORK_MS);
  const survivors = isSameBoot ? await endMembers(query, { politeMs: 0 }) : [];
  const logBytes = logProgress(runDir).totalBytes;
  const exit: ProcessExit = {
    code: null,
    signal: null,
    cause: 'supervisor-lost',
    detail: isSameBoot ? 'its supervisor was killed' : 'the machine was restarted',
    startedAtMs: lock.startedAtMs,
    endedAtMs: Date.now(),
    outputBytes: logBytes,
    survivors,
  };
  return recordExit(runDir, { ...exit, logBytes }) ? exit : (readExit(runDir) ?? exit);
}

/** The supervisor that owns the folder or is about to. */
export function ownerOf(runDir: string): ProcessIdentity | null {
  return (readRecord(runDir, 'lock') ?? readRecord(runDir, 'claim'))?.supervisor ?? null;
}

function unlockedState(runDir: string): FolderState {
  const claim = readRecord(runDir, 'claim');
  if (claim === null) return { kind: 'absent' };
  if (isAlive(claim.supervisor)) return { kind: 'starting' };
  // It may have taken the lock, and even ended, since the lock was looked for.
  return readRecord(runDir, 'lock') === null ? { kind: 'absent' } : readFolderState(runDir);
}

function livingState(runDir: string, lock: LockRecord): FolderState {
  const pid = readRecord(runDir, 'pid');
  if (pid === null) return { kind: 'starting' };
  const { totalBytes, changedAtMs } = logProgress(runDir);
  const activityAtMs = statSync(join(runDir, 'activity'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return {
    kind: 'running',
    pid: pid.pid,
    startedAtMs: lock.startedAtMs,
    lastActivityAtMs: Math.floor(Math.max(lock.startedAtMs, changedAtMs, activityAtMs)),
    outputBytes: totalBytes,
  };
}
