/** Performs what the machine of a turn decides: starts the agent, carries messages, asks, reads, writes, and ends it. */
import type { AgentEvent } from '../../../core/agents/events.ts';
import {
  AcpTurn,
  type Effect,
  type Input,
  type Outcome,
  type TurnOptions,
} from '../../../formats/acp/client.ts';
import { readMessage } from '../../../formats/acp/wire.ts';
import { assertNever } from '../../../kit/assert.ts';
import { AgentProcess } from './agent-process.ts';
import { placeOf, readTextFile, writeTextFile } from './files.ts';
import { QuestionBox } from './questions.ts';

/** From the start to the prompt: one that downloads itself on a busy machine takes minutes. Less than the usual stall limit. */
const READY_MS = 480_000;
/** An agent that tells a conversation again does so in one go. */
const SETTLE_MS = 300;
/** Between `session/cancel` and the end by force: less than the supervisor waits between its signals. */
const CANCEL_MS = 5_000;
/** Most agents end by themselves when their input does; some never do. */
const END_PATIENCE = { quietMs: 2_000, politeMs: 1_500 };
const END_HASTE = { quietMs: 200, politeMs: 1_000 };

export interface BridgeOptions {
  readonly turn: TurnOptions;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly questions: string;
  readonly answerMs: number;
  readonly signMs: number;
  readonly redact: (text: string) => string;
  readonly emit: (event: AgentEvent) => void;
  readonly onErrorOutput: (bytes: Buffer) => void;
  readonly readyMs?: number;
}

export class Bridge {
  readonly #options: BridgeOptions;
  readonly #machine: AcpTurn;
  readonly #box: QuestionBox;
  readonly #finished: Promise<Outcome>;
  #settle: (outcome: Outcome) => void = () => undefined;
  #agent: AgentProcess | null = null;
  #ready: NodeJS.Timeout | null = null;
  #settling: NodeJS.Timeout | null = null;
  #isCancelled = false;
  /** One after the other: two writes of one file must not mix, and memory holds one file. */
  #files: Promise<void> = Promise.resolve();

  constructor(options: BridgeOptions) {
    this.#options = options;
    this.#machine = new AcpTurn(options.turn);
    this.#finished = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#box = new QuestionBox({
      folder: options.questions,
      answerMs: options.answerMs,
      signMs: options.signMs,
      redact: options.redact,
      stillWaiting: (ids) => {
        options.emit({ kind: 'other', text: `waits for an answer to ${ids.join(', ')}` });
      },
    });
  }

  /** Resolves when the turn is over and no process of the agent's group is left. */
  async run(): Promise<Outcome> {
    const { command, turn, env, onErrorOutput } = this.#options;
    const readyMs = this.#options.readyMs ?? READY_MS;
    this.#ready = setTimeout(() => {
      this.#take({ kind: 'late', afterMs: readyMs });
    }, readyMs);
    this.#agent = new AgentProcess({
      command,
      cwd: turn.cwd,
      env,
      onErrorOutput,
      onLine: (line) => {
        this.#take({ kind: 'message', message: readMessage(line) });
      },
      onClosed: (how, words) => {
        this.#take({ kind: 'closed', how, words });
      },
    });
    this.#take({ kind: 'start' });
    const outcome = await this.#finished;
    clearTimeout(this.#ready);
    this.#box.close();
    await this.#files;
    await this.#agent.end(outcome.kind === 'ended' ? END_PATIENCE : END_HASTE);
    return outcome;
  }

  /** Asks the agent to stop; the second time, or when it does not, it is ended. */
  cancel(): void {
    if (this.#isCancelled) return this.#take({ kind: 'closed', how: 'was ended', words: '' });
    this.#isCancelled = true;
    setTimeout(() => {
      this.#take({ kind: 'closed', how: 'did not stop', words: '' });
    }, CANCEL_MS).unref();
    this.#take({ kind: 'cancel' });
  }

  #take(input: Input): void {
    for (const effect of this.#machine.take(input)) this.#perform(effect);
  }

  #perform(effect: Effect): void {
    const { turn, emit } = this.#options;
    switch (effect.kind) {
      case 'send':
        return this.#agent?.send(effect.message);
      case 'emit':
        return emit(effect.event);
      case 'turn-began':
        if (this.#ready !== null) clearTimeout(this.#ready);
        return;
      case 'settle':
        if (this.#settling !== null) clearTimeout(this.#settling);
        this.#settling = setTimeout(() => {
          this.#take({ kind: 'quiet' });
        }, SETTLE_MS);
        return;
      case 'judge':
        return void this.#judge(effect.ticket, effect.paths);
      case 'ask':
        return this.#box.ask(effect.ticket, effect.question, (answer) => {
          this.#take({ kind: 'answered', ticket: effect.ticket, answer });
        });
      case 'withdraw':
        return this.#box.withdraw(effect.ticket);
      case 'read':
        return this.#withFiles(async () => {
          const answer = await readTextFile(turn.cwd, effect);
          this.#take({ kind: 'file', ticket: effect.ticket, answer });
        });
      case 'write':
        return this.#withFiles(async () => {
          const answer = await writeTextFile(turn.cwd, effect.path, effect.content);
          this.#take({ kind: 'file', ticket: effect.ticket, answer });
        });
      case 'finish':
        return this.#settle(effect.outcome);
      default:
        return assertNever(effect);
    }
  }

  async #judge(ticket: number, paths: readonly string[]): Promise<void> {
    const places = await Promise.all(paths.map(async (path) => placeOf(this.#options.turn.cwd, path)));
    const outside = paths.filter((_, index) => places[index]?.kind !== 'inside');
    this.#take({ kind: 'judged', ticket, outside });
  }

  #withFiles(work: () => Promise<void>): void {
    this.#files = this.#files.then(work);
  }
}
