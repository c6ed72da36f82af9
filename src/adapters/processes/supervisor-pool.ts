import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { Failure } from '../../kit/failure.ts';
import type { ProcessIdentity } from './identity.ts';
import type { StartMessage, SupervisorMessage } from './protocol.ts';

const READY_MS = 30_000;
const STOPPED_READING = null;

/** Waiting supervisors kept after their first process; more end. */
const MAX_WAITING = 8;

/** A supervisor that waits for its spec, and later tells how it goes. It is the taker's until its process has ended. */
export interface SupervisorLink {
  readonly supervisor: ProcessIdentity;
  send(message: StartMessage): void;
  /** The next message; null when the supervisor has ended or says nothing for `limitMs`. */
  next(limitMs: number): Promise<SupervisorMessage | null>;
  /** Called at each message until the process has ended, and at the end; returns a function that unsubscribes. */
  onNews(listener: () => void): () => void;
}

/**
 * Supervisors started ahead of need, and kept after it: Node takes 45 to 110 ms of a processor to start, a waiting one takes
 * a spec in a few. A waiting one ends by itself when this process ends in whatever way, because its stdin closes. None of
 * them keeps this process alive.
 */
export class SupervisorPool {
  readonly #entry: string;
  readonly #spares: number;
  readonly #waiting: Promise<SupervisorLink>[] = [];
  readonly #idle = new Set<ChildProcess>();
  #isClosed = false;

  constructor(entry: string, spares: number) {
    this.#entry = entry;
    this.#spares = spares;
  }

  /** Starts spares up to the set number. Best when nothing else is being started: Node's start takes a processor for 40 ms. */
  warm(): void {
    while (!this.#isClosed && this.#waiting.length < this.#spares) {
      const link = this.#launch();
      // Its failure is reported by the `take` that gets it.
      link.catch(() => undefined);
      this.#waiting.push(link);
    }
  }

  /** Failure `process-supervisor-failed` when none can be started. */
  async take(): Promise<SupervisorLink> {
    for (;;) {
      const spare = this.#waiting.shift();
      const link = await (spare ?? this.#launch()).catch((error: unknown) => {
        if (spare === undefined) throw error;
        return null;
      });
      // A spare may have been killed while it waited.
      if (link instanceof ChildLink && link.isOpen) {
        this.#idle.delete(link.child);
        return link;
      }
    }
  }

  /** Ends the spares; supervisors with a spec go on. */
  close(): void {
    this.#isClosed = true;
    for (const child of this.#idle) child.stdin?.destroy();
    this.#waiting.length = 0;
  }

  #takeBack(link: ChildLink): void {
    if (this.#isClosed || this.#spares === 0 || this.#waiting.length >= MAX_WAITING) {
      link.child.stdin?.end();
      return;
    }
    this.#idle.add(link.child);
    this.#waiting.push(Promise.resolve(link));
  }

  async #launch(): Promise<ChildLink> {
    const child = spawn(process.execPath, ['--no-warnings', '--max-semi-space-size=2', this.#entry], {
      // Its own folder would keep a worktree busy; an empty environment keeps secrets and markers out of it.
      cwd: '/',
      env: {},
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    this.#idle.add(child);
    child.once('exit', () => this.#idle.delete(child));
    const link = new ChildLink(child);
    const first = await link.next(READY_MS);
    if (first?.kind === 'ready') {
      link.onReady = () => {
        this.#takeBack(link);
      };
      return link.readyAs(first.supervisor);
    }
    child.kill('SIGKILL');
    throw new Failure('process-supervisor-failed', 'the process supervisor did not start', {
      cause: link.problem,
      hint: `check that ${this.#entry} exists and that more processes may be started`,
    });
  }
}

class ChildLink implements SupervisorLink {
  readonly child: ChildProcess;
  readonly #unread: SupervisorMessage[] = [];
  readonly #listeners = new Set<() => void>();
  #supervisor: ProcessIdentity | null = null;
  #isOpen = true;
  problem: unknown = null;
  /** Called when it is ready again. */
  onReady: (() => void) | null = null;

  constructor(child: ChildProcess) {
    this.child = child;
    child.on('error', (error) => {
      this.problem = error;
      this.#end();
    });
    child.once('exit', () => {
      // Messages written before the exit may still be in the pipe.
      setImmediate(() => {
        if (child.stdout?.readableEnded !== false) this.#end();
      });
    });
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('error', () => undefined);
    child.unref();
    for (const stream of [child.stdin, child.stdout]) (stream as Socket | null)?.unref?.();
    if (child.stdout === null) return;
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const message = JSON.parse(line) as SupervisorMessage;
      if (message.kind === 'ready' && this.#supervisor !== null) {
        // Whoever waits for an earlier message of this turn takes it first.
        setImmediate(() => {
          this.#free();
        });
        return;
      }
      this.#unread.push(message);
      this.#wake();
    });
    lines.on('close', () => {
      this.#end();
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get supervisor(): ProcessIdentity {
    if (this.#supervisor === null) throw new Error('the supervisor is not ready');
    return this.#supervisor;
  }

  readyAs(supervisor: ProcessIdentity): this {
    this.#supervisor = supervisor;
    return this;
  }

  send(message: StartMessage): void {
    this.child.stdin?.write(`${JSON.stringify(message)}\n`);
  }

  async next(limitMs: number): Promise<SupervisorMessage | null> {
    const ready = this.#unread.shift();
    if (ready !== undefined) return ready;
    if (!this.#isOpen) return STOPPED_READING;
    await new Promise<void>((resolve) => {
      // Also keeps this process alive while it waits, since the pipes do not.
      const timer = setTimeout(done, limitMs);
      const off = this.onNews(done);
      function done(): void {
        clearTimeout(timer);
        off();
        resolve();
      }
    });
    return this.#unread.shift() ?? STOPPED_READING;
  }

  onNews(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #free(): void {
    if (!this.#isOpen) return;
    this.#listeners.clear();
    this.#unread.length = 0;
    this.onReady?.();
  }

  #wake(): void {
    for (const listener of this.#listeners) listener();
  }

  #end(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#wake();
    this.#listeners.clear();
  }
}
