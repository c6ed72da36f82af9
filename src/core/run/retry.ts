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
  const current = Math.floor(retriesUsed / perAgent);
  const next = retriesUsed + 1;
  const nextAgent = retries.on.includes(cause) ? Math.floor(next / perAgent) : current + 1;
  const agent = agents[nextAgent];
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
