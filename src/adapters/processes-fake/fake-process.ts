import { Redactor } from '../../kit/redact.ts';
import type { ProcessExit, ProcessSighting, ProcessSpec } from '../../ports/processes.ts';
import type { ClockPort } from '../../ports/world.ts';
import { FakeLog } from './fake-log.ts';
import type { FakeExit, FakeScript, LadderSignal } from './fake-script.ts';

const DEFAULT_LADDER = { interruptMs: 10_000, terminateMs: 5_000 };
const RUNGS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const;

/** One fake process with its supervisor: follows its script on the clock until it has an exit. */
export class FakeProcess {
  readonly spec: ProcessSpec;
  readonly pid: number;
  readonly log: FakeLog;
  readonly #clock: ClockPort;
  readonly #script: FakeScript;
  readonly #redactor: Redactor;
  readonly #startedAtMs: number;
  readonly #startedAt: number;
  readonly #waiters: ((exit: ProcessExit) => void)[] = [];
  #cancels: (() => void)[] = [];
  #outputBytes = 0;
  #lastSignAt: number;
  #cause: 'timeout' | 'stalled' | 'stopped' | null = null;
  #rung = -1;
  #cancelRung: () => void = () => undefined;
  #exit: ProcessExit | null = null;

  constructor(spec: ProcessSpec, pid: number, script: FakeScript, clock: ClockPort) {
    this.spec = spec;
    this.pid = pid;
    this.log = new FakeLog(spec.logCap);
    this.#clock = clock;
    this.#script = script;
    this.#redactor = new Redactor(spec.secrets);
    this.#startedAtMs = clock.now();
    this.#startedAt = clock.monotonic();
    this.#lastSignAt = this.#startedAt;
    if (script.spawnFails === undefined) this.#follow();
    else this.finish({ code: null, signal: null, cause: 'spawn-failed', detail: script.spawnFails });
  }

  get sighting(): ProcessSighting {
    if (this.#exit !== null) return { kind: 'exited', exit: this.#exit };
    return {
      kind: 'running',
      pid: this.pid,
      startedAtMs: this.#startedAtMs,
      lastActivityAtMs: this.#startedAtMs + Math.round(this.#lastSignAt - this.#startedAt),
      outputBytes: this.log.totalBytes,
    };
  }

  get exit(): ProcessExit | null {
    return this.#exit;
  }

  /** Calls back at the exit, at once if it is past; the returned function forgets. */
  onExit(listener: (exit: ProcessExit) => void): () => void {
    if (this.#exit !== null) {
      listener(this.#exit);
      return () => undefined;
    }
    this.#waiters.push(listener);
    return () => {
      const at = this.#waiters.indexOf(listener);
      if (at >= 0) this.#waiters.splice(at, 1);
    };
  }

  emit(output: string | Uint8Array): void {
    if (this.#exit !== null) return;
    const bytes = typeof output === 'string' ? Buffer.from(output) : output;
    this.#outputBytes += bytes.length;
    this.#lastSignAt = this.#clock.monotonic();
    for (const part of this.#redactor.push(bytes)) this.log.append(part);
  }

  noteFileChange(): void {
    if (this.spec.activityDir !== null) this.#lastSignAt = this.#clock.monotonic();
  }

  /** A signal from outside, as a person or the kernel sends it; its supervisor sees the end. */
  receive(signal: LadderSignal): void {
    if (this.#exit !== null) return;
    if (signal !== 'SIGKILL' && (this.#script.ignores ?? []).includes(signal)) return;
    const code = signal === 'SIGKILL' ? undefined : this.#script.codeWhenStopped;
    this.finish({
      code: code ?? null,
      signal: code === undefined ? signal : null,
      cause: this.#cause ?? 'exited',
      detail: null,
    });
  }

  /** Begins the ladder, or shortens its present rung. */
  stop(cause: 'timeout' | 'stalled' | 'stopped', ladder: { interruptMs: number; terminateMs: number }): void {
    if (this.#exit !== null) return;
    this.#cause ??= cause;
    if (this.#rung < 0) this.#climb(ladder);
    else this.#armRung(ladder);
  }

  finish(end: FakeExit): void {
    if (this.#exit !== null) return;
    for (const cancel of this.#cancels) cancel();
    this.#cancels = [];
    this.#cancelRung();
    for (const part of this.#redactor.end()) this.log.append(part);
    this.#exit = {
      ...end,
      startedAtMs: this.#startedAtMs,
      endedAtMs: this.#startedAtMs + Math.round(this.#clock.monotonic() - this.#startedAt),
      outputBytes: this.#outputBytes,
      survivors: this.#script.survivors ?? [],
    };
    for (const waiter of this.#waiters.splice(0)) waiter(this.#exit);
  }

  #follow(): void {
    const { output, actions, fileChanges, exit } = this.#script;
    for (const { afterMs, text } of output ?? []) this.#at(afterMs, () => this.emit(text));
    for (const { afterMs, run } of actions ?? []) this.#at(afterMs, run);
    for (const afterMs of fileChanges ?? []) this.#at(afterMs, () => this.noteFileChange());
    if (this.spec.timeoutMs !== null)
      this.#at(this.spec.timeoutMs, () => {
        this.stop('timeout', DEFAULT_LADDER);
      });
    if (this.spec.stallMs !== null) this.#watchStall(this.spec.stallMs);
    if (exit === null) return;
    const end = 'code' in exit ? { code: exit.code, signal: null } : { code: null, signal: exit.signal };
    this.#at(exit.afterMs, () => {
      this.finish({ ...end, cause: this.#cause ?? 'exited', detail: null });
    });
  }

  #watchStall(stallMs: number): void {
    const left = this.#lastSignAt + stallMs - this.#clock.monotonic();
    if (left <= 0) this.stop('stalled', DEFAULT_LADDER);
    else
      this.#at(left, () => {
        this.#watchStall(stallMs);
      });
  }

  #climb(ladder: { interruptMs: number; terminateMs: number }): void {
    this.#rung += 1;
    const signal = RUNGS[this.#rung];
    if (signal === undefined) return;
    this.#armRung(ladder);
    this.receive(signal);
  }

  #armRung(ladder: { interruptMs: number; terminateMs: number }): void {
    this.#cancelRung();
    const waitMs = [ladder.interruptMs, ladder.terminateMs][this.#rung];
    if (waitMs === undefined) return;
    this.#cancelRung = this.#clock.after(waitMs, () => {
      this.#climb(ladder);
    });
  }

  #at(afterMs: number, run: () => void): void {
    this.#cancels.push(this.#clock.after(afterMs, run));
  }
}
