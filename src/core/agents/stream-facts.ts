/** What one agent process said, folded into the few facts a run keeps. */
import type { AgentError, AgentEvent, Tokens } from './events.ts';
import { addTokens, NO_TOKENS, totalTokens } from './events.ts';

/** How the stream ended. open: it broke off, with the trouble that was last told and not overcome. */
export type StreamEnding =
  | { readonly kind: 'ok' }
  | { readonly kind: 'failed'; readonly error: AgentError }
  | { readonly kind: 'open'; readonly error: AgentError | null };

export interface StreamFacts {
  readonly session: string | null;
  readonly model: string | null;
  /** Used by this process alone; null when the client told only totals of the conversation, or nothing. */
  readonly tokens: Tokens | null;
  readonly usd: number | null;
  /** Totals of the conversation so far. */
  readonly threadTokens: Tokens | null;
  readonly threadUsd: number | null;
  /** Tokens that `threadUsd` is the price of; absent: not told. */
  readonly threadUsdTokens?: number;
  /** The figures are too low: the process ended before it told its total, or part of its output was not kept. */
  readonly isPartial: boolean;
  readonly tools: number;
  readonly denied: number;
  /** The last thing that it was denied; absent: nothing was, or nobody told what. */
  readonly deniedLast?: string;
  /** What it asked last and went on without an answer to; absent: nothing. */
  readonly asked?: string;
  readonly retries: number;
  /** True once it said or did anything: the conversation exists. */
  readonly hasBegun: boolean;
  /** The last thing it said, shortened. */
  readonly lastText: string;
  readonly ending: StreamEnding;
}

/** What a client may call a conversation: it becomes an argument of a command, so it must not look like a flag. */
const SESSION = /^[A-Za-z0-9][\w.:-]{0,199}$/;
const MAX_LAST_TEXT = 600;
/** Calls whose figures may still be corrected; older ones are final. */
const MAX_OPEN_CALLS = 1_000;

/** Folds events one by one; memory does not grow with the stream. */
export class StreamFold {
  #session: string | null = null;
  #model: string | null = null;
  #runs: Tokens | null = null;
  #runUsd: number | null = null;
  #thread: Tokens | null = null;
  #threadUsd: number | null = null;
  #threadUsdTokens: number | null = null;
  #settledCalls: Tokens = NO_TOKENS;
  #settledUsd: number | null = null;
  readonly #calls = new Map<string, { readonly tokens: Tokens; readonly usd: number | null }>();
  #hasCalls = false;
  #unkeyed = 0;
  #tools = 0;
  #denied = 0;
  #deniedLast = '';
  #asked = '';
  #retries = 0;
  #hasBegun = false;
  #lastText = '';
  #ending: StreamEnding = { kind: 'open', error: null };
  readonly #callsArePartial: boolean;
  #isCut = false;
  #toldLess = false;

  /** `callsArePartial`: a client whose figures of single calls are lower than its total. */
  constructor(options: { readonly callsArePartial: boolean }) {
    this.#callsArePartial = options.callsArePartial;
  }

