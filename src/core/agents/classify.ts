/**
 * What an error of a model client means for the account and the conversation. A status code decides where there is one; the
 * words are read only where the client gives nothing else.
 */
import type { AgentError, ErrorClass } from './events.ts';

const RATE_LIMIT_STATUS: ReadonlySet<number> = new Set([429, 529]);
const AUTH_STATUS: ReadonlySet<number> = new Set([401, 403]);

/** In order: the first that matches holds. */
const WORDS: readonly (readonly [ErrorClass, RegExp])[] = [
  [
    'rate_limit',
    /\b(?:429|529)\b|rate.?limit|too many requests|(?:usage|session|weekly|spend(?:ing)?) limit|quota|RESOURCE_EXHAUSTED|overloaded/i,
  ],
  [
    'auth',
    /\b401\b|unauthori[sz]ed|authenticat|\bauth (?:type|method)\b|invalid.{0,8}api.?key|api.?key.{0,20}(?:missing|not (?:set|found|valid))|not logged in|log ?in (?:again|first|required)|\b(?:run|use) .{0,20}log ?in\b|credit balance is too low/i,
  ],
  [
    'session',
    /no (?:conversation|previous sessions?|saved session|rollout)\b.{0,40}\bfound|(?:session|thread|conversation)\b.{0,60}\b(?:not found|does not exist|expired)|invalid session/i,
  ],
  ['hung', /idle timeout|timed? ?out|ETIMEDOUT|stream disconnected/i],
  ['limit', /max(?:imum)?[ _](?:session[ _])?(?:turns?|budget)|turn limit/i],
];

const MAX_MESSAGE = 500;
/** A limit that claims to last longer is looked at again after this. */
const LONGEST_RESET_MS = 31 * 86_400_000;

export interface ErrorWords {
  readonly status?: number | null;
  /** The client's own name for it, such as `rate_limit_error`. */
  readonly code?: string | null;
  readonly message: string;
  /** From a header or a field, when the client gives one. */
  readonly resetsAtMs?: number | null;
  readonly resetInMs?: number | null;
}

export function errorOf(words: ErrorWords): AgentError {
  const { message } = words;
  return {
    class: classOf(words),
    message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message,
    resetsAtMs: plausible(words.resetsAtMs) ?? resetMomentIn(message),
    resetInMs: within(words.resetInMs) ?? resetDelayIn(message),
  };
}

function classOf({ status, code, message }: ErrorWords): ErrorClass {
  if (typeof status === 'number') {
    if (RATE_LIMIT_STATUS.has(status)) return 'rate_limit';
    if (AUTH_STATUS.has(status))
      return /quota|rate.?limit|usage limit/i.test(message) ? 'rate_limit' : 'auth';
  }
  return wordClass(code ?? '') ?? wordClass(message) ?? 'other';
}

/** The class that words alone suggest; null when they suggest none. */
export function wordClass(text: string): ErrorClass | null {
  for (const [name, pattern] of WORDS) if (pattern.test(text)) return name;
  return null;
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
const AMOUNT = String.raw`\d+(?:\.\d+)? ?(?:milliseconds?|ms|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)\b`;
/** `try again in 3 days 20 hours`, `Please retry in 34.07s`, `reset after 14h35m20s`, `"retryDelay":"34s"`. */
const DELAY = new RegExp(
  String.raw`(?:(?:try again|retry|resets?|available|wait)(?: again)?(?: in| after| for)?|retry_?-?(?:delay|after)(?:\\?["']?)[:=])\s*\\?["']?((?:${AMOUNT.replace(String.raw`\b`, '')}[ ,]*(?:and )?)+)`,
  'i',
);
const EACH = /(\d+(?:\.\d+)?) ?(milliseconds?|ms|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)/gi;

function resetDelayIn(message: string): number | null {
  const found = DELAY.exec(message)?.[1];
  if (found === undefined) return null;
  let sum = 0;
  for (const [, amount, unit = ''] of found.matchAll(EACH)) {
    const name = /^(?:ms|milli)/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
    sum += Number(amount) * (UNITS[name] ?? 0);
  }
  return within(sum);
}

/** `usage limit reached|1796000000`, or a whole RFC 3339 time after the word reset. */
function resetMomentIn(message: string): number | null {
  const seconds = /\|(\d{10})\b/.exec(message)?.[1];
  if (seconds !== undefined) return plausible(Number(seconds) * 1_000);
  const moment = /reset\w*\D{0,12}(\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))/i.exec(
    message,
  )?.[1];
  return moment === undefined ? null : plausible(Date.parse(moment));
}

function within(delayMs: number | null | undefined): number | null {
  if (delayMs === null || delayMs === undefined || !Number.isFinite(delayMs) || delayMs <= 0) return null;
  return Math.min(Math.ceil(delayMs), LONGEST_RESET_MS);
}

/** Between the years 2001 and 2286: anything else is no time in milliseconds. */
function plausible(atMs: number | null | undefined): number | null {
  if (atMs === null || atMs === undefined || !Number.isFinite(atMs)) return null;
  return atMs >= 1e12 && atMs < 1e13 ? Math.ceil(atMs) : null;
}
