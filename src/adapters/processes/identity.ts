import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/**
 * Who a process is. A pid alone is reused; together with its start time in this boot it is not. Signals are sent only to
 * a pid whose identity was just compared.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of `/proc/<pid>/stat` (clock ticks since boot); without /proc the start time in seconds as `ps` prints it. */
  readonly startTicks: number;
  readonly bootId: string;
}

/** One line of the process table. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** 0: no controlling terminal. */
  readonly terminal: number;
  readonly startTicks: number;
  readonly isZombie: boolean;
  readonly name: string;
}

const hasProc = process.platform === 'linux';
let knownBootId: string | null = null;

/** Changes with every start of the machine. */
export function bootId(): string {
  knownBootId ??= hasProc ? readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim() : readBootTime();
  return knownBootId;
}

/** null when no such process lives (a zombie does not). */
export function identityOf(pid: number): ProcessIdentity | null {
  const row = readRow(pid);
  return row === null || row.isZombie ? null : { pid, startTicks: row.startTicks, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false;
  return identityOf(identity.pid)?.startTicks === identity.startTicks;
}

/** Sends nothing and answers false when the pid belongs to another process by now. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}

/** One process, null when it is gone. */
export function readRow(pid: number): ProcessRow | null {
  if (!hasProc) return psRows(['-p', String(pid)])[0] ?? null;
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return null;
  }
}

/** Fields of `ps` on systems without /proc; `lstart` has a resolution of one second. */
export function psRows(selection: readonly string[]): ProcessRow[] {
  let text: string;
  try {
    const columns = 'pid=,ppid=,pgid=,stat=,tty=,lstart=,ucomm=';
    text = execFileSync('ps', [...selection, '-o', columns], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => parsePsLine(line));
}

/** The command name may hold spaces and parentheses, so fields are counted from the last `)`. */
export function parseStat(text: string): ProcessRow | null {
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ');
  const number = (index: number): number => Number(fields[index]);
  const pid = Number.parseInt(text, 10);
  if (close < 0 || !Number.isSafeInteger(pid) || !Number.isSafeInteger(number(19))) return null;
  return {
    pid,
    parent: number(1),
    group: number(2),
    session: number(3),
    terminal: number(4),
    startTicks: number(19),
    isZombie: fields[0] === 'Z' || fields[0] === 'X',
    name: text.slice(text.indexOf('(') + 1, close),
  };
}

/** `501 1 501 Ss ?? Fri Nov 20 13:54:27 2026 node` */
export function parsePsLine(line: string): ProcessRow[] {
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(
    line,
  );
  if (match === null) return [];
  const [, pid, parent, group, state = '', tty = '', started = '', name = ''] = match;
  return [
    {
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      session: state.includes('s') ? Number(pid) : 0,
      terminal: tty.startsWith('?') ? 0 : 1,
      startTicks: Math.floor(Date.parse(started) / 1_000),
      isZombie: state.startsWith('Z'),
      name,
    },
  ];
}

function readBootTime(): string {
  try {
    const text = execFileSync('/usr/sbin/sysctl', ['-n', 'kern.boottime'], { encoding: 'utf8' });
    return `${hostname()}:${/sec = (\d+)/.exec(text)?.[1] ?? text.trim()}`;
  } catch {
    return hostname();
  }
}
