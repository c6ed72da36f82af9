/**
 * Who may hold a lock file of git's. A lock is only ever removed when the answer is `nobody`: no process has it open, no
 * Copse process is named in it, and no git process that is older than it works on its repository.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readIfThere, statIfThere } from './files.ts';
import { isHolderAlive } from './lock.ts';
import { canSeeProcesses, commandOf, gitProcesses, openerOf, type GitProcess } from './proc-table.ts';

export type LockHolder =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'process'; readonly pid: number; readonly command: string }
  /** Processes cannot be seen here, or the file may be held on another machine, and it is too young to be surely dead. */
  | { readonly kind: 'unknown' };

/** Where processes cannot be looked into, a younger lock counts as held. */
const OLD_LOCK_MS = 10 * 60_000;
/** Coarse file times against process start times. */
const CLOCK_SLACK_MS = 2_000;
/** Commands that stay for long and lock nothing, or whose locks are open files. */
const HARMLESS = new Set([
  'blame',
  'cat-file',
  'credential-cache--daemon',
  'daemon',
  'diff',
  'fsmonitor--daemon',
  'grep',
  'log',
  'rev-list',
  'show',
  'upload-pack',
]);

/** `lock` is an absolute path without symbolic links in it; see `realLockPath`. Absent locks are held by nobody. */
export async function lockHolder(lock: string): Promise<LockHolder> {
  const file = await statIfThere(lock);
  if (file === null) return { kind: 'nobody' };
  const owner = await copseOwner(lock);
  if (owner !== null) return { kind: 'process', pid: owner, command: commandOf(owner) || 'copse' };
  const isOld = Date.now() - file.mtimeMs > OLD_LOCK_MS;
  if (!canSeeProcesses()) return isOld && !(await isGitRunning()) ? { kind: 'nobody' } : { kind: 'unknown' };
  if (await mayBeSharedBeyondSight(lock)) return isOld ? { kind: 'nobody' } : { kind: 'unknown' };
  const opener = openerOf(lock, file);
  if (opener !== null) return { kind: 'process', pid: opener, command: commandOf(opener) };
  for (const candidate of gitProcesses()) {
    // Whoever holds the lock made it, so started before it.
    if (candidate.startedMs > file.mtimeMs + CLOCK_SLACK_MS) continue;
    if (isHarmless(candidate) || !worksOn(candidate, lock)) continue;
    return { kind: 'process', pid: candidate.pid, command: commandOf(candidate.pid) };
  }
  return { kind: 'nobody' };
}

/** Git reports a lock by the name it was asked for; the file lies where the links in that name lead. */
export function realLockPath(named: string, cwd: string): string {
  const path = resolve(cwd, named);
  const base = path.replace(/\.(?:lock|new)$/, '');
  const suffix = path.slice(base.length);
  let target = base;
  try {
    target = resolve(dirname(base), readlinkSync(base));
  } catch {
    // Not a link: the lock is beside it under its own name.
  }
  return `${join(realFolder(dirname(target)), basename(target))}${suffix}`;
}

/** A Copse process that holds an index by hand writes its pid and start time as the lock's content. */
async function copseOwner(lock: string): Promise<number | null> {
  const file = await statIfThere(lock);
  if (file === null || !file.isFile() || file.size > 200) return null;
  const owner = /^copse (\d+ (?:\d+|\?))\n$/.exec((await readIfThere(lock)) ?? '')?.[1];
  return owner !== undefined && isHolderAlive(owner) ? Number.parseInt(owner, 10) : null;
}

/** NFS, SMB, 9p, FUSE (virtiofs too), AFS, Ceph: another machine may hold the file. */
const NETWORK_FILE_SYSTEMS = new Set([
  0x6969, 0xff534d42, 0xfe534d42, 0x517b, 0x01021997, 0x65735546, 0x5346414f, 0x00c36400,
]);
/** Inode of the first pid namespace, from the kernel's PROC_PID_INIT_INO. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';

/** Inside a container a mount other than the container's own root may be in use outside of it. */
async function mayBeSharedBeyondSight(lock: string): Promise<boolean> {
  const folder = dirname(lock);
  if (NETWORK_FILE_SYSTEMS.has((await statfs(folder)).type)) return true;
  if (readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE) return false;
  const [here, root, tmp] = await Promise.all([stat(folder), stat('/'), stat('/tmp').catch(() => null)]);
  return here.dev !== root.dev && here.dev !== tmp?.dev;
}

