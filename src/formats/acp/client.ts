/**
 * The client's side of one turn with an ACP agent, as a machine: inputs in, effects out, no input or output of its own.
 *
 *   initialize ─▶ resume ─▶ load ─▶ new ─▶ [model] ─▶ prompt ─▶ finished
 *                   └─refused─┴──────▲
 *
 * One that wants a login first gets `authenticate` once, where there is a way that asks nobody, and is asked again.
 *
 * Each arrow is one request of ours, one at a time. The agent's own requests come at any moment and each is answered
 * exactly once: at once, or when the effect made of it comes back under its ticket. After `finish` nothing is said any more.
 */
import { errorOf } from '../../core/agents/classify.ts';
import type { AgentError, AgentEvent } from '../../core/agents/events.ts';
import type { AcpPermission } from '../../core/agents/permissions.ts';
import { assertNever } from '../../kit/assert.ts';
import { asMap, type Fields, mapAt, numberAt, textAt } from '../agent-streams/fields.ts';
import { disguisedError, rpcError } from './errors.ts';
import { modelRequest, modelOf } from './models.ts';
import { type Answer, type FileAnswer, type RequestEffect, Requests } from './requests.ts';
import { UpdateReader, usageOf } from './updates.ts';
import { kept, type Message, RPC, type RpcError } from './wire.ts';

/** The stable version; drafts have other numbers. */
const PROTOCOL_VERSION = 1;

export interface TurnOptions {
  readonly cwd: string;
  readonly prompt: string;
  /** Conversation to go on with; null: a new one. */
  readonly session: string | null;
  /** The prompt for a new conversation when `session` cannot be taken up; null: that is an error. */
  readonly freshPrompt: string | null;
  readonly permissions: AcpPermission;
  readonly model: string | null;
  /** Whether reading and writing through the client is announced. */
  readonly offersFiles: boolean;
  /** Way to log in that asks nobody; null: the agent is logged in, or says that it is not. */
  readonly authMethod: string | null;
  readonly mcpUrl: string | null;
  readonly version: string;
}

export type Outcome =
  | { readonly kind: 'ended'; readonly reason: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly error: AgentError };

export type Effect =
  | { readonly kind: 'send'; readonly message: Fields }
  | { readonly kind: 'emit'; readonly event: AgentEvent }
  /** The agent has begun to work: what follows may take as long as the task may. */
  | { readonly kind: 'turn-began' }
  /** Answer with `quiet` when nothing has come for a moment; a later one takes its place. */
  | { readonly kind: 'settle' }
  | RequestEffect
  | { readonly kind: 'finish'; readonly outcome: Outcome };

export type Input =
  | { readonly kind: 'start' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'judged'; readonly ticket: number; readonly outside: readonly string[] }
  | { readonly kind: 'answered'; readonly ticket: number; readonly answer: Answer }
  | { readonly kind: 'file'; readonly ticket: number; readonly answer: FileAnswer }
  | { readonly kind: 'cancel' }
  /** Nothing came for a moment after `settle`. */
  | { readonly kind: 'quiet' }
  /** The agent took too long to be ready for a prompt. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** Its output has ended; `words`: the last it wrote to standard error. */
  | { readonly kind: 'closed'; readonly how: string; readonly words: string };

type StepName =
  | 'initialize'
  | 'authenticate'
  | 'session/resume'
  | 'session/load'
  | 'session/new'
  | 'session/set_model'
  | 'session/set_config_option'
  | 'session/prompt';

interface Pending {
  readonly id: number;
  readonly step: StepName;
}

