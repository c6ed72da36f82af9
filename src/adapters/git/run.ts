/** The one place that starts git. Arguments only, never a shell; each call names its repository and its accepted exit codes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { SAFE_FLAGS } from './environment.ts';
import { GitFailure, isErrno } from './failure.ts';
import { realLockPath } from './lock-holder.ts';
import { retrying } from './retry.ts';

export interface GitCall {
  /** For messages and traces: what is being done, in a few words. */
  readonly label: string;
  readonly args: readonly string[];
  /** Never discovered: always a directory of ours, except for the one look at the user's repository at opening. */
  readonly gitDir: string | null;
  readonly workTree?: string;
  readonly indexFile?: string;
  readonly objectDir?: string;
  readonly shallowFile?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string | Uint8Array;
  /** Accepted exit codes; default only 0. */
  readonly ok?: readonly number[];
  /** Default two minutes; the whole process group is killed then. */
  readonly timeoutMs?: number;
  /** Default 256 MB; beyond it the process is killed and the call fails, or, with `truncate`, returns what there is. */
  readonly maxBytes?: number;
  readonly truncate?: boolean;
}

export interface GitResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface GitRunner {
  run(call: GitCall): Promise<GitResult>;
  /** A process that stays; the caller owns its streams. */
  open(call: GitCall): ChildProcess;
}

const DEFAULT_TIMEOUT_MS = 120_000;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const MAX_STDERR_BYTES = 64 * 1024;

/** `base` is the whole environment of every call, apart from the places that the call names. */
export function createRunner(base: Readonly<Record<string, string>>): GitRunner {
  return {
    run: (call) => retrying(call.label, () => runOnce(base, call)),
    open: (call) => start(base, call, ['pipe', 'ignore']),
  };
}

function start(
  base: Readonly<Record<string, string>>,
  call: GitCall,
  [stdin, stderr]: readonly ['pipe' | 'ignore', 'pipe' | 'ignore'],
): ChildProcess {
  const env: Record<string, string> = { ...base, ...call.env };
  if (call.workTree !== undefined) env['GIT_WORK_TREE'] = call.workTree;
  if (call.indexFile !== undefined) env['GIT_INDEX_FILE'] = call.indexFile;
  if (call.objectDir !== undefined) env['GIT_OBJECT_DIRECTORY'] = call.objectDir;
  if (call.shallowFile !== undefined) env['GIT_SHALLOW_FILE'] = call.shallowFile;
  const place = call.gitDir === null ? [] : [`--git-dir=${call.gitDir}`];
  return spawn('git', [...SAFE_FLAGS, ...place, ...call.args], {
    cwd: folderOf(call),
    env,
    stdio: [stdin, 'pipe', stderr],
    // Its own process group, so that a time limit also ends what git itself started.
    detached: true,
  });
}

function folderOf(call: GitCall): string {
  return call.cwd ?? call.workTree ?? call.gitDir ?? '/';
}

function runOnce(base: Readonly<Record<string, string>>, call: GitCall): Promise<GitResult> {
  return new Promise((resolve, reject) => {
    const child = start(base, call, [call.input === undefined ? 'ignore' : 'pipe', 'pipe']);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    const limit = call.maxBytes ?? DEFAULT_MAX_BYTES;
    let size = 0;
    let stderrSize = 0;
    let ended: 'timeout' | 'output' | null = null;
    const timer = setTimeout(() => {
      ended = 'timeout';
      killGroup(child);
    }, call.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    child.stdout?.on('data', (chunk: Buffer) => {
      if (ended !== null) return;
      stdout.push(size + chunk.length > limit ? chunk.subarray(0, limit - size) : chunk);
      size += chunk.length;
      if (size <= limit) return;
      ended = 'output';
      killGroup(child);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      if (stderrSize < MAX_STDERR_BYTES) stderr.push(chunk);
      stderrSize += chunk.length;
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(cannotStart(call, error));
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const result = {
        code: code ?? -1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString(),
      };
      if (ended === 'output' && call.truncate === true) resolve({ ...result, code: 0 });
      else if (ended === null && (call.ok ?? [0]).includes(result.code)) resolve(result);
      else reject(failureOf(call, result, ended));
    });
    // A process may end without reading its input; its exit code tells.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(call.input);
  });
}

/** Ends a child started by this module together with everything in its process group. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function cannotStart(call: GitCall, cause: Error): GitFailure {
  const folder = call.cwd ?? call.workTree ?? call.gitDir;
  if (isErrno(cause, 'ENOENT') && folder !== null && !existsSync(folder)) {
    return new GitFailure('git-failed', `cannot ${call.label}: folder ${folder} is gone`, { cause });
  }
  if (isErrno(cause, 'ENOENT')) {
    return new GitFailure('git-missing', 'git was not found on PATH', {
      cause,
      hint: 'install git 2.38 or later',
    });
  }
  return new GitFailure('git-failed', `cannot ${call.label}: git did not start`, { cause });
}

function failureOf(call: GitCall, result: GitResult, ended: 'timeout' | 'output' | null): GitFailure {
  if (ended === 'timeout') return new GitFailure('git-timeout', `cannot ${call.label}: git took too long`);
  if (ended === 'output') {
    return new GitFailure('git-output-too-large', `cannot ${call.label}: git wrote more than expected`);
  }
  const text = result.stderr.trim().slice(0, 2_000);
  const lock = lockOf(text);
  return new GitFailure(
    codeOf(text),
    `cannot ${call.label}: ${text === '' ? `git exited ${result.code}` : text}`,
    {
      exitCode: result.code,
      ...(lock === null ? {} : { lock: realLockPath(lock, folderOf(call)) }),
    },
  );
}

/** `packed-refs.new` is written under `packed-refs.lock` and, left behind, keeps every ref from being deleted. */
function lockOf(stderr: string): string | null {
  const created = /Unable to create '([^\n]*\.lock)': File exists/.exec(stderr);
  const staged = /unable to create file ([^\n]*packed-refs\.new): File exists/.exec(stderr);
  const config = /could not lock config file ([^\n]*): File exists/.exec(stderr);
  if (config?.[1] !== undefined) return `${config[1]}.lock`;
  return created?.[1] ?? staged?.[1] ?? null;
}

/** Git has no error codes of its own; with LC_ALL=C these texts are stable and this is the only place that reads them. */
function codeOf(stderr: string): `git-${string}` {
  if (lockOf(stderr) !== null) return 'git-locked';
  if (/failed to read .*commondir/.test(stderr)) return 'git-locked';
  if (
    /bad object|not a valid object|unable to read|missing (?:blob|tree|commit)|invalid object/i.test(stderr)
  ) {
    return 'git-object-missing';
  }
  if (/not a git repository/.test(stderr)) return 'git-not-a-repository';
  return 'git-failed';
}
