/** Who a process is beyond its number: pid + start time + boot id. A reused pid or a rebooted machine never matches. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks since boot on Linux, `ps` start time elsewhere; null when the system does not tell. */
  readonly startTicks: string | null;
  readonly bootId: string | null;
  readonly host: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, startTicks: startOf(process.pid), bootId: bootId(), host: hostname() };
}

/** unknown: another host or container, where pids mean something else. */
export function lifeOf(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (identity.host !== hostname()) return 'unknown';
  if (identity.bootId !== bootId()) return 'dead';
  if (identity.startTicks !== null) return startOf(identity.pid) === identity.startTicks ? 'alive' : 'dead';
  return 'unknown';
}

/** Field 22 of `/proc/<pid>/stat`; null for a zombie: its locks are gone already. The name may hold `) `. */
export function startTicksOfStat(stat: string): string | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  if (state === 'Z' || state === 'X') return null;
  const ticks = fields[19];
  return ticks !== undefined && /^\d+$/.test(ticks) ? ticks : null;
}

function startOf(pid: number): string | null {
  if (process.platform === 'linux') {
    const stat = readText(`/proc/${pid}/stat`);
    return stat === null ? null : startTicksOfStat(stat);
  }
  if (process.platform === 'win32') return null;
  const [state, ...start] = output('ps', ['-o', 'state=,lstart=', '-p', String(pid)]).split(/\s+/);
  return start.length === 0 || state?.startsWith('Z') ? null : start.join(' ');
}

function bootId(): string | null {
  if (process.platform === 'linux') return readText('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
  if (process.platform === 'darwin') return output('sysctl', ['-n', 'kern.bootsessionuuid']) || null;
  return null;
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // The process is gone, or this system has no such file: both mean "not known".
  }
}

function output(command: string, argv: readonly string[]): string {
  const result = spawnSync(command, argv, {
    encoding: 'utf8',
    env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/bin' },
  });
  return result.status === 0 ? result.stdout.trim() : '';
}
