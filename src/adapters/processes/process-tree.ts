/**
 * Finds and ends the processes that belong to one supervised process, including those that left its group.
 *
 * A process belongs to it when it is in its group or session, descends from such a process, carries the marker in its
 * environment, or has no terminal, was orphaned and sits in the working folder. What escapes all four (another session,
 * an emptied environment, another folder, its parent gone) can only be held by a sandbox.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { identityOf, psRows, readRow, signalProcess, bootId, type ProcessRow } from './identity.ts';
import { realPath } from './run-folder.ts';

export interface TreeQuery {
  /** Pid of the main process, which is also its group and session; null: not known. */
  readonly group: number | null;
  /** Start of the main process: nothing that began earlier can belong to it; null: no such bound. */
  readonly startedFrom: number | null;
  readonly marker: string;
  readonly cwd: string | null;
  /**
   * `orphans`: a process in `cwd` counts only if its parent is gone, so that a person's editor with that folder open is
   * left alone. `all`: every process in `cwd` without a terminal.
   */
  readonly inFolder: 'orphans' | 'all';
}

const ROUND_MS = 15;
const GIVE_UP_MS = 2_000;
const FOSTER_PARENTS = new Set([
  'systemd',
  'init',
  'launchd',
  'tini',
  'dumb-init',
  'docker-init',
  'catatonit',
]);

/** Living members in the order of the process table; never this process or one of its ancestors. */
export function findMembers(query: TreeQuery, known: ReadonlyMap<number, number> = new Map()): ProcessRow[] {
  const all = listProcesses();
  const kin = ancestors(all);
  const rows = all.filter(
    (row) =>
      !kin.has(row.pid) &&
      !row.isZombie &&
      (query.startedFrom === null || row.startTicks >= query.startedFrom),
  );
  // The kernel keeps a pid as long as a group has its name, so another leader means that our group is empty.
  const leader = all.find((row) => row.pid === query.group);
  const group = leader === undefined || leader.startTicks === query.startedFrom ? query.group : null;
  const environments = process.platform === 'linux' ? null : psEnvironments();
  const members = new Map<number, ProcessRow>();
  for (const row of rows) {
    const isKnown = known.get(row.pid) === row.startTicks;
    const inGroup = group !== null && (row.group === group || row.session === group);
    if (isKnown || inGroup || hasMarker(row.pid, query.marker, environments)) members.set(row.pid, row);
  }
  addDescendants(rows, members);
  if (query.cwd !== null && isOwnFolder(query.cwd)) {
    for (const row of rows)
      if (
        !members.has(row.pid) &&
        sitsIn(row, query.cwd) &&
        (query.inFolder === 'all' || isOrphan(row, members))
      )
        members.set(row.pid, row);
    addDescendants(rows, members);
  }
  return [...members.values()];
}

/** TERM, up to `politeMs`, then KILL until nothing is left or two seconds have passed; returns the pids that remain. */
export async function endMembers(
  query: TreeQuery,
  options: { readonly politeMs: number; readonly known?: ReadonlyMap<number, number> },
): Promise<readonly number[]> {
  const known = new Map(options.known);
  const startedAt = performance.now();
  for (let round = 0; ; round += 1) {
    const members = findMembers(query, known);
    if (members.length === 0) return [];
    const elapsed = performance.now() - startedAt;
    if (elapsed > options.politeMs + GIVE_UP_MS) return members.map((row) => row.pid);
    for (const row of members) {
      if (!known.has(row.pid) || elapsed >= options.politeMs) {
        const signal = elapsed >= options.politeMs ? 'SIGKILL' : 'SIGTERM';
        signalProcess({ pid: row.pid, startTicks: row.startTicks, bootId: bootId() }, signal);
      }
      // Once seen it stays a member, also when its parent dies or it changes its environment.
      known.set(row.pid, row.startTicks);
    }
    await delay(Math.min(ROUND_MS * (round + 1), 100));
  }
}

/** False for folders where others live too, such as `/` where every daemon sits: being there proves nothing. */
export function isOwnFolder(folder: string): boolean {
  return ![homedir(), tmpdir(), process.cwd(), '/tmp', '/var', '/usr'].some((shared) =>
    isInside(realPath(shared), folder),
  );
}

/** Terminal users inside `cwd`: never ended, only reported. */
export function terminalUsersIn(cwd: string): number[] {
  if (!isOwnFolder(cwd)) return [];
  const all = listProcesses();
  const kin = ancestors(all);
  return all
    .filter(
      (row) => row.terminal !== 0 && !row.isZombie && !kin.has(row.pid) && isInside(folderOf(row.pid), cwd),
    )
    .map((row) => row.pid);
}

function listProcesses(): ProcessRow[] {
  if (process.platform !== 'linux') return psRows(['-ax']);
  const rows: ProcessRow[] = [];
  for (const entry of readdirSync('/proc')) {
    const first = entry.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const row = readRow(Number(entry));
    if (row !== null) rows.push(row);
  }
  return rows;
}

function ancestors(rows: readonly ProcessRow[]): Set<number> {
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  const kin = new Set<number>([0, 1]);
  for (let pid: number | undefined = process.pid; pid !== undefined && !kin.has(pid); pid = parents.get(pid))
    kin.add(pid);
  return kin;
}

function addDescendants(rows: readonly ProcessRow[], members: Map<number, ProcessRow>): void {
  for (let grew = true; grew;) {
    grew = false;
    for (const row of rows)
      if (!members.has(row.pid) && members.has(row.parent)) {
        members.set(row.pid, row);
        grew = true;
      }
  }
}

function hasMarker(pid: number, marker: string, environments: ReadonlyMap<number, string> | null): boolean {
  if (marker === '') return false;
  if (environments !== null) return environments.get(pid)?.includes(`=${marker} `) ?? false;
  try {
    return `${readFileSync(`/proc/${pid}/environ`, 'utf8')}\0`.includes(`=${marker}\0`);
  } catch {
    return false;
  }
}

function sitsIn(row: ProcessRow, cwd: string): boolean {
  return row.terminal === 0 && isInside(folderOf(row.pid), cwd);
}

function isOrphan(row: ProcessRow, members: ReadonlyMap<number, ProcessRow>): boolean {
  if (row.parent <= 1 || members.has(row.parent)) return true;
  const parent = readRow(row.parent);
  return parent === null || FOSTER_PARENTS.has(parent.name);
}

/** null when it cannot be read (another user's process, no /proc). */
function folderOf(pid: number): string | null {
  if (process.platform !== 'linux') return lsofFolder(pid);
  try {
    return readlinkSync(`/proc/${pid}/cwd`).replace(/ \(deleted\)$/, '');
  } catch {
    return null;
  }
}

function isInside(path: string | null, folder: string): boolean {
  return path !== null && (path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`));
}

function lsofFolder(pid: number): string | null {
  if (identityOf(pid) === null) return null;
  const text = outputOf('lsof', ['-a', '-d', 'cwd', '-p', String(pid), '-Fn']);
  return /^n(.*)$/m.exec(text)?.[1] ?? null;
}

function psEnvironments(): ReadonlyMap<number, string> {
  const lines = outputOf('ps', ['-axEww', '-o', 'pid=,command=']).split('\n');
  return new Map(lines.map((line) => [Number.parseInt(line, 10), `${line} `]));
}

function outputOf(program: string, args: readonly string[]): string {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}
