/** What follows when an account is at its limit, a login is refused, or a conversation is gone: none of it is the task's fault. */
import { accountOf, freeAgent } from '../agents/accounts.ts';
import type { FreeCause } from '../run/events.ts';
import type { AttemptState, RunState, TaskState } from '../run/state.ts';
import type { Decision, Fact, Snapshot } from './snapshot.ts';

/** Pause after a limit that does not say when it ends; each next one in a row is twice as long. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 30 * 60_000;
/** After the moment a limit is said to end: clocks differ. */
const MARGIN_MS = 1_000;
/** Attempts in a row that only met a limit, before a person is asked. */
const MAX_LIMITED_IN_A_ROW = 50;
/** Conversations in a row that could not be gone on with. */
const MAX_LOST_IN_A_ROW = 3;

export function afterTrouble(
  task: TaskState,
  judged: { readonly verdict: FreeCause; readonly because: string },
  snapshot: Snapshot,
): readonly Decision[] {
  const { state } = snapshot;
  const attempt = state.attempts.get(task.attempts.at(-1) ?? ('' as never));
  if (attempt === undefined) return [];
  const inARow = countInARow(task, state, judged.verdict);
  if (judged.verdict === 'session') {
    return inARow > MAX_LOST_IN_A_ROW
      ? [needsPerson(task, 'environment', `${judged.because}; ${inARow} times in a row`)]
      : [freeRetry(task, judged)];
  }
  const parked = parkedFact(attempt, judged.verdict, state, inARow);
  const park: readonly Decision[] = parked === null ? [] : [{ kind: 'record', event: parked }];
  if (judged.verdict === 'rate_limit') {
    return inARow > MAX_LIMITED_IN_A_ROW
      ? [...park, needsPerson(task, 'environment', `${judged.because}; ${inARow} times in a row`)]
      : [...park, freeRetry(task, judged)];
  }
  return [
    ...park,
    hasStandIn(task, attempt, snapshot)
      ? freeRetry(task, judged)
      : needsPerson(task, 'login', judged.because),
  ];
}

function parkedFact(
  attempt: AttemptState,
  because: 'rate_limit' | 'auth',
  state: RunState,
  inARow: number,
): Fact | null {
  const agent = state.plan.agents[attempt.agent];
  if (agent === undefined) return null;
  const ending = attempt.facts?.stream?.ending;
  const error = ending === undefined || ending.kind === 'ok' ? null : ending.error;
  return {
    kind: 'account.parked',
    account: accountOf(agent),
    because,
    untilMs: because === 'auth' ? null : untilMs(attempt, error, inARow),
    why: error?.message ?? because,
    task: attempt.task,
    attempt: attempt.id,
  };
}

function untilMs(
  attempt: AttemptState,
  error: { readonly resetsAtMs: number | null; readonly resetInMs: number | null } | null,
  inARow: number,
): number {
  const endedAtMs = attempt.endedAtMs ?? attempt.startedAtMs;
  const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(20, inARow - 1));
  const saidMs =
    error?.resetsAtMs ?? (error?.resetInMs === null || error === null ? null : endedAtMs + error.resetInMs);
  return Math.max(saidMs ?? endedAtMs + pauseMs, endedAtMs) + MARGIN_MS;
}

/** A fallback whose account is free: the account of the attempt itself is about to be parked. */
function hasStandIn(task: TaskState, attempt: AttemptState, { state, nowMs }: Snapshot): boolean {
  const own = state.plan.agents[attempt.agent];
  if (own === undefined) return false;
  const accounts = new Map(state.accounts).set(accountOf(own), { because: 'auth', untilMs: null, why: '' });
  return freeAgent(task, { ...state, accounts }, nowMs).kind === 'agent';
}

function countInARow(task: TaskState, state: RunState, verdict: FreeCause): number {
  let count = 0;
  for (const id of task.attempts.toReversed()) {
    if (state.attempts.get(id)?.verdict !== verdict) break;
    count += 1;
  }
  return count;
}

function freeRetry(
  task: TaskState,
  { verdict, because }: { readonly verdict: FreeCause; readonly because: string },
): Decision {
  return {
    kind: 'record',
    event: {
      kind: 'task.retry',
      task: task.task.id,
      cause: verdict,
      isFree: true,
      agent: task.agent,
      // The account decides when: every task on it waits for the same moment.
      notBeforeMs: 0,
      feedback: { summary: because, logs: [] },
      onto: null,
    },
  };
}

function needsPerson(task: TaskState, cause: 'environment' | 'login', detail: string): Decision {
  return {
    kind: 'record',
    event: { kind: 'task.needs_person', task: task.task.id, cause, detail, files: [] },
  };
}