export class AcpTurn {
  readonly #options: TurnOptions;
  readonly #requests: Requests;
  readonly #updates: UpdateReader;
  #effects: Effect[] = [];
  #lastId = 0;
  #pending: Pending | null = null;
  #session: string | null;
  #prompt: string;
  /** Ways to take up the conversation that were not tried yet. */
  #ways: ('session/resume' | 'session/load')[] = [];
  #hasHttpTools = false;
  /** What loading was answered with, while the earlier conversation may still be told again. */
  #loaded: Fields | null = null;
  #hasLoggedIn = false;
  #isCancelled = false;
  #isFinished = false;
  /** Updates of an earlier conversation that is being told again. */
  #replayed = 0;
  #said = '';
  #tools = 0;
  #trouble: AgentError | null = null;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#session = options.session;
    this.#prompt = options.prompt;
    this.#requests = new Requests(options.permissions, (effect) => {
      if (effect.kind === 'emit') this.#emit(effect.event);
      else this.#effects.push(effect);
    });
    this.#updates = new UpdateReader((event) => {
      this.#emit(event);
    });
  }

  get isFinished(): boolean {
    return this.#isFinished;
  }

  /** Never throws for what the agent says. After `finish` every input is answered with nothing. */
  take(input: Input): readonly Effect[] {
    if (this.#isFinished) return [];
    this.#handle(input);
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #handle(input: Input): void {
    switch (input.kind) {
      case 'start':
        return this.#initialize();
      case 'message':
        return this.#read(input.message);
      case 'judged':
        return this.#requests.judged(input.ticket, input.outside);
      case 'answered':
        return this.#requests.answered(input.ticket, input.answer);
      case 'file':
        return this.#requests.file(input.ticket, input.answer);
      case 'cancel':
        return this.#cancel();
      case 'quiet':
        return this.#settled();
      case 'late':
        return this.#fail({
          ...errorOf({
            message: `the agent was not ready within ${Math.round(input.afterMs / 1_000)} s (${this.#stepName()})`,
          }),
          class: 'hung',
        });
      case 'closed':
        return this.#closed(input.how, input.words);
      default:
        return assertNever(input);
    }
  }

  #initialize(): void {
    const { offersFiles } = this.#options;
    const fs = { readTextFile: offersFiles, writeTextFile: offersFiles && this.#requests.mayWrite };
    this.#request('initialize', {
      protocolVersion: PROTOCOL_VERSION,
      clientCapabilities: { fs, terminal: false },
      clientInfo: { name: 'copse', title: 'Copse', version: this.#options.version },
    });
  }

  #read(message: Message): void {
    switch (message.kind) {
      case 'request':
        return this.#requests.take(message, (toolCall) => this.#updates.callOf(toolCall));
      case 'notification':
        return this.#notified(message.method, message.params);
      case 'result':
        return this.#answered(message.id, (step) => {
          this.#onResult(step, message.result);
        });
      case 'failure':
        return this.#answered(message.id, (step) => {
          this.#onFailure(step, message.error);
        });
      case 'oversize':
        return this.#oversize(message);
      case 'noise':
        return this.#note(message.text);
      default:
        return assertNever(message);
    }
  }

  #notified(method: string, params: Fields): void {
    if (method !== 'session/update') return this.#note(kept(JSON.stringify({ method, params })));
    if (this.#isReplay) {
      this.#replayed += 1;
      if (this.#loaded !== null) this.#effects.push({ kind: 'settle' });
      return;
    }
    const session = textAt(params, 'sessionId');
    if (session !== null && session !== this.#session) return this.#note(kept(JSON.stringify(params)));
    this.#updates.read(params);
  }

  /** An answer to something that was not asked, or was answered before, changes nothing. */
  #answered(id: unknown, go: (step: StepName) => void): void {
    const pending = this.#pending;
    if (pending === null || pending.id !== id)
      return this.#note(`answer to an unknown request ${JSON.stringify(id)}`);
    this.#pending = null;
    go(pending.step);
  }

  /** What cannot be read whole is passed over where that loses only a notice; a lost answer ends the turn. */
  #oversize(message: Extract<Message, { kind: 'oversize' }>): void {
    const { id, method } = message;
    this.#note(`a message too long to be read: ${message.text}`);
    if (method === null) return this.#fail(other('the agent sent an answer that is too long to be read'));
    if (id !== null) this.#requests.refuse(id, RPC.invalidRequest, 'the request is too long');
  }

  #onResult(step: StepName, result: Fields): void {
    switch (step) {
      case 'initialize':
        return this.#initialized(result);
      case 'authenticate':
        return this.#open();
      case 'session/resume':
        return this.#opened(result);
      case 'session/load':
        // Some agents answer first and tell the conversation again then.
        this.#loaded = result;
        this.#effects.push({ kind: 'settle' });
        return;
      case 'session/new': {
        const session = textAt(result, 'sessionId');
        if (session === null) return this.#fail(other('the agent answered session/new without a sessionId'));
        this.#session = session;
        return this.#opened(result);
      }
      case 'session/set_model':
      case 'session/set_config_option':
        return this.#sendPrompt();
      case 'session/prompt':
        return this.#turnEnded(result);
      default:
        return assertNever(step);
    }
  }

  #onFailure(step: StepName, error: RpcError): void {
    const isOpening = step === 'session/resume' || step === 'session/load' || step === 'session/new';
    if (isOpening && error.code === RPC.authRequired) return this.#login(step, error);
    if (step === 'session/resume' || step === 'session/load') {
      this.#note(`${step} was refused: ${error.message}`);
      return this.#open();
    }
    this.#fail(rpcError(step, error));
  }

  #initialized(result: Fields): void {
    const version = numberAt(result, 'protocolVersion');
    if (version !== null && version !== PROTOCOL_VERSION) {
      return this.#fail(
        other(`the agent speaks version ${version} of the protocol, not ${PROTOCOL_VERSION}`),
      );
    }
    const able = mapAt(result, 'agentCapabilities');
    this.#hasHttpTools = mapAt(able, 'mcpCapabilities')['http'] === true;
    if (this.#session !== null) {
      // Taking it up is preferred: loading tells the whole conversation again.
      if (asMap(mapAt(able, 'sessionCapabilities')['resume']) !== null) this.#ways.push('session/resume');
      if (able['loadSession'] === true) this.#ways.push('session/load');
    }
    this.#open();
  }

  /** Only when the agent wants it, and once: some remember the way that was chosen in the user's settings. */
  #login(step: StepName, error: RpcError): void {
    const { authMethod } = this.#options;
    if (authMethod === null || this.#hasLoggedIn) return this.#fail(rpcError(step, error));
    this.#hasLoggedIn = true;
    if (step === 'session/resume' || step === 'session/load') this.#ways.unshift(step);
    this.#request('authenticate', { methodId: authMethod });
  }

  #open(): void {
    const { cwd, mcpUrl, freshPrompt } = this.#options;
    const session = this.#session;
    const mcpServers =
      mcpUrl !== null && this.#hasHttpTools
        ? [{ type: 'http', name: 'copse', url: mcpUrl, headers: [] }]
        : [];
    const way = this.#ways.shift();
    if (way !== undefined) return this.#request(way, { sessionId: session, cwd, mcpServers });
    if (session !== null) {
      const error: AgentError = {
        ...other(`the conversation ${session} could not be taken up`),
        class: 'session',
      };
      if (freshPrompt === null) return this.#fail(error);
      this.#emit({ kind: 'retry', error, delayMs: null });
      this.#prompt = freshPrompt;
      this.#session = null;
    }
    this.#request('session/new', { cwd, mcpServers });
  }

  #settled(): void {
    const result = this.#loaded;
    this.#loaded = null;
    if (result !== null) this.#opened(result);
  }

  #opened(result: Fields): void {
    if (this.#replayed > 0) this.#note(`${this.#replayed} updates of the earlier conversation`);
    this.#emit({ kind: 'started', session: this.#session, model: modelOf(result) });
    const { model } = this.#options;
    if (model === null) return this.#sendPrompt();
    const choice = modelRequest(model, result, this.#session ?? '');
    switch (choice.kind) {
      case 'set-already':
        return this.#sendPrompt();
      case 'not-offered':
        return this.#fail(other(choice.why));
      case 'request':
        return this.#request(choice.method, choice.params);
      default:
        return assertNever(choice);
    }
  }

  #sendPrompt(): void {
    this.#effects.push({ kind: 'turn-began' });
    this.#request('session/prompt', {
      sessionId: this.#session,
      prompt: [{ type: 'text', text: this.#prompt }],
    });
  }

  #turnEnded(result: Fields): void {
    this.#updates.flush();
    const usage = usageOf(result);
    if (usage !== null) {
      const { event } = usage;
      this.#emit(this.#updates.countsLastCallOnly(event.tokens) ? { ...event, isPartial: true } : event);
    }
    if (usage?.model !== undefined && usage.model !== null)
      this.#emit({ kind: 'started', session: this.#session, model: usage.model });
    if (this.#isCancelled) return this.#finish({ kind: 'cancelled' });
    const reason = textAt(result, 'stopReason') ?? 'no stop reason';
    const hidden = disguisedError({ said: this.#said, tools: this.#tools, trouble: this.#trouble });
    switch (reason) {
      case 'end_turn':
        return hidden === null ? this.#finish({ kind: 'ended', reason }) : this.#fail(hidden);
      case 'max_tokens':
      case 'max_turn_requests':
        return this.#fail({ ...other(`the agent stopped at a limit of its own: ${reason}`), class: 'limit' });
      default:
        return this.#fail(hidden ?? other(`the agent ended its turn with ${reason}`));
    }
  }

  #cancel(): void {
    this.#isCancelled = true;
    this.#requests.cancel();
    if (this.#pending?.step !== 'session/prompt') return this.#finish({ kind: 'cancelled' });
    this.#effects.push({
      kind: 'send',
      message: { jsonrpc: '2.0', method: 'session/cancel', params: { sessionId: this.#session } },
    });
  }

  #closed(how: string, words: string): void {
    this.#updates.flush();
    if (this.#isCancelled) return this.#finish({ kind: 'cancelled' });
    const message = `the agent ${how} during ${this.#stepName()}${words === '' ? '' : `: ${words}`}`;
    this.#fail(errorOf({ message }));
  }

  #fail(error: AgentError): void {
    this.#updates.flush();
    if (this.#isCancelled) return this.#finish({ kind: 'cancelled' });
    this.#finish({ kind: 'failed', error });
  }

  #finish(outcome: Outcome): void {
    this.#requests.cancel();
    switch (outcome.kind) {
      case 'ended':
        this.#emit({ kind: 'done', ok: true, reason: outcome.reason });
        break;
      case 'cancelled':
        this.#emit({ kind: 'done', ok: false, reason: 'cancelled' });
        break;
      case 'failed':
        this.#emit({ kind: 'error', error: outcome.error });
        break;
      default:
        assertNever(outcome);
    }
    this.#effects.push({ kind: 'finish', outcome });
    this.#isFinished = true;
  }

  #request(step: StepName, params: Fields): void {
    this.#lastId += 1;
    this.#pending = { id: this.#lastId, step };
    this.#effects.push({ kind: 'send', message: { jsonrpc: '2.0', id: this.#lastId, method: step, params } });
  }

  #note(text: string): void {
    this.#updates.flush();
    this.#emit({ kind: 'other', text });
  }

  #emit(event: AgentEvent): void {
    if (event.kind === 'text') this.#said = (this.#said + event.text).slice(-MAX_SAID);
    if (event.kind === 'tool') {
      this.#said = '';
      this.#trouble = null;
      this.#tools += 1;
    }
    if (event.kind === 'retry') this.#trouble = event.error;
    this.#effects.push({ kind: 'emit', event });
  }

  /** Before the first prompt nothing is new. */
  get #isReplay(): boolean {
    const step = this.#pending?.step;
    return this.#loaded !== null || step === 'session/load' || step === 'session/resume';
  }

  #stepName(): string {
    return this.#pending?.step ?? (this.#loaded === null ? 'its start' : 'session/load');
  }
}

/** Of what was said since the last tool; longer words are no error message. */
const MAX_SAID = 2_000;

function other(message: string): AgentError {
  return { ...errorOf({ message }), class: 'other' };
}
