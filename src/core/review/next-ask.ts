/** What comes after a turn of a reviewer: its review ends, or the question is put once more. */
import type { AgentError } from '../agents/events.ts';
import type { StreamFacts } from '../agents/stream-facts.ts';
import type { ExitFacts } from '../run/events.ts';
import type { ReviewOutcome } from '../run/review-events.ts';
import { type Verdict, verdictFault, type VerdictReading, type VerdictRequest } from './verdict.ts';

/** Times one answer is asked for. */
export const MAX_ASKS = 3;

export interface ReviewAsk {
  /** From 1 within one effect. */
  readonly number: number;
  /** The conversation it goes on with; null: a new one. */
  readonly session: string | null;
  /** Why the answer before could not be taken; null: this is no repetition of a question. */
  readonly fault: string | null;
}

/** What a turn showed. */
export interface ShownTurn {
  /** null when nobody wanted it any more. */
  readonly exit: Pick<ExitFacts, 'code' | 'signal' | 'cause' | 'detail'> | null;
  /** null: nothing is read out of its output. */
  readonly stream: StreamFacts | null;
  /** Of what it answered; looked at only when its process ended well. */
  readonly reading: VerdictReading;
}

/** What holds for every turn of one review. */
export interface AskTerms {
  readonly request: VerdictRequest;
  /** The conversation of the round before; null: there is none to go on with. */
  readonly session: string | null;
  /** The client can go on with a conversation. */
  readonly canResume: boolean;
}

export type NextAsk =
  /** `session`: the conversation the next round goes on with. */
  | { readonly kind: 'end'; readonly outcome: ReviewOutcome; readonly session: string | null }
  | { readonly kind: 'ask'; readonly ask: ReviewAsk };

export function firstAsk({ session }: Pick<AskTerms, 'session'>): ReviewAsk {
  return { number: 1, session, fault: null };
}

export function nextAsk(ask: ReviewAsk, turn: ShownTurn, terms: AskTerms): NextAsk {
  const session = sessionAfter(ask, turn, terms);
  const end = (outcome: ReviewOutcome): NextAsk => ({ kind: 'end', outcome, session });
  const again = (fault: string | null, into: string | null): NextAsk => ({
    kind: 'ask',
    ask: { number: ask.number + 1, session: into, fault },
  });
  if (turn.exit === null) return end({ kind: 'cancelled' });
  const error = errorOf(turn);
  // The turn was not taken: the conversation is as it was before.
  if (error?.class === 'rate_limit' || error?.class === 'auth')
    return { kind: 'end', outcome: { kind: 'limit', error }, session: terms.session };
  const isLast = ask.number >= MAX_ASKS;
  if (error?.class === 'session' && ask.session !== null && !isLast) return again(null, null);
  const crash = crashOf(turn.exit);
  if (crash !== null) return end({ kind: 'crash', why: crash });
  const answer = answerOf(turn.reading, terms.request);
  if (answer.kind === 'verdict') return end(answer);
  if (isLast)
    return end({ kind: 'invalid', why: `asked ${MAX_ASKS} times, and the last answer: ${answer.fault}` });
  return again(answer.fault, session);
}

type Answer =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'fault'; readonly fault: string };

function answerOf(reading: VerdictReading, request: VerdictRequest): Answer {
  if (reading.kind === 'unreadable') return { kind: 'fault', fault: reading.why };
  const { verdict } = reading;
  const fault = verdictFault(verdict, request);
  return fault === null ? { kind: 'verdict', verdict } : { kind: 'fault', fault };
}

/** A client that tells no session cannot be gone on with; the next question then carries the whole brief. */
function sessionAfter(ask: ReviewAsk, { stream }: ShownTurn, { canResume }: AskTerms): string | null {
  if (!canResume) return null;
  return stream?.hasBegun === true ? stream.session : ask.session;
}

function errorOf({ stream }: ShownTurn): AgentError | null {
  const ending = stream?.ending;
  return ending === undefined || ending.kind === 'ok' ? null : ending.error;
}

/** What an agent said before it failed is not its verdict. */
function crashOf(exit: NonNullable<ShownTurn['exit']>): string | null {
  if (exit.cause !== 'exited')
    return `it ended with ${exit.cause}${exit.detail === null ? '' : `: ${exit.detail}`}`;
  return exit.code === 0 ? null : `it exited with ${exit.code ?? exit.signal ?? 'an error'}`;
}
