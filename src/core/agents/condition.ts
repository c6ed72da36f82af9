/**
 * What an agent at work is really doing, told from evidence: what it said last, how long its output, its files and its
 * processes have been still. Looking only; what ends an agent is its own limits.
 */
import type { AgentEvent, ErrorClass } from './events.ts';

export interface VitalSigns {
  /** Ms since its last byte of output, or since it started. */
  readonly outputAgeMs: number;
  /** Ms since a file of its worktree changed; null: not within the time its output has been still. */
  readonly filesAgeMs: number | null;
  /** Whether its processes used the processor while they were looked at; unknown where that cannot be told. */
  readonly cpu: 'busy' | 'idle' | 'unknown';
}

export type Condition =
  | { readonly kind: 'working' }
  /** Neither output nor files, but its processes are at work: a build, a test run. */
  | { readonly kind: 'busy'; readonly stillMs: number }
  /** Nothing at all. */
  | { readonly kind: 'silent'; readonly stillMs: number; readonly isCertain: boolean }
  /** The same call, or the same few, again and again. */
  | { readonly kind: 'looping'; readonly what: string; readonly times: number }
  /** Waits for its model; it tries again by itself. */
  | { readonly kind: 'limited' | 'refused' | 'hung'; readonly detail: string; readonly stillMs: number }
  /** Waits for an answer at a terminal that nobody sits at. */
  | { readonly kind: 'asking'; readonly what: string; readonly stillMs: number }
  /** Said that it is done, and has not exited. */
  | { readonly kind: 'finished'; readonly stillMs: number };

/** Output that is older says nothing about now. */
export const STILL_MS = 60_000;
/** After its last word a client flushes and exits within this. */
const EXIT_MS = 15_000;
/** Rounds of the same calls that are no accident: a few repeats are how tests are run and files are read on. */
const LEAST_ROUNDS = 6;
/** Calls that a round may have. */
const LONGEST_ROUND = 3;

const WAITS: Partial<Readonly<Record<ErrorClass, 'limited' | 'refused' | 'hung'>>> = {
  rate_limit: 'limited',
  auth: 'refused',
  hung: 'hung',
};

/** `recent`: the newest events of its stream, in order; none for a program whose output is only text. */
export function conditionOf(recent: readonly AgentEvent[], signs: VitalSigns): Condition {
  const { outputAgeMs: stillMs } = signs;
  const last = recent.findLast((event) => event.kind !== 'other' && event.kind !== 'usage');
  if (last?.kind === 'done' && last.ok && stillMs >= EXIT_MS) return { kind: 'finished', stillMs };
  if (last?.kind === 'ask') return { kind: 'asking', what: last.what, stillMs };
  if (last?.kind === 'retry' || last?.kind === 'error') {
    const kind = WAITS[last.error.class];
    if (kind !== undefined) return { kind, detail: last.error.message, stillMs };
  }
  const loop = loopIn(recent);
  if (loop !== null) return { kind: 'looping', ...loop };
  if (stillMs < STILL_MS || (signs.filesAgeMs !== null && signs.filesAgeMs < STILL_MS))
    return { kind: 'working' };
  if (signs.cpu === 'busy') return { kind: 'busy', stillMs };
  const quietMs = Math.min(stillMs, signs.filesAgeMs ?? stillMs);
  return { kind: 'silent', stillMs: quietMs, isCertain: signs.cpu === 'idle' };
}

/** The round of calls that the newest calls repeat; null when they do not. */
export function loopIn(
  recent: readonly AgentEvent[],
): { readonly what: string; readonly times: number } | null {
  const calls = recent.flatMap((event) =>
    event.kind === 'tool' && event.outcome === 'called' ? [`${event.name} ${event.detail}`.trim()] : [],
  );
  for (let length = 1; length <= LONGEST_ROUND; length += 1) {
    let same = 0;
    for (let at = calls.length - 1; at - length >= 0 && calls[at] === calls[at - length]; at -= 1) same += 1;
    const times = Math.floor(same / length) + 1;
    if (times >= LEAST_ROUNDS) return { what: calls.slice(-length).join(', '), times };
  }
  return null;
}
