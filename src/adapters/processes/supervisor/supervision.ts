/**
 * One supervised process from its spec to its exit record.
 *
 *   lock ──taken──▶ leave
 *    │
 *   spawn ──▶ pid record ──▶ running ──(main exits)──▶ leftovers ended, pipes drained ≤ 2 s ──▶ exit record
 *    │                          │ deadline, stall, stop                ▲
 *    └──fails──▶ exit record    └──▶ INT ─▶ TERM ─▶ KILL ──────────────┘
 *
 * The main process's exit decides, never the end of its output: a daemon may keep the pipes open for ever. Nothing here
 * knows the orchestrator; it may be gone at any line.
 */
import { writeFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import type { ProcessExit, ProcessSpec } from '../../../ports/processes.ts';
import { redactText } from '../../../kit/redact.ts';
import { bootId, identityOf, readRow } from '../identity.ts';
import { endMembers, findMembers, type TreeQuery } from '../process-tree.ts';
import { DEFAULT_LADDER, type SupervisorMessage } from '../protocol.ts';
import {
  createRecord,
  flushRecord,
  isCode,
  readRecord,
  realPath,
  recordExit,
  writeRecord,
  type StopRecord,
} from '../run-folder.ts';
import { changeSince } from './activity.ts';
import { launch } from './launch.ts';
import { LogWriter } from './log-writer.ts';
import { Output } from './output.ts';
import { describeSpec } from './spec-file.ts';

const DRAIN_MS = 2_000;
/** Output that is on its way when the main process exits arrives within this; longer means someone else holds the pipe. */
const QUIET_DRAIN_MS = 50;
/** What leftovers of a finished process get between TERM and KILL. */
const LEFTOVER_GRACE_MS = 1_000;
/** A killed process that does not vanish hangs in the kernel; it is reported as a survivor. */
const UNKILLABLE_MS = 5_000;
/** Repairs a lost wake-up signal. */
const STOP_POLL_MS = 2_000;
/** setTimeout's limit is 2^31 - 1. */
const TIMER_MAX_MS = 2_000_000_000;
const OOM_SCORE = '500';

type EndCause = 'timeout' | 'stalled' | 'stopped';

export class Supervision {
  readonly #spec: ProcessSpec;
  readonly #report: (message: SupervisorMessage) => void;
  readonly #startedAtMs = Date.now();
  readonly #startedAt = performance.now();
  /** Members seen while the main process lived: pid → start. Still known after their parents died. */
  readonly #known = new Map<number, number>();
  readonly #cwd: string;
  #query: TreeQuery;
  /** Monotonic time of the last file change found by a stall check. */
  #lastChangeAt = -Infinity;
  #hasLock = false;
  #lockFlushed: Promise<void> = Promise.resolve();
  #cause: EndCause | null = null;
  #ladder: StopRecord = DEFAULT_LADDER;
  #hurry: (() => void) | null = null;
  #exited: { readonly code: number | null; readonly signal: string | null } | null = null;

  constructor(spec: ProcessSpec, report: (message: SupervisorMessage) => void) {
    this.#spec = spec;
    this.#report = report;
    this.#cwd = realPath(spec.cwd);
    this.#query = {
      group: null,
      startedFrom: null,
      marker: spec.marker,
      cwd: this.#cwd,
      inFolder: 'orphans',
    };
  }

  /**
   * Resolves when the exit record is durable, or the folder belongs to another supervisor; true when nothing of the
   * process is left that this program would still have to do with.
   */
  async run(): Promise<boolean> {
    const { runDir } = this.#spec;
    const supervisor = identityOf(process.pid);
    if (supervisor === null) throw new Error('the process table does not list this process');
    const lock = { supervisor, startedAtMs: this.#startedAtMs, marker: this.#spec.marker, cwd: this.#cwd };
    if (!createRecord(runDir, 'lock', lock, 'fast')) {
      this.#report({ kind: 'taken' });
      return true;
    }
    this.#hasLock = true;
    this.#writeSpec();
    const output = new Output(new LogWriter(runDir, this.#spec.logCap), this.#spec.secrets);
    if (readRecord(runDir, 'stop') !== null) {
      await this.#finish(output, { ...this.#exit('stopped'), detail: 'stopped before it began' });
      return true;
    }
    const launched = launch(this.#spec);
    const failure = launched.kind === 'failed' ? launched.detail : await this.#spawnProblem(launched.child);
    if (launched.kind === 'failed' || failure !== null) {
      const detail = redactText(failure ?? 'unknown', this.#spec.secrets);
      await this.#finish(output, { ...this.#exit('spawn-failed'), detail });
      return false;
    }
    return this.#watch(launched.child, output);
  }

  /** Whether the folder's one start is ours. */
  get hasLock(): boolean {
    return this.#hasLock;
  }

  /** After an error of our own: nothing may run unsupervised, and the reason is on record. */
  async abandon(reason: string): Promise<void> {
    this.#signalGroup('SIGKILL');
    const survivors = await endMembers(this.#query, { politeMs: 0, known: this.#known });
    const detail = redactText(reason, this.#spec.secrets);
    recordExit(this.#spec.runDir, { ...this.#exit('supervisor-lost'), detail, survivors, logBytes: 0 });
    this.#touch('lock');
  }

  /** Looks for a `stop` record; called on a signal and now and then. */
  checkStop(): void {
    const stop = readRecord(this.#spec.runDir, 'stop');
    if (stop !== null) this.end('stopped', stop);
  }

  /** Begins the ladder, or shortens the one that is under way. */
  end(cause: EndCause, ladder: StopRecord): void {
    this.#ladder =
      this.#cause === null
        ? ladder
        : {
            interruptMs: Math.min(ladder.interruptMs, this.#ladder.interruptMs),
            terminateMs: Math.min(ladder.terminateMs, this.#ladder.terminateMs),
          };
    this.#cause ??= cause;
    this.#hurry?.();
  }

  async #spawnProblem(child: ChildProcess): Promise<string | null> {
    if (child.pid === undefined)
      return new Promise((resolve) => {
        child.once('error', (error) => {
          resolve(error.message);
        });
      });
    const { pid } = child;
    // Read before the exit is awaited: until then the kernel keeps even a dead child's entry.
    const startTicks = readRow(pid)?.startTicks ?? 0;
    this.#query = { ...this.#query, group: pid, startedFrom: startTicks };
    this.#known.set(pid, startTicks);
    const record = { pid, startTicks, bootId: bootId(), startedAtMs: this.#startedAtMs };
    // Means nothing after the machine was restarted, so it need not outlive a power cut.
    writeRecord(this.#spec.runDir, 'pid', record, 'fast');
    return null;
  }

  async #watch(child: ChildProcess, output: Output): Promise<boolean> {
    const exited = new Promise<void>((resolve) => {
      child.once('exit', (code, signal) => {
        this.#exited = { code, signal };
        resolve();
      });
    });
    child.on('error', () => undefined);
    if (child.stdout !== null) output.attach('stdout', child.stdout);
    if (child.stderr !== null) output.attach('stderr', child.stderr);
    // A process that does not read its input closes the pipe: that is its right.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(this.#spec.stdin ?? '');
    this.#preferAsVictim(child.pid);
    this.#report({ kind: 'running', pid: child.pid ?? 0, startedAtMs: this.#startedAtMs });
    this.#lockFlushed = flushRecord(this.#spec.runDir, 'lock');

    const disarm = this.#armDeadlines(output);
    const wanted = new Promise<void>((resolve) => {
      this.#hurry = resolve;
    });
    this.checkStop();
    await Promise.race([exited, this.#cause === null ? wanted : Promise.resolve()]);
    if (this.#exited === null) await this.#climb(exited);
    disarm();
    const cause = this.#cause ?? 'exited';
    const survivors = await this.#endLeftovers(output);
    const isClean = cause === 'exited' && survivors.length === 0 && output.isDrained;
    output.close();
    await this.#finish(output, { ...this.#exit(cause), outputBytes: output.receivedBytes, survivors });
    return isClean;
  }

  /** INT → TERM → KILL to the group, each with its time to obey; also to members that left the group. */
  async #climb(exited: Promise<void>): Promise<void> {
    for (const [signal, field] of [
      ['SIGINT', 'interruptMs'],
      ['SIGTERM', 'terminateMs'],
      ['SIGKILL', null],
    ] as const) {
      this.#remember();
      this.#signalGroup(signal);
      const startedAt = performance.now();
      for (;;) {
        const limit = field === null ? UNKILLABLE_MS : this.#ladder[field];
        const left = startedAt + limit - performance.now();
        const changed = new Promise<void>((resolve) => {
          this.#hurry = resolve;
        });
        if (left <= 0 || this.#exited !== null) break;
        await Promise.race([exited, changed, sleep(left)]);
      }
      if (this.#exited !== null) return;
    }
  }

  #remember(): void {
    for (const row of findMembers(this.#query, this.#known)) this.#known.set(row.pid, row.startTicks);
  }

  /** Only while the main process is not reaped: until then its group id cannot name another group. */
  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#exited !== null || this.#query.group === null) return;
    try {
      process.kill(-this.#query.group, signal);
    } catch (error) {
      if (!isCode(error, 'ESRCH', 'EPERM')) throw error;
    }
  }

  /** After the main process: takes the output that is under way, then ends what it left behind. */
  async #endLeftovers(output: Output): Promise<readonly number[]> {
    await output.drained(QUIET_DRAIN_MS);
    const politeMs = this.#cause === null ? LEFTOVER_GRACE_MS : 0;
    const [survivors] = await Promise.all([
      endMembers(this.#query, { politeMs, known: this.#known }),
      output.drained(DRAIN_MS - QUIET_DRAIN_MS),
    ]);
    return survivors;
  }

  #armDeadlines(output: Output): () => void {
    const { timeoutMs, stallMs } = this.#spec;
    const cancels: (() => void)[] = [];
    if (timeoutMs !== null)
      cancels.push(
        repeat(() => {
          const left = this.#startedAt + timeoutMs - performance.now();
          if (left <= 0) this.end('timeout', DEFAULT_LADDER);
          return left <= 0 ? null : left;
        }),
      );
    if (stallMs !== null) cancels.push(repeat(async () => this.#stallCheck(output, stallMs)));
    cancels.push(
      repeat(() => {
        this.checkStop();
        return STOP_POLL_MS;
      }),
    );
    return () => {
      for (const cancel of cancels) cancel();
    };
  }

  /** Milliseconds until the next look, null when the process has stalled. Files are looked at only after silence. */
  async #stallCheck(output: Output, stallMs: number): Promise<number | null> {
    const silentMs = (): number => performance.now() - Math.max(output.lastAt, this.#lastChangeAt);
    if (silentMs() < stallMs) return stallMs - silentMs();
    const { activityDir } = this.#spec;
    if (activityDir !== null) {
      const wallMs = Date.now();
      const changed = await changeSince(activityDir, wallMs - stallMs);
      if (changed !== null) {
        // A file dated in the future (a clock that was set back) counts as changed now.
        this.#lastChangeAt = performance.now() - Math.max(0, wallMs - changed);
        this.#touch('activity');
        return Math.max(10, stallMs - silentMs());
      }
      if (silentMs() < stallMs) return stallMs - silentMs();
    }
    this.end('stalled', DEFAULT_LADDER);
    return null;
  }

  #exit(cause: ProcessExit['cause']): ProcessExit {
    return {
      code: this.#exited?.code ?? null,
      signal: this.#exited?.signal ?? null,
      cause,
      detail: null,
      startedAtMs: this.#startedAtMs,
      // A clock set back meanwhile must not give a negative length.
      endedAtMs: this.#startedAtMs + Math.round(performance.now() - this.#startedAt),
      outputBytes: 0,
      survivors: [],
    };
  }

  /** Tells first and flushes then: whoever acts on the exit puts it into its own log before it counts. */
  async #finish(output: Output, exit: ProcessExit): Promise<void> {
    const { runDir } = this.#spec;
    recordExit(runDir, { ...exit, logBytes: output.finish() }, 'fast');
    // Wakes those who watch the lock because they did not start this supervisor.
    this.#touch('lock');
    this.#report({ kind: 'exited' });
    output.seal();
    await Promise.all([this.#lockFlushed, flushRecord(runDir, 'exit')]);
  }

  #writeSpec(): void {
    try {
      writeFileSync(join(this.#spec.runDir, 'spec.json'), describeSpec(this.#spec), { mode: 0o600 });
    } catch (error) {
      // For people only: a full disk must not keep the process from running.
      if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error;
    }
  }

  /** The kernel short of memory should take the program, not its supervisor. */
  #preferAsVictim(pid: number | undefined): void {
    if (process.platform !== 'linux' || pid === undefined) return;
    try {
      writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE);
    } catch {
      // Already gone, or not permitted: best effort.
    }
  }

  #touch(name: string): void {
    const now = new Date();
    const path = join(this.#spec.runDir, name);
    try {
      if (name === 'activity') writeFileSync(path, '', { mode: 0o600 });
      utimesSync(path, now, now);
    } catch {
      // Only a hint: readers also poll.
    }
  }
}

/** Calls `turn` at once and again after the milliseconds it answers, until null or cancelled. */
function repeat(turn: () => number | null | Promise<number | null>): () => void {
  let timer: NodeJS.Timeout | null = null;
  let isCancelled = false;
  const go = async (): Promise<void> => {
    const next = await turn();
    if (next === null || isCancelled) return;
    timer = setTimeout(() => void go(), Math.min(Math.max(1, Math.ceil(next)), TIMER_MAX_MS));
  };
  void go();
  return () => {
    isCancelled = true;
    if (timer !== null) clearTimeout(timer);
  };
}

async function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, TIMER_MAX_MS)));
}
