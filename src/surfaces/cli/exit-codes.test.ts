import { describe, expect, test } from 'vitest';
import { Failure } from '../../kit/failure.ts';
import { EXIT, EXIT_MEANINGS, exitCodeOf, exitCodeOfOutcome } from './exit-codes.ts';

test.each([
  ['usage-anything', 2],
  ['no-run', 2],
  ['task-unknown', 2],
  ['plan-missing', 2],
  ['plan-invalid', 3],
  ['plan-untrusted', 4],
  ['git-not-a-repository', 4],
  ['store-driver-missing', 4],
  ['agent-missing', 4],
  ['input-needed', 6],
  ['merge-held', 6],
  ['limit-disk', 8],
  ['leader-held', 9],
  ['leader-lost', 9],
  ['git-timeout', 124],
  ['a-code-of-a-later-version', 4],
])('failure %s ends with %i', (code, expected) => {
  expect(exitCodeOf(new Failure(code, 'x'))).toBe(expected);
});

test('anything that is no failure is a bug', () => {
  expect(exitCodeOf(new Error('x'))).toBe(EXIT.bug);
  expect(exitCodeOf('x')).toBe(EXIT.bug);
});

test.each([
  ['done', 0],
  ['failed', 5],
  ['stopped', 5],
  ['waiting', 6],
  ['conflict', 7],
  ['limit', 8],
] as const)('outcome %s ends with %i', (outcome, expected) => {
  expect(exitCodeOfOutcome(outcome)).toBe(expected);
});

describe('the table of meanings', () => {
  test('has each code once', () => {
    expect(EXIT_MEANINGS.map(([code]) => code).toSorted((a, b) => a - b)).toEqual(
      Object.values(EXIT).toSorted((a, b) => a - b),
    );
  });
});
