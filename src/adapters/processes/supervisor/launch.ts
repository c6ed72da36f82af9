/**
 * Turns a spec into the command that runs it within its limits.
 *
 * Limits are best effort and need no privilege: niceness by `nice`; memory by `prlimit --data` (private memory of each
 * process, not of the tree; address space is not limited because V8 and sanitizers reserve far more than they use), where
 * there is no `prlimit` by `ulimit -d`; processors by `taskset` on a window of the allowed ones. Where none of these
 * programs exists the limit is not applied. Wrappers replace themselves by the program, so the pid stays.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { ProcessSpec } from '../../../ports/processes.ts';
import { MARKER_VARIABLE } from '../protocol.ts';

const SYSTEM_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
/** What the C library searches when the environment has no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

export type Launched =
  | { readonly kind: 'spawned'; readonly child: ChildProcess }
  | { readonly kind: 'failed'; readonly detail: string };

/** Starts the program in its own session and process group, with pipes for its output. Never throws. */
export function launch(spec: ProcessSpec): Launched {
  const problem = folderProblem(spec.cwd);
  if (problem !== null) return { kind: 'failed', detail: problem };
  const wrapped = wrapCommand(spec);
  if (wrapped === null) return { kind: 'failed', detail: `program not found: ${spec.argv[0]}` };
  const [file, ...args] = wrapped;
  try {
    const child = spawn(file, args, {
      cwd: spec.cwd,
      env: { ...spec.env, [MARKER_VARIABLE]: spec.marker },
      detached: true,
      stdio: [spec.stdin === null ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      argv0: wrapped === spec.argv ? spec.argv[0] : file,
    });
    return { kind: 'spawned', child };
  } catch (error) {
    return { kind: 'failed', detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The argv to run; null when wrappers are needed and the program is not found (a wrapper would hide that). */
export function wrapCommand(
  spec: Pick<ProcessSpec, 'argv' | 'cwd' | 'env' | 'limits' | 'niceness'>,
): readonly [string, ...string[]] | null {
  const wrappers = [
    ...memoryWrapper(spec.limits.memoryBytes),
    ...cpuWrapper(spec.limits.cpus),
    ...niceWrapper(spec.niceness),
  ];
  const [first, ...rest] = wrappers;
  if (first === undefined) return spec.argv;
  const program = findProgram(spec.argv[0], spec.cwd, spec.env['PATH'] ?? DEFAULT_PATH);
  return program === null ? null : [first, ...rest, program, ...spec.argv.slice(1)];
}

/** Absolute path of an executable file, null when there is none. */
export function findProgram(name: string, cwd: string, path: string): string | null {
  if (name.includes('/')) return isExecutable(resolve(cwd, name)) ? resolve(cwd, name) : null;
  for (const folder of path.split(':')) {
    const candidate = join(isAbsolute(folder) ? folder : resolve(cwd, folder), name);
    if (isExecutable(candidate)) return candidate;
  }
  return null;
}

function niceWrapper(niceness: number): string[] {
  const value = Math.max(-20, Math.min(19, Math.trunc(niceness)));
  if (value === 0 || (value < 0 && process.getuid?.() !== 0)) return [];
  const nice = systemProgram('nice');
  return nice === null ? [] : [nice, '-n', String(value)];
}

function memoryWrapper(bytes: number | null): string[] {
  if (bytes === null) return [];
  const prlimit = systemProgram('prlimit');
  const limit = Math.max(1, Math.trunc(bytes));
  if (prlimit !== null) return [prlimit, `--data=${limit}:${limit}`, '--core=0:0', '--'];
  return ['/bin/sh', '-c', `ulimit -d ${Math.ceil(limit / 1024)}; exec "$@"`, 'sh'];
}

function cpuWrapper(cpus: number | null): string[] {
  const all = availableParallelism();
  const count = cpus === null ? all : Math.max(1, Math.ceil(cpus));
  const taskset = count < all ? systemProgram('taskset') : null;
  if (taskset === null) return [];
  // Neighbours start at different processors, so that several limited processes do not share one.
  const first = process.pid % all;
  return [taskset, '-c', Array.from({ length: count }, (_, index) => (first + index) % all).join(',')];
}

function systemProgram(name: string): string | null {
  for (const folder of SYSTEM_FOLDERS) if (isExecutable(join(folder, name))) return join(folder, name);
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function folderProblem(cwd: string): string | null {
  try {
    return statSync(cwd).isDirectory() ? null : `working folder is not a folder: ${cwd}`;
  } catch {
    return `working folder does not exist: ${cwd}`;
  }
}
