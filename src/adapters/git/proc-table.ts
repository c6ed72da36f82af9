/** Running git processes as Linux shows them under /proc. Elsewhere there is nothing to read and every question is unanswered. */
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { isErrno } from './failure.ts';

export interface GitProcess {
  readonly pid: number;
  /** Clock ticks since boot: with the pid, an identity that is not reused. */
  readonly startTicks: string;
  /** Milliseconds since the epoch, right to a second or two. */
  readonly startedMs: number;
  readonly args: readonly string[];
  /** null when it belongs to somebody whose processes we may not look into. */
  readonly cwd: string | null;
  readonly environment: ReadonlyMap<string, string> | null;
}

/** Ticks of /proc's clock per second; fixed at 100 for programs on every Linux. */
const TICKS_PER_SECOND = 100;

/** False outside Linux, and where /proc is hidden. */
export function canSeeProcesses(): boolean {
  return process.platform === 'linux' && readText('/proc/1/stat') !== null;
}

export function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Every process whose program is git, ended ones that nobody has reaped left out. */
export function gitProcesses(): readonly GitProcess[] {
  const bootMs = bootTimeMs();
  return processIds().flatMap((pid) => gitProcess(pid, bootMs) ?? []);
}

function gitProcess(pid: number, bootMs: number): GitProcess | null {
  const stat = readText(`/proc/${pid}/stat`);
  if (stat === null) return null;
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  if (!/^git(?:-|$)/.test(name)) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return null;
  const startTicks = fields[19] ?? '0';
  const environment = readText(`/proc/${pid}/environ`);
  return {
    pid,
    startTicks,
    startedMs: bootMs + (Number(startTicks) * 1_000) / TICKS_PER_SECOND,
    args: (readText(`/proc/${pid}/cmdline`) ?? '').split('\0').filter(Boolean),
    cwd: readLink(`/proc/${pid}/cwd`),
    environment: environment === null ? null : pairsOf(environment),
  };
}

function pairsOf(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\0').filter((pair) => pair.includes('='));
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** Start of the present boot, against the same clock that dates files. */
function bootTimeMs(): number {
  const uptime = Number((readText('/proc/uptime') ?? '').split(' ')[0]);
  return Number.isFinite(uptime) ? Date.now() - uptime * 1_000 : 0;
}

/** The process that has the file open, by inode, in whatever mount namespace it sees it; null when none that we may look into. */
export function openerOf(path: string, file: { readonly dev: number; readonly ino: number }): number | null {
  for (const pid of processIds()) {
    for (const link of descriptors(pid)) {
      // Only names that match are followed: a look at a dead network mount would hang.
      if (basename(readLink(link) ?? '') !== basename(path)) continue;
      const stat = statOf(link);
      if (stat?.dev === file.dev && stat.ino === file.ino) return pid;
    }
  }
  return null;
}

export function commandOf(pid: number): string {
  const line = (readText(`/proc/${pid}/cmdline`) ?? '').split('\0').filter(Boolean).join(' ');
  return line.slice(0, 120);
}

function descriptors(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((name) => `/proc/${pid}/fd/${name}`);
  } catch {
    return [];
  }
}

function statOf(path: string): { readonly dev: number; readonly ino: number } | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function readLink(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

/** Processes end while they are looked at, and some may not be looked at: both read as null. */
function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
