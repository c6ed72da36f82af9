/**
 * What a coding agent says while it works, in one shape for every client. It is the agent's own word: good for showing,
 * for counting and for telling a rate limit from a crash, never a proof that work was done.
 */

/** Tokens of model calls; `input` excludes what was read from or written to the cache. */
export interface Tokens {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/**
 * What a figure counts. call: one request to the model · run: everything since the last `run` figure, or since the process
 * began · thread: the whole conversation so far, also what earlier processes of it used.
 */
export type UsageBasis = 'call' | 'run' | 'thread';

/**
 * rate_limit: the account has to wait · auth: a person has to log in · session: the conversation to continue is not there ·
 * hung: the model stopped answering · limit: a limit of turns or money that the client was given · other: anything else.
 */
export type ErrorClass = 'rate_limit' | 'auth' | 'session' | 'hung' | 'limit' | 'other';

export interface AgentError {
  readonly class: ErrorClass;
  readonly message: string;
  /** When the limit ends, ms since the epoch; null when it was not said that way. */
  readonly resetsAtMs: number | null;
  /** How long from when it was said; null when it was not said that way. */
  readonly resetInMs: number | null;
}

export type AgentEvent =
  | { readonly kind: 'started'; readonly session: string | null; readonly model: string | null }
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'tool';
      readonly name: string;
      /** The command, the path, the query: what tells one call from another. */
      readonly detail: string;
      /** called: its outcome is told by a later event · ok, failed: it has ended. */
      readonly outcome: 'called' | 'ok' | 'failed';
    }
  | { readonly kind: 'retry'; readonly error: AgentError; readonly delayMs: number | null }
  | {
      readonly kind: 'usage';
      readonly basis: UsageBasis;
      /** Figures of one call that are told several times share a key; the last one holds. */
      readonly key: string | null;
      readonly tokens: Tokens;
      readonly usd: number | null;
      readonly usdBasis: UsageBasis;
      /** Tokens that `usd` is the price of, where the client tells: some count a whole conversation, some a process alone. */
      readonly usdTokens?: number;
      /** The client told less than it used. */
      readonly isPartial?: true;
    }
  /** It waits for an answer that nobody at a terminal will give. */
  | { readonly kind: 'ask'; readonly id: string; readonly what: string }
  | { readonly kind: 'denied'; readonly what: string }
  | { readonly kind: 'error'; readonly error: AgentError }
  | { readonly kind: 'done'; readonly ok: boolean; readonly reason: string }
  /** A line that is no event of the client, or one that says nothing of the above. */
  | { readonly kind: 'other'; readonly text: string };

export const NO_TOKENS: Tokens = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };

export function addTokens(a: Tokens, b: Tokens): Tokens {
  return {
    input: a.input + b.input,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    output: a.output + b.output,
  };
}

export function totalTokens(tokens: Tokens): number {
  return tokens.input + tokens.cacheRead + tokens.cacheWrite + tokens.output;
}
