import { describe, expect, test } from 'vitest';
import { taskOf } from '../../../test/support/plan-builder.ts';
import type { RetryCause, RetryPolicy } from '../plan/model.ts';
import { nextTry, retriesAfter } from './retry.ts';

const POLICY: RetryPolicy = { max: 2, backoff: 'exponential', delayMs: 1_000, on: ['crash', 'gate'] };

function sequence(
  retries: Partial<RetryPolicy>,
  fallback: readonly string[],
  causes: readonly RetryCause[],
): readonly string[] {
  const task = taskOf('a', { agent: 'first', fallback, retries: { ...POLICY, ...retries } }, []);
  const agents: string[] = [];
  let used = 0;
  for (const cause of causes) {
    const next = nextTry(task, cause, used, 0);
    agents.push(next.kind === 'retry' ? next.agent : 'none');
    used = retriesAfter(task, cause, used);
  }
  return agents;
}

test.each<[string, Partial<RetryPolicy>, readonly string[], readonly RetryCause[], readonly string[]]>([
  ['one agent has max + 1 tries', {}, [], ['crash', 'gate', 'crash'], ['first', 'first', 'none']],
  ['no retries are none', { max: 0 }, [], ['crash'], ['none']],
  ['a cause that is not named ends the task', {}, [], ['timeout'], ['none']],
  [
    'a fallback takes over after the last try',
    { max: 1 },
    ['second'],
    ['crash', 'crash', 'crash', 'crash'],
    ['first', 'second', 'second', 'none'],
  ],
  [
    'a cause that is not named goes on with the fallback',
    {},
    ['second'],
    ['timeout', 'crash', 'crash', 'crash'],
    ['second', 'second', 'second', 'none'],
  ],
  [
    'and from the last fallback to nobody',
    {},
    ['second', 'third'],
    ['timeout', 'timeout', 'timeout'],
    ['second', 'third', 'none'],
  ],
])('%s', (_, retries, fallback, causes, expected) => {
  expect(sequence(retries, fallback, causes)).toEqual(expected);
});

describe('the pause', () => {
  const pause = (backoff: RetryPolicy['backoff'], cause: RetryCause, used: number): number | null => {
    const task = taskOf(
      'a',
      { retries: { max: 99, backoff, delayMs: 1_000, on: ['crash', 'gate', 'no_change'] } },
      [],
    );
    const next = nextTry(task, cause, used, 5);
    return next.kind === 'retry' ? next.notBeforeMs - 5 : null;
  };
  test.each([
    ['none', 'crash', 3, 0],
    ['fixed', 'crash', 3, 1_000],
    ['exponential', 'crash', 0, 1_000],
    ['exponential', 'crash', 3, 8_000],
    ['exponential', 'crash', 90, 600_000],
    ['exponential', 'gate', 3, 0],
    ['fixed', 'no_change', 1, 0],
  ] as const)('%s after %s and %i retries is %i ms', (backoff, cause, used, expected) => {
    expect(pause(backoff, cause, used)).toBe(expected);
  });
});
