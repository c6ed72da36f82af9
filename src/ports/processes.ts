/**
 * Supervised processes: agents, gates, set-up commands. Each runs under a small detached supervisor that owns its pipes,
 * its log and its deadlines, so it outlives the orchestrator and is adopted by the next one.
 */
import type { AbsolutePath } from '../core/ids.ts';

export interface ProcessSpec {
  /** Exists afterwards; holds spec.json, pid, log, exit. Starting twice with the same folder starts once. */
  readonly runDir: AbsolutePath;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: AbsolutePath;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Written to stdin, which is then closed; null: stdin is empty. */
  readonly stdin: string | null;
  /** Watched for file changes as a sign of life besides output; null: output only. */
  readonly activityDir: AbsolutePath | null;
  readonly timeoutMs: number | null;
  readonly stallMs: number | null;
  /** The log keeps this many bytes of its head and of its tail. */
  readonly logCap: { readonly headBytes: number; readonly tailBytes: number };
  /** Values replaced by `***` before anything reaches the disk, besides the known token patterns. */
  readonly secrets: readonly string[];
  /** Marks every descendant through its environment: found again by sweeps. */
  readonly marker: string;
  readonly limits: { readonly cpus: number | null; readonly memoryBytes: number | null };
  readonly niceness: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly cause: 'exited' | 'timeout' | 'stalled' | 'stopped' | 'spawn-failed' | 'supervisor-lost';
  readonly detail: string | null;
  /** Milliseconds since the epoch. */
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly outputBytes: number;
  /** Processes of its tree that could not be ended. */
  readonly survivors: readonly number[];
}

export type ProcessSighting =
  | { readonly kind: 'absent' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'running';
      readonly pid: number;
      readonly startedAtMs: number;
      readonly lastActivityAtMs: number;
      readonly outputBytes: number;
    }
  | { readonly kind: 'exited'; readonly exit: ProcessExit };

export interface ProcessPort {
  /** Resolves when the process runs or has already ended; the run folder then answers `look`. */
  start(spec: ProcessSpec): Promise<ProcessSighting>;
  look(runDir: AbsolutePath): Promise<ProcessSighting>;
  /** Resolves at the exit, at once if it is past; rejects with the signal's reason when `signal` aborts. */
  waitForExit(runDir: AbsolutePath, signal?: AbortSignal): Promise<ProcessExit>;
  /** Interrupt → TERM → KILL → sweep by marker and cwd → report. Safe to call for a process that is gone. */
  stop(
    runDir: AbsolutePath,
    ladder: { readonly interruptMs: number; readonly terminateMs: number },
  ): Promise<ProcessExit | null>;
  /** Processes that carry the marker or sit in `cwd`, ended; returns those that remain. */
  sweep(what: { readonly marker: string; readonly cwd: AbsolutePath | null }): Promise<readonly number[]>;
  /** Log bytes from `offset`; `text` is decoded leniently. */
  readLog(
    runDir: AbsolutePath,
    offset: number,
    maxBytes: number,
  ): Promise<{ readonly text: string; readonly nextOffset: number; readonly totalBytes: number }>;
}