function isHarmless(candidate: Pick<GitProcess, 'args'>): boolean {
  return HARMLESS.has(subcommand(candidate.args));
}

/** For systems without /proc: any git command that may lock, in whatever repository. True when `ps` does not tell. */
export async function isGitRunning(): Promise<boolean> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'args='], { maxBuffer: 1 << 26 });
    const commands = stdout.split('\n').map((line) => line.trim().split(/\s+/));
    return commands.some((args) => /^git(?:-|$)/.test(basename(args[0] ?? '')) && !isHarmless({ args }));
  } catch {
    return true;
  }
}

/** First argument that is neither an option of git itself nor the value of one. */
function subcommand(args: readonly string[]): string {
  const own = basename(args[0] ?? '');
  if (own.startsWith('git-')) return own.slice('git-'.length);
  for (let at = 1; at < args.length; at += 1) {
    const arg = args[at] ?? '';
    if (TAKES_VALUE.has(arg)) at += 1;
    else if (!arg.startsWith('-')) return arg;
  }
  return '';
}

const TAKES_VALUE = new Set([
  '-c',
  '-C',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--config-env',
  '--super-prefix',
]);

/** True when in doubt: a process that we may not look into counts as working on everything. */
function worksOn(candidate: GitProcess, lock: string): boolean {
  const { cwd, environment, args } = candidate;
  if (cwd === null || environment === null) return true;
  const indexFile = environment.get('GIT_INDEX_FILE');
  if (indexFile !== undefined && basename(lock) === `${basename(indexFile)}.lock`) {
    if (`${join(realFolder(dirname(resolve(cwd, indexFile))), basename(indexFile))}.lock` === lock)
      return true;
  }
  const repository = gitDirAbove(dirname(lock));
  if (repository === null) return false;
  const named = [environment.get('GIT_DIR'), environment.get('GIT_COMMON_DIR'), ...gitDirArguments(args)];
  const folders = [
    gitDirOfFolder(cwd),
    ...named.map((path) => (path === undefined ? null : resolve(cwd, path))),
  ];
  // An index belongs to one checkout; everything else to all checkouts of a repository together.
  const identity = basename(lock) === 'index.lock' ? realFolder : storeOf;
  return folders.some((folder) => folder !== null && identity(folder) === identity(repository));
}

function gitDirArguments(args: readonly string[]): readonly string[] {
  return args.flatMap((arg, at) => {
    if (arg.startsWith('--git-dir=')) return [arg.slice('--git-dir='.length)];
    return arg === '--git-dir' ? [args[at + 1] ?? '.'] : [];
  });
}

function gitDirAbove(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (isGitDir(at)) return at;
    if (at === dirname(at)) return null;
  }
}

/** Where git started in `folder` would find its repository. */
function gitDirOfFolder(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (isGitDir(at)) return at;
    const inside = join(at, '.git');
    if (isGitDir(inside)) return inside;
    const link = /^gitdir: (.+)$/m.exec(textOf(inside) ?? '')?.[1];
    if (link !== undefined) return resolve(at, link);
    if (at === dirname(at)) return null;
  }
}

function isGitDir(folder: string): boolean {
  return (
    existsSync(join(folder, 'HEAD')) &&
    (existsSync(join(folder, 'objects')) || existsSync(join(folder, 'commondir')))
  );
}

/** The folder that holds the refs: one for all worktrees, and for a git directory of ours whose refs are a link. */
function storeOf(gitDir: string): string {
  const common = textOf(join(gitDir, 'commondir'))?.trim();
  const folder = common === undefined ? gitDir : resolve(gitDir, common);
  return dirname(realFolder(join(folder, 'refs')));
}

function realFolder(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return isAbsolute(path) ? path : resolve(path);
  }
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
