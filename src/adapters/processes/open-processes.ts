import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AbsolutePath } from '../../core/ids.ts';
import { assert } from '../../kit/assert.ts';
import { Failure } from '../../kit/failure.ts';
import type { ProcessExit, ProcessPort, ProcessSighting, ProcessSpec } from '../../ports/processes.ts';
import type { Failpoint } from '../../ports/world.ts';
import { ExitWatch } from './exit-watch.ts';
import { signalProcess } from './identity.ts';
import { readLogPiece } from './log-reader.ts';
import { endMembers, terminalUsersIn } from './process-tree.ts';
import { isCode, realPath, removeIfPresent, writeRecord, type StopRecord } from './run-folder.ts';
import { ownerOf, readFolderState, settleLost } from './sighting.ts';
import { SupervisorPool, type SupervisorLink } from './supervisor-pool.ts';

const START_MS = 30_000;
const START_ATTEMPTS = 3;
const STARTING_POLL_MS = 5;
const SWEEP_GRACE_MS = 500;
/** Beyond its ladder a supervisor needs: an unkillable process 5 s, leftovers 2 s, drain 2 s, and time to run at all. */
const STOP_MARGIN_MS = 15_000;

export interface Processes extends ProcessPort {
  /** Starts a spare supervisor now, so that the first `start` is quick too. */
  warm(): void;
  /** Ends spare supervisors; running processes and their supervisors go on. */
  close(): void;
}

export interface ProcessesOptions {
  readonly failpoint: Failpoint;
  /** The bundled `supervisor/main.ts`. */
  readonly supervisorEntry: string;
  /** Supervisors kept waiting, about 10 MB each; 1 unless given, 0 starts each on demand. */
  readonly spares?: number;
}

/**
 * Supervised processes of this machine. Everything that matters is in the run folders, so any number of orchestrators,
 * one after the other, may use the same ones. Failures: `process-supervisor-failed`, `process-start-failed`,
 * `process-absent`.
 */
export function openProcesses(options: ProcessesOptions): Processes {
  return new SupervisedProcesses(options);
}

class SupervisedProcesses implements Processes {
  readonly #failpoint: Failpoint;
  readonly #pool: SupervisorPool;
  readonly #watch = new ExitWatch();
  readonly #starts = new Map<string, Promise<ProcessSighting>>();
  readonly #settling = new Map<string, Promise<ProcessExit>>();
  /** Folders this instance started or has looked at. */
  readonly #adopted = new Set<string>();

  constructor(options: ProcessesOptions) {
    this.#failpoint = options.failpoint;
    this.#pool = new SupervisorPool(options.supervisorEntry, options.spares ?? 1);
  }

  warm(): void {
    this.#pool.warm();
  }

  close(): void {
    this.#pool.close();
  }

