/** Whether, with which agent and when a task is tried again. */
import { assertNever } from '../../kit/assert.ts';
import type { RetryCause, Task } from '../plan/model.ts';

/** Longest pause between two attempts. */
const MAX_BACKOFF_MS = 10 * 60_000;

export type NextTry =
  | {
      readonly kind: 'retry';
      readonly agent: string;
      readonly notBeforeMs: number;
      readonly attemptOf: string;
    }
  | { readonly kind: 'give-up'; readonly why: string };

/**
 * The try after `retriesUsed` earlier retries. Each agent (the task's own, then its fallbacks) has `retries.max + 1`
 * tries; a cause that is not in `retries.on` goes straight to the next agent, or ends the task.
 */
export function nextTry(task: Task, cause: RetryCause, retriesUsed: number, nowMs: number): NextTry {
  const { retries } = task;
  const agents = [task.agent, ...task.fallback];
  const perAgent = retries.max + 1;
  const next = retriesAfter(task, cause, retriesUsed);
  const agent = agents[Math.floor(next / perAgent)];
  if (agent === undefined) {
    const why = retries.on.includes(cause)
      ? retriesUsed === 0
        ? 'no retries are allowed'
        : `all ${agents.length * perAgent} tries are used`
      : `${cause} is not retried`;
    return { kind: 'give-up', why };
  }
  const total = agents.length * perAgent;
  return {
    kind: 'retry',
    agent,
    notBeforeMs: nowMs + backoffMs(task, retriesUsed, cause),
    attemptOf: `try ${next + 1} of ${total}`,
  };
}

/** Retries used up once `cause` was answered: one more, or all that the present agent had left. */
export function retriesAfter(task: Task, cause: RetryCause, retriesUsed: number): number {
  const perAgent = task.retries.max + 1;
  if (task.retries.on.includes(cause)) return retriesUsed + 1;
  return (Math.floor(retriesUsed / perAgent) + 1) * perAgent;
}

function backoffMs(task: Task, retriesUsed: number, cause: RetryCause): number {
  // A red gate or a broken rule is answered at once: waiting does not make the agent's next turn any better.
  if (cause === 'gate' || cause === 'violation' || cause === 'no_change') return 0;
  switch (task.retries.backoff) {
    case 'none':
      return 0;
    case 'fixed':
      return Math.min(MAX_BACKOFF_MS, task.retries.delayMs);
    case 'exponential':
      return Math.min(MAX_BACKOFF_MS, task.retries.delayMs * 2 ** retriesUsed);
    default:
      return assertNever(task.retries.backoff);
  }
}
