/** The ACP agent as a child process: messages by line in both directions, and an end that comes in bounded time. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Fields } from '../../../formats/agent-streams/fields.ts';
import { type Line, LineCutter } from '../../../formats/agent-streams/lines.ts';

/** What its exit and the end of its output may lie apart; longer means that another process holds the pipe. */
const DRAIN_MS = 1_000;
/** Of the end of its standard error, in the message of an error. */
const MAX_WORDS = 500;

export interface AgentProcessOptions {
  readonly command: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: Line) => void;
  /** Called once, when nothing more will come. `how`: a clause, such as `exited with code 1`. */
  readonly onClosed: (how: string, words: string) => void;
  readonly onErrorOutput: (bytes: Buffer) => void;
}

export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #options: AgentProcessOptions;
  readonly #cutter = new LineCutter();
  readonly #exited: Promise<void>;
  #how: string | null = null;
  #words = '';
  #isClosed = false;

  /** A group of its own: a signal to this process must not reach the agent before it was told to stop. */
  constructor(options: AgentProcessOptions) {
    this.#options = options;
    const [file, ...args] = options.command;
    const child = spawn(file, args, { cwd: options.cwd, env: options.env, detached: true, stdio: 'pipe' });
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => {
        if (child.pid === undefined) this.#how = `could not be started (${error.message})`;
        resolve();
      });
      child.once('exit', (code, signal) => {
        this.#how = signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
        resolve();
      });
    });
    this.#listen();
  }

  /** Without an answer to hear about it, an agent that is gone is told nothing. */
  send(message: Fields): void {
    const { stdin, stdout } = this.#child;
    if (stdin === null || !stdin.writable) return;
    // An agent that does not read its answers gets no further questions in: memory stays bounded.
    if (!stdin.write(`${JSON.stringify(message)}\n`)) stdout?.pause();
  }

  /** Closes its input, then TERM, then KILL to all of its group; resolves when it has ended. */
  async end(patience: { readonly quietMs: number; readonly politeMs: number }): Promise<void> {
    this.#child.stdin?.end();
    if (await this.#hasExitedWithin(patience.quietMs)) return this.#signal('SIGKILL');
    this.#signal('SIGTERM');
    await this.#hasExitedWithin(patience.politeMs);
    this.#signal('SIGKILL');
    await this.#hasExitedWithin(patience.politeMs);
  }

  #listen(): void {
    const { stdin, stdout, stderr } = this.#child;
    stdin?.on('error', () => undefined);
    stdin?.on('drain', () => stdout?.resume());
    stdout?.setEncoding('utf8');
    stdout?.on('data', (chunk: string) => {
      for (const line of this.#cutter.push(chunk)) this.#line(line);
    });
    stderr?.on('data', (bytes: Buffer) => {
      this.#words = (this.#words + bytes.toString('utf8')).slice(-MAX_WORDS);
      this.#options.onErrorOutput(bytes);
    });
    const ended = new Promise<void>((resolve) => {
      stdout?.once('close', resolve);
      stdout?.on('error', () => {
        resolve();
      });
    });
    const quietly = Promise.race([ended, this.#exited]).then(async () =>
      Promise.race([Promise.all([ended, this.#exited]), wait(DRAIN_MS)]),
    );
    void quietly.then(() => {
      for (const line of this.#cutter.end()) this.#line(line);
      this.#isClosed = true;
      this.#options.onClosed(this.#how ?? 'closed its output', this.#words.trim());
    });
  }

  #line(line: Line): void {
    if (line.text.trim() !== '' && !this.#isClosed) this.#options.onLine(line);
  }

  async #hasExitedWithin(ms: number): Promise<boolean> {
    if (this.#how !== null) return true;
    await Promise.race([this.#exited, wait(ms)]);
    return this.#how !== null;
  }

  /** What has left the group is ended by the supervisor, which knows every descendant. */
  #signal(name: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // The group is empty.
    }
  }
}

async function wait(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