  async start(spec: ProcessSpec): Promise<ProcessSighting> {
    assert(spec.runDir.startsWith('/') && spec.cwd.startsWith('/'), 'runDir and cwd are absolute');
    const running = this.#starts.get(spec.runDir);
    if (running !== undefined) return running;
    const start = this.#start(spec).finally(() => {
      this.#starts.delete(spec.runDir);
      if (this.#starts.size === 0) this.#pool.warm();
    });
    this.#starts.set(spec.runDir, start);
    return start;
  }

  async look(runDir: AbsolutePath): Promise<ProcessSighting> {
    if (this.#adopted.has(runDir)) return this.#look(runDir);
    await this.#failpoint('before:adopt.scan');
    const sighting = await this.#look(runDir);
    if (sighting.kind !== 'absent') this.#adopted.add(runDir);
    await this.#failpoint('after:adopt.scan');
    return sighting;
  }

  async waitForExit(runDir: AbsolutePath, signal?: AbortSignal): Promise<ProcessExit> {
    signal?.throwIfAborted();
    const exit = await this.#awaitExit(runDir, signal, null);
    if (exit === null)
      throw new Failure('process-absent', `no process was started in ${runDir}`, { hint: 'start it first' });
    await this.#failpoint('before:exit.collect');
    await this.#failpoint('after:exit.collect');
    return exit;
  }

  async stop(runDir: AbsolutePath, ladder: StopRecord): Promise<ProcessExit | null> {
    const sighting = await this.look(runDir);
    if (sighting.kind === 'absent') return null;
    if (sighting.kind === 'exited') return sighting.exit;
    const owner = ownerOf(runDir);
    try {
      writeRecord(runDir, 'stop', ladder, 'fast');
      if (owner !== null) signalProcess(owner, 'SIGUSR2');
    } catch (error) {
      if (!isCode(error, 'ENOSPC', 'EDQUOT')) throw error;
      // Without room for the wish itself: this signal means stop with the default ladder.
      if (owner !== null) signalProcess(owner, 'SIGTERM');
    }
    const limitMs = ladder.interruptMs + ladder.terminateMs + STOP_MARGIN_MS;
    const exit = await this.#awaitExit(runDir, undefined, limitMs);
    // It never began; a later start must not find the old wish.
    if (exit === null) removeIfPresent(join(runDir, 'stop'));
    return exit;
  }

  async sweep(what: {
    readonly marker: string;
    readonly cwd: AbsolutePath | null;
  }): Promise<readonly number[]> {
    const cwd = what.cwd === null ? null : realPath(what.cwd);
    const query = { group: null, startedFrom: null, marker: what.marker, cwd, inFolder: 'all' } as const;
    const remaining = await endMembers(query, { politeMs: SWEEP_GRACE_MS });
    return [...new Set([...remaining, ...(cwd === null ? [] : terminalUsersIn(cwd))])];
  }

  async readLog(
    runDir: AbsolutePath,
    offset: number,
    maxBytes: number,
  ): Promise<{ readonly text: string; readonly nextOffset: number; readonly totalBytes: number }> {
    return readLogPiece(runDir, offset, maxBytes);
  }

  async #start(spec: ProcessSpec): Promise<ProcessSighting> {
    const { runDir } = spec;
    await this.#failpoint('before:run.mkdir');
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    await this.#failpoint('after:run.mkdir');
    this.#adopted.add(runDir);
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#settledStart(runDir);
      if (found.kind !== 'absent') return found;
      if (attempt > START_ATTEMPTS)
        throw new Failure('process-start-failed', `the supervisor ended before it ran ${spec.argv[0]}`);
      await this.#failpoint('before:spawn.fork');
      const link = await this.#pool.take();
      // The claim comes before the spec: whoever looks from now on knows that a process may be about to exist.
      writeRecord(runDir, 'claim', { supervisor: link.supervisor }, 'fast');
      link.send({ spec });
      link.onNews(() => {
        this.#watch.notify(runDir);
      });
      await this.#failpoint('after:spawn.fork');
      await this.#failpoint('before:spawn.pidfile');
      const started = await this.#awaitStarted(link, spec);
      await this.#failpoint('after:spawn.pidfile');
      if (started !== null) return started;
    }
  }

  /** null: the folder tells. */
  async #awaitStarted(link: SupervisorLink, spec: ProcessSpec): Promise<ProcessSighting | null> {
    const message = await link.next(START_MS);
    if (message?.kind === 'running') {
      const { pid, startedAtMs } = message;
      return { kind: 'running', pid, startedAtMs, lastActivityAtMs: startedAtMs, outputBytes: 0 };
    }
    if (message?.kind !== 'refused') return null;
    throw new Failure('process-start-failed', `cannot use ${spec.runDir}: ${message.message}`, {
      hint:
        message.code === 'ENOSPC' ? 'free disk space where the state folder is' : 'check the state folder',
    });
  }

  /** Waits out `starting`, which ends by itself: its supervisor goes on or is gone. */
  async #settledStart(runDir: string): Promise<ProcessSighting> {
    const until = performance.now() + START_MS;
    for (;;) {
      const sighting = await this.#look(runDir);
      if (sighting.kind !== 'starting') return sighting;
      if (performance.now() > until)
        throw new Failure('process-start-failed', `the supervisor of ${runDir} hangs`, {
          hint: 'stop it and start the attempt again in a new folder',
        });
      await delay(STARTING_POLL_MS);
    }
  }

  async #look(runDir: string): Promise<ProcessSighting> {
    const state = readFolderState(runDir);
    if (state.kind !== 'lost') return state;
    const settling =
      this.#settling.get(runDir) ??
      settleLost(runDir, state.lock).finally(() => this.#settling.delete(runDir));
    this.#settling.set(runDir, settling);
    return { kind: 'exited', exit: await settling };
  }

  /** null when nothing runs or will run there. After `limitMs` a supervisor that hangs is killed and settled. */
  async #awaitExit(
    runDir: string,
    signal: AbortSignal | undefined,
    limitMs: number | null,
  ): Promise<ProcessExit | null> {
    const until = limitMs === null ? Infinity : performance.now() + limitMs;
    for (;;) {
      const { promise: news, resolve: wake } = deferred();
      // Subscribed before looking, so that an exit in between is not missed.
      const off = this.#watch.subscribe(runDir, wake);
      signal?.addEventListener('abort', wake, { once: true });
      try {
        const sighting = await this.#look(runDir);
        if (sighting.kind === 'exited') return sighting.exit;
        if (sighting.kind === 'absent') return null;
        if (performance.now() > until) {
          const owner = ownerOf(runDir);
          if (owner !== null) signalProcess(owner, 'SIGKILL');
        }
        await news;
        signal?.throwIfAborted();
      } finally {
        off();
        signal?.removeEventListener('abort', wake);
      }
    }
  }
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  const made: { resolve?: () => void } = {};
  const promise = new Promise<void>((resolve) => {
    made.resolve = resolve;
  });
  return { promise, resolve: () => made.resolve?.() };
}
