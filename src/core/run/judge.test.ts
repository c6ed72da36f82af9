import { StreamFold } from '../agents/stream-facts.ts';
import { expect, test } from 'vitest';
import { commitOf } from '../../../test/support/plan-builder.ts';
import { CLEAN_FACTS, GOOD_EXIT } from '../../../test/support/run-builder.ts';
import type { AttemptFacts, AttemptVerdict, ExitFacts } from './events.ts';
import { judgeAttempt } from './judge.ts';

const BASE = commitOf('base');

function check(
  exit: Partial<ExitFacts>,
  facts: Partial<AttemptFacts>,
  expected: AttemptVerdict,
  enforceScope: 'off' | 'warn' | 'block' = 'warn',
): void {
  const found = judgeAttempt({ ...GOOD_EXIT, ...exit }, { ...CLEAN_FACTS, ...facts }, BASE, { enforceScope });
  expect(found.verdict).toBe(expected);
}

test.each<[string, Partial<ExitFacts>, Partial<AttemptFacts>, AttemptVerdict, ('off' | 'warn' | 'block')?]>([
  ['a commit and exit code 0 are committed work', {}, {}, 'committed'],
  ['exit code 0 without a commit is no change', {}, { head: BASE }, 'no_change'],
  ['a head that is unknown is no change', {}, { head: null }, 'no_change'],
  ['a commit of a process that failed is a crash', { code: 1 }, {}, 'crash'],
  ['an end by a signal is a crash', { code: null, signal: 'SIGKILL' }, {}, 'crash'],
  ['a program that could not be started is a crash', { cause: 'spawn-failed', code: null }, {}, 'crash'],
  ['a supervisor that was killed is a crash', { cause: 'supervisor-lost', code: null }, {}, 'crash'],
  ['a time limit is told apart from a crash', { cause: 'timeout', signal: 'SIGKILL' }, {}, 'timeout'],
  ['a stall is told apart from a crash', { cause: 'stalled', signal: 'SIGINT' }, {}, 'stall'],
  ['a stop on request is no failure', { cause: 'stopped', code: 1 }, {}, 'stopped'],
  ['a branch that was refused breaks a rule', {}, { refusal: 'not a commit' }, 'violation'],
  [
    'conflict markers break a rule, also after a crash',
    { code: 1 },
    { conflictMarkers: ['a.ts' as never] },
    'violation',
  ],
  ['unsafe names break a rule', {}, { unsafe: ['.git/hooks/x'] }, 'violation'],
  [
    'damage that was repaired breaks none',
    {},
    { violations: [{ what: 'ref-moved', detail: 'x', repaired: true, tolerated: false }] },
    'committed',
  ],
  [
    'damage that could not be repaired does',
    {},
    { violations: [{ what: 'ref-moved', detail: 'x', repaired: false, tolerated: false }] },
    'violation',
  ],
  [
    'a path outside the scope is only noted with warn',
    {},
    { outOfScope: ['b.ts' as never] },
    'committed',
    'warn',
  ],
  [
    'a path outside the scope breaks a rule with block',
    {},
    { outOfScope: ['b.ts' as never] },
    'violation',
    'block',
  ],
])('%s', (_, exit, facts, expected, enforceScope) => {
  check(exit, facts, expected, enforceScope);
});

test('an agent that said it was done and did not exit has done its work, if there is a commit', () => {
  const fold = new StreamFold({ callsArePartial: false });
  fold.add({ kind: 'text', text: 'ready' });
  fold.add({ kind: 'done', ok: true, reason: '' });
  const exit = { ...GOOD_EXIT, cause: 'stalled', code: null, signal: 'SIGINT' } as const;
  const facts = { ...CLEAN_FACTS, stream: fold.facts() };
  const judge = (more: object) => judgeAttempt(exit, { ...facts, ...more }, BASE, { enforceScope: 'off' });
  expect(judge({})).toMatchObject({
    verdict: 'committed',
    because: expect.stringContaining('did not exit') as string,
  });
  expect(judge({ head: BASE })).toMatchObject({
    verdict: 'stall',
    because: expect.stringContaining('without a commit') as string,
  });
});
