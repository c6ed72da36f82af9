import { describe, expect, test } from 'vitest';
import { commitOf } from '../../../test/support/plan-builder.ts';
import type { CommitId, RepoPath, TaskId } from '../ids.ts';
import { overlapKey, type Overlap } from '../run/overlaps.ts';
import { verdictKey } from './known-verdicts.ts';
import { rangeKey } from './pair-plan.ts';
import { type PathChange, readChanges } from './prefilter.ts';
import { overlapNews, questionOf, type RadarFinding, type RadarHistory, withoutIgnored } from './radar.ts';

const [base, one, two, later] = ['base', 'one', 'two', 'later'].map(commitOf) as [
  CommitId,
  CommitId,
  CommitId,
  CommitId,
];
const [A, B] = ['a', 'b'] as [TaskId, TaskId];

const changed = (...paths: readonly string[]) =>
  readChanges(paths.map((path): PathChange => ({ path, kind: 'changed' })));

/** `one` and `two` stand on `base`; `two` on `later` as well where `bases` says so. */
function history(
  committed: Readonly<Record<string, ReturnType<typeof changed>>> = {},
  bases: readonly CommitId[] = [base],
): RadarHistory {
  const pairs = new Map([[verdictKey(one, two), bases]]);
  for (const head of [one, two]) pairs.set(verdictKey(base, head), [base]);
  return {
    basesOf: (a, b) => pairs.get(verdictKey(a, b)),
    ownBases: new Map([
      [one, base],
      [two, base],
      [base, base],
    ]),
    changes: new Map(Object.entries(committed)),
  };
}

const side = (head: CommitId, ...paths: readonly string[]) => ({
  task: A,
  head,
  uncommitted: paths.length === 0 ? null : changed(...paths),
});

describe('which pairs git is asked about', () => {
  const onOne = rangeKey({ from: base, to: one });
  const onTwo = rangeKey({ from: base, to: two });

  test('two worktrees on one commit, by what is uncommitted in them', () => {
    expect(questionOf(side(base, 'x'), side(base, 'x', 'y'), history())).toBe('ask');
    expect(questionOf(side(base, 'x'), side(base, 'y'), history())).toBe('apart');
    expect(questionOf(side(base, 'x'), side(base), history())).toBe('apart');
  });

  test('what is committed on one side and uncommitted on the other', () => {
    const known = history({ [onOne]: changed('x'), [onTwo]: changed('y') });
    expect(questionOf(side(one), side(base, 'x'), known)).toBe('ask');
    expect(questionOf(side(one), side(base, 'z'), known)).toBe('apart');
    expect(questionOf(side(one), side(two), known)).toBe('apart');
    expect(questionOf(side(one), side(two, 'x'), known)).toBe('ask');
    expect(questionOf(side(one, 'y'), side(two), known)).toBe('ask');
  });

  test('a branch that contains the other has nothing to meet, unless work on top of the contained one does', () => {
    const known = history({ [onOne]: changed('x') });
    expect(questionOf(side(one), side(base), known)).toBe('apart');
  });

  test('a new file in a folder that the other side empties may follow a rename', () => {
    const removes = { ...side(base), uncommitted: readChanges([{ path: 'd/old', kind: 'deleted' }]) };
    const adds = { ...side(base), uncommitted: readChanges([{ path: 'd/new', kind: 'added' }]) };
    expect(questionOf(removes, adds, history())).toBe('ask');
  });

  test('criss-crossed bases and unknown changes are always merged; no common history cannot be', () => {
    expect(questionOf(side(one), side(two), history({}, [base, later]))).toBe('ask');
    expect(questionOf(side(one), side(two), history())).toBe('ask');
    expect(questionOf(side(one), side(two), history({}, []))).toBe('unknown');
  });
});

describe('what of a look is news', () => {
  const found = (result: RadarFinding['result'], files: readonly string[] = []): RadarFinding => ({
    a: A,
    b: B,
    tips: { a: one, b: two },
    result,
    files: files as readonly RepoPath[],
  });
  const known = (overlap: Partial<Overlap>): ReadonlyMap<string, Overlap> =>
    new Map([
      [
        overlapKey(A, B),
        {
          a: A,
          b: B,
          tips: { a: one, b: two },
          files: ['x' as RepoPath],
          fileCount: 1,
          sinceMs: 0,
          recordedAtMs: 0,
          records: 1,
          goneAtMs: null,
          goneBecause: null,
          ...overlap,
        },
      ],
    ]);
  const kinds = (...args: Parameters<typeof overlapNews>) => overlapNews(...args).map(({ kind }) => kind);

  test.each([
    ['a conflict begins', new Map(), 'conflict', ['x'], ['overlap.seen']],
    ['the same conflict goes on', known({}), 'conflict', ['x'], []],
    ['it is in other files now', known({}), 'conflict', ['x', 'y'], ['overlap.seen']],
    ['it is gone', known({}), 'clean', [], ['overlap.gone']],
    ['it is gone and was on record so', known({ goneAtMs: 1, goneBecause: 'clean' }), 'clean', [], []],
    ['it is back', known({ goneAtMs: 1, goneBecause: 'clean' }), 'conflict', ['x'], ['overlap.seen']],
    ['git cannot say', known({}), 'unknown', [], []],
    ['nothing was and nothing is', new Map(), 'clean', [], []],
  ] as const)('%s', (_, before, result, files, news) => {
    expect(kinds(before as ReadonlyMap<string, Overlap>, [found(result, files)], 10)).toEqual(news);
  });

  test('a pair that goes back and forth is recorded ever more seldom', () => {
    let overlaps = new Map<string, Overlap>();
    let records = 0;
    for (let atMs = 0; atMs < 24 * 3_600_000; atMs += 1_500) {
      const [event] = overlapNews(overlaps, [found('conflict', [`f${atMs}`])], atMs);
      if (event?.kind !== 'overlap.seen') continue;
      records += 1;
      overlaps = new Map(known({ ...event, recordedAtMs: atMs, records }));
    }
    expect(records).toBeGreaterThan(8);
    expect(records).toBeLessThan(170);
  });

  test('names some files and counts all', () => {
    const files = Array.from({ length: 50 }, (_, at) => `f${at}`);
    expect(overlapNews(new Map(), [found('conflict', files)], 0)).toMatchObject([
      { fileCount: 50, files: files.slice(0, 20) },
    ]);
  });

  test('a conflict in nothing but ignored paths does not count', () => {
    expect(withoutIgnored(found('conflict', ['CHANGELOG.md']), ['CHANGELOG.md']).result).toBe('clean');
    expect(withoutIgnored(found('conflict', ['CHANGELOG.md', 'x']), ['CHANGELOG.md']).result).toBe(
      'conflict',
    );
  });
});