  add(event: AgentEvent): void {
    switch (event.kind) {
      case 'started':
        if (event.session !== null && SESSION.test(event.session)) this.#session = event.session;
        this.#model = event.model ?? this.#model;
        return;
      case 'text':
        if (event.text.trim() !== '') this.#lastText = event.text.trim().slice(0, MAX_LAST_TEXT);
        return this.#progress();
      case 'tool':
        if (event.outcome === 'called') this.#tools += 1;
        return this.#progress();
      case 'retry':
        this.#retries += 1;
        if (this.#ending.kind !== 'failed')
          this.#ending = { kind: 'open', error: this.#moreTelling(event.error) };
        return;
      case 'usage':
        return this.#count(event);
      case 'denied':
        this.#denied += 1;
        this.#deniedLast = event.what.trim().slice(0, MAX_LAST_TEXT);
        this.#asked = '';
        return;
      case 'ask':
        this.#asked = event.what.trim().slice(0, MAX_LAST_TEXT);
        return;
      case 'error':
        this.#ending = { kind: 'failed', error: this.#moreTelling(event.error) };
        return;
      case 'done':
        if (event.ok) this.#ending = { kind: 'ok' };
        else if (this.#ending.kind !== 'failed')
          this.#ending = { kind: 'failed', error: this.#moreTelling(unexplained(event.reason)) };
        return;
      default:
        return;
    }
  }

  /** Part of the output was not kept. */
  cut(): void {
    this.#isCut = true;
  }

  facts(): StreamFacts {
    const calls = this.#hasCalls ? this.#callTotal() : null;
    const tokens = calls === null ? this.#runs : addTokens(this.#runs ?? NO_TOKENS, calls.tokens);
    return {
      session: this.#session,
      model: this.#model,
      tokens: this.#thread === null || this.#runs !== null ? tokens : null,
      usd: calls === null || calls.usd === null ? this.#runUsd : (this.#runUsd ?? 0) + calls.usd,
      threadTokens: this.#thread,
      threadUsd: this.#threadUsd,
      ...(this.#threadUsdTokens === null ? {} : { threadUsdTokens: this.#threadUsdTokens }),
      isPartial:
        this.#isCut ||
        this.#toldLess ||
        (calls !== null && this.#callsArePartial && this.#ending.kind !== 'ok'),
      tools: this.#tools,
      denied: this.#denied,
      ...(this.#deniedLast === '' ? {} : { deniedLast: this.#deniedLast }),
      ...(this.#asked === '' ? {} : { asked: this.#asked }),
      retries: this.#retries,
      hasBegun: this.#hasBegun,
      lastText: this.#lastText,
      ending: this.#ending,
    };
  }

  #progress(): void {
    this.#hasBegun = true;
    this.#asked = '';
    if (this.#ending.kind === 'open') this.#ending = { kind: 'open', error: null };
    // It goes on after what looked like the end of its turn.
    if (this.#ending.kind === 'ok') this.#ending = { kind: 'open', error: null };
  }

  /** A last word without a class does not hide the trouble it came from. */
  #moreTelling(error: AgentError): AgentError {
    const before = this.#ending.kind === 'ok' ? null : this.#ending.error;
    if (before === null || before.class === 'other') return error;
    if (error.class === 'other') return before;
    if (error.class !== before.class) return error;
    return {
      ...error,
      resetsAtMs: error.resetsAtMs ?? before.resetsAtMs,
      resetInMs: error.resetInMs ?? before.resetInMs,
    };
  }

  #count(event: Extract<AgentEvent, { kind: 'usage' }>): void {
    const { basis, tokens, usd, usdBasis } = event;
    if (event.isPartial === true) this.#toldLess = true;
    if (usdBasis === 'thread' && usd !== null) {
      this.#threadUsd = usd;
      this.#threadUsdTokens = event.usdTokens ?? null;
    }
    const ownUsd = usdBasis === 'thread' ? null : usd;
    switch (basis) {
      case 'thread':
        this.#thread = tokens;
        if (ownUsd !== null) this.#runUsd = (this.#runUsd ?? 0) + ownUsd;
        this.#forgetCalls();
        return;
      case 'run':
        this.#runs = addTokens(this.#runs ?? NO_TOKENS, tokens);
        if (ownUsd !== null) this.#runUsd = (this.#runUsd ?? 0) + ownUsd;
        this.#forgetCalls();
        return;
      case 'call':
        this.#countCall(event.key, tokens, ownUsd);
        return;
    }
  }

  #countCall(key: string | null, tokens: Tokens, usd: number | null): void {
    if (totalTokens(tokens) === 0 && usd === null) return;
    this.#hasCalls = true;
    const name = key ?? `#${(this.#unkeyed += 1)}`;
    this.#calls.set(name, { tokens, usd });
    if (this.#calls.size <= MAX_OPEN_CALLS) return;
    const [oldest] = this.#calls;
    if (oldest === undefined) return;
    this.#settledCalls = addTokens(this.#settledCalls, oldest[1].tokens);
    if (oldest[1].usd !== null) this.#settledUsd = (this.#settledUsd ?? 0) + oldest[1].usd;
    this.#calls.delete(oldest[0]);
  }

  #forgetCalls(): void {
    this.#calls.clear();
    this.#settledCalls = NO_TOKENS;
    this.#settledUsd = null;
    this.#hasCalls = false;
  }

  #callTotal(): { readonly tokens: Tokens; readonly usd: number | null } {
    let tokens = this.#settledCalls;
    let usd = this.#settledUsd;
    for (const call of this.#calls.values()) {
      tokens = addTokens(tokens, call.tokens);
      if (call.usd !== null) usd = (usd ?? 0) + call.usd;
    }
    return { tokens, usd };
  }
}

function unexplained(reason: string): AgentError {
  return { class: 'other', message: reason, resetsAtMs: null, resetInMs: null };
}
