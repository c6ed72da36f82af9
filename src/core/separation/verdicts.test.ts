import { describe, expect, test } from 'vitest';
import type { CommitId } from '../ids.ts';
import {
  type KnownVerdict,
  MAX_VERDICT_FILES,
  MAX_VERDICTS,
  readVerdicts,
  verdictKey,
  withVerdicts,
  writeVerdicts,
} from './known-verdicts.ts';
import { rangeKey, rangesOf, workOf } from './pair-plan.ts';
import { readChanges } from './prefilter.ts';

const commit = (digit: string): CommitId => digit.repeat(40) as CommitId;
const [A, B, C, M, R] = ['a', 'b', 'c', '1', '2'].map(commit) as [
  CommitId,
  CommitId,
  CommitId,
  CommitId,
  CommitId,
];

describe('known verdicts', () => {
  const clean: KnownVerdict = { kind: 'clean' };
  const conflict: KnownVerdict = { kind: 'conflict', files: ['a b', 'é\n"x'] };
  const some = withVerdicts(new Map(), [
    [verdictKey(A, B), clean],
    [verdictKey(C, A), conflict],
  ]);

  test('are read back as they were written, whichever order the tips are asked in', () => {
    const read = readVerdicts(writeVerdicts(some, '2.39.5'), '2.39.5');
    expect(read).toEqual(some);
    expect(read.get(verdictKey(A, C))).toEqual(conflict);
  });

  test.each([
    ['another git', writeVerdicts(some, '2.40.0')],
    ['nothing', null],
    ['noise', 'copse verdicts 1, git 2.39.5\nX zz\nC \n\0\nX a b {"__proto__":1}'],
    ['files that are none', `copse verdicts 1, git 2.39.5\nX ${verdictKey(A, B)} [1]\nX ${verdictKey(A, C)}`],
  ])('of %s are none', (_, text) => {
    expect(readVerdicts(text, '2.39.5').size).toBe(0);
  });

  test('are bounded, the oldest go first, and one with too many files is not kept', () => {
    const many = Array.from({ length: MAX_VERDICTS + 10 }, (_, at) => [`k${at}`, clean] as const);
    const all = withVerdicts(new Map([['old', clean]]), many);
    expect(all.size).toBe(MAX_VERDICTS);
    expect(all.has('old')).toBe(false);
    const files = Array.from({ length: MAX_VERDICT_FILES + 1 }, (_, at) => `f${at}`);
    expect(withVerdicts(new Map(), [['big', { kind: 'conflict', files }]]).size).toBe(0);
  });
});

describe('what a pair needs', () => {
  const own = new Map([
    [A, R],
    [B, M],
  ]);
  const pair = (bases: readonly CommitId[]) => ({ a: A, b: B, bases });
  const changed = (paths: Readonly<Record<string, readonly string[]>>) =>
    new Map(
      Object.entries(paths).map(([key, list]) => [
        key,
        readChanges(list.map((path) => ({ path, kind: 'changed' }))),
      ]),
    );
  const [leg, left, right] = [
    { from: R, to: M },
    { from: R, to: A },
    { from: M, to: B },
  ].map(rangeKey) as [string, string, string];

  test('is asked of two legs where a tip left from a later commit', () => {
    expect(
      rangesOf([pair([R])], own)
        .map(rangeKey)
        .toSorted(),
    ).toEqual([left, right, leg].toSorted());
  });

  test.each([
    [
      'nothing when all legs are apart',
      [R],
      { [left]: ['x'], [leg]: ['y'], [right]: ['z'] },
      { kind: 'clean', how: 'apart' },
    ],
    [
      'a merge when the common way meets the other',
      [R],
      { [left]: ['y'], [leg]: ['y'], [right]: ['z'] },
      { kind: 'merge' },
    ],
    ['a merge when a comparison is missing', [R], { [left]: ['x'] }, { kind: 'merge' }],
    [
      'a merge when there are two bases',
      [R, M],
      { [left]: ['x'], [leg]: ['y'], [right]: ['z'] },
      { kind: 'merge' },
    ],
    ['nothing when one contains the other', [A], {}, { kind: 'clean', how: 'contained' }],
    ['is unknown without common history', [], {}, { kind: 'unknown', why: 'they have no common history' }],
  ] as const)('%s', (_, bases, changes, expected) => {
    expect(workOf(pair(bases), own, changed(changes))).toEqual(expected);
  });
});
