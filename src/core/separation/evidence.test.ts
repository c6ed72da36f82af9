import { describe, expect, test } from 'vitest';
import { coChangeOf, companionsOf } from './co-change.ts';
import { independentSets } from './independent.ts';
import { matrixOf, type PairVerdict, type Subject } from './matrix.ts';
import { mergeOrder } from './order.ts';
import { pathsInText, readFileList } from './paths-in-text.ts';
import { readScope } from './scope.ts';
import { type TouchSources, touchesOf } from './touches.ts';

const FILES = [
  'src/api/routes.ts',
  'src/api/types.ts',
  'src/web/app.ts',
  'docs/guide.md',
  'README.md',
  'web/index.ts',
  'lib/index.ts',
  'x/index.ts',
];
const list = readFileList(FILES);

describe('paths in a text', () => {
  test.each([
    ['change `src/api/routes.ts` please', ['file src/api/routes.ts']],
    ['see src/api/types.ts:12:3, and ./README.md.', ['file src/api/types.ts', 'file README.md']],
    ['(src/web/app.ts#L10-L20)', ['file src/web/app.ts']],
    ['everything in src/api/ and `docs/**`', ['folder src/api', 'folder docs']],
    ['only routes.ts', ['file src/api/routes.ts']],
    ['index.ts is everywhere', []],
    ['the docs and the src of the web', []],
    ['write src/api/errors.ts', ['new src/api/errors.ts']],
    ['and/or, e.g. 1.5 or nowhere/at/all.ts', []],
    ['../src/api/routes.ts /etc/passwd src//api', []],
    ['src/api/routes.ts src/api/routes.ts', ['file src/api/routes.ts']],
    ['', []],
  ])('%j', (text, expected) => {
    expect(pathsInText(text, list).map(({ kind, path }) => `${kind} ${path}`)).toEqual(expected);
  });

  test('a huge hostile text is read in bounded time and gives bounded names', () => {
    const text = `${'a/'.repeat(300_000)} ${'README.md '.repeat(1_000)}${'.'.repeat(300_000)}`;
    expect(pathsInText(text, list).length).toBeLessThanOrEqual(100);
  });
});

test('what changed together is counted, sweeps and rare files left out', () => {
  const sweep = Array.from({ length: 60 }, (_, at) => `s${at}`);
  const commits = [['a', 'b'], ['a', 'b', 'c'], ['a'], ['a', 'b'], ['r', 'b'], ['a', ...sweep]];
  const history = coChangeOf(commits, new Set(['a', 'r']));
  expect(companionsOf('a', history)).toEqual([{ path: 'b', chance: 0.75, together: 3, of: 4 }]);
  expect(companionsOf('r', history)).toEqual([]);
  expect(companionsOf('never', history)).toEqual([]);
});

const sources = (changes: Partial<TouchSources>): TouchSources => ({
  scope: null,
  named: [],
  committed: [],
  uncommitted: [],
  isGoingOn: true,
  ...changes,
});
const subject = (
  id: string,
  changes: Partial<TouchSources>,
  history = coChangeOf([], new Set()),
): Subject => {
  const own = sources(changes);
  return { id, scope: own.scope, isGoingOn: own.isGoingOn, touches: touchesOf(own, list, history) };
};
const scope = (...include: readonly string[]) => readScope({ include, exclude: [], origin: 'declared' });
const none = (): PairVerdict | null => null;
const one = (a: Subject, b: Subject, verdict: PairVerdict | null = null) =>
  matrixOf([a, b], () => verdict)[0];

describe('a cell', () => {
  test.each([
    [
      'both texts name one file',
      { named: pathsInText('README.md', list) },
      { named: pathsInText('fix README.md', list) },
      ['text'],
      0.49,
    ],
    [
      'one changed what the other names',
      { committed: ['README.md'] },
      { named: pathsInText('README.md', list) },
      ['paths', 'text'],
      0.7,
    ],
    ['both have it open', { uncommitted: ['README.md'] }, { uncommitted: ['README.md'] }, ['live'], 1],
    [
      'scopes that are one file',
      { scope: scope('README.md') },
      { scope: scope('README.md') },
      ['declared'],
      1,
    ],
    [
      'scopes that meet where nothing is yet',
      { scope: scope('new/**') },
      { scope: scope('new/x.ts') },
      ['declared'],
      0.1,
    ],
    ['scopes apart', { scope: scope('docs/**') }, { scope: scope('src/**') }, [], 0],
    ['nothing known', {}, {}, [], 0],
  ])('%s', (_, left, right, origin, overlap) => {
    const cell = one(subject('a', left), subject('b', right));
    expect([cell?.result, cell?.origin, cell?.overlap]).toEqual(['unknown', origin, overlap]);
    expect(cell?.confidence).toBe(overlap);
  });

  test('history speaks for a file that usually changes with a named one', () => {
    const commits = Array.from({ length: 4 }, () => ['src/api/routes.ts', 'docs/guide.md']);
    const history = coChangeOf(commits, new Set(['src/api/routes.ts']));
    const a = subject('a', { named: pathsInText('src/api/routes.ts', list) }, history);
    const cell = one(a, subject('b', { uncommitted: ['docs/guide.md'] }));
    expect(cell?.origin).toEqual(['history', 'live']);
    expect(cell?.because).toContain('4 of 4 past changes of src/api/routes.ts changed it too');
  });

  test('a verdict of git is certain, whatever was expected', () => {
    const [a, b] = [subject('a', { committed: ['x', 'y'] }), subject('b', { committed: ['x'] })];
    expect(one(a, b, { kind: 'clean', how: 'merged' })).toMatchObject({
      result: 'clean',
      confidence: 1,
      origin: ['trial', 'paths'],
      files: ['x'],
    });
    expect(one(a, b, { kind: 'conflict', files: ['x'] })).toMatchObject({
      result: 'conflict',
      confidence: 1,
      overlap: 1,
      files: ['x'],
    });
    expect(one(a, b, { kind: 'unknown', why: 'no common history' })).toMatchObject({ result: 'unknown' });
    expect(one(subject('a', {}), subject('b', {}), { kind: 'clean', how: 'apart' })?.origin).toEqual([
      'paths',
    ]);
  });
});

describe('who may run together', () => {
  test('those that conflict, whose scopes meet or that likely meet are apart, with the reason', () => {
    const subjects = [
      subject('a', { scope: scope('src/**') }),
      subject('b', { scope: scope('docs/**') }),
      subject('c', { scope: scope('src/web/*.ts') }),
      subject('d', { scope: scope('docs/guide.md') }),
    ];
    const { sets, rivals } = independentSets(subjects, matrixOf(subjects, none));
    expect(rivals.map(({ a, b }) => `${a}${b}`)).toEqual(['ac', 'bd']);
    expect(rivals[0]?.because).toContain('src/** and src/web/*.ts meet');
    expect(sets).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  test('no set ever holds two that are apart, and nobody is left out', () => {
    let seed = 3;
    for (let round = 0; round < 100; round += 1) {
      const subjects = Array.from({ length: 12 }, (_, at) => subject(`t${at}`, {}));
      const cells = matrixOf(subjects, () => {
        seed = (seed * 48_271) % 2_147_483_647;
        return seed % 3 === 0 ? { kind: 'conflict', files: ['x'] } : { kind: 'clean', how: 'apart' };
      });
      const { sets, rivals } = independentSets(subjects, cells);
      for (const { a, b } of rivals)
        expect(sets.some((set) => set.includes(a) && set.includes(b))).toBe(false);
      expect(sets.flat().toSorted()).toEqual(subjects.map(({ id }) => id).toSorted());
    }
  });

  test('finished branches that merge clean are together although they share a file', () => {
    const done = { committed: ['x'], isGoingOn: false };
    const subjects = [subject('a', done), subject('b', done)];
    expect(
      independentSets(
        subjects,
        matrixOf(subjects, () => ({ kind: 'clean', how: 'merged' })),
      ).rivals,
    ).toEqual([]);
  });
});

describe('the merge order', () => {
  const conflicts =
    (...pairs: readonly string[]) =>
    (a: string, b: string): PairVerdict =>
      pairs.includes(a + b) ? { kind: 'conflict', files: ['x'] } : { kind: 'clean', how: 'apart' };
  const order = (
    text: string,
    verdict: (a: string, b: string) => PairVerdict,
    after: Readonly<Record<string, string>> = {},
  ) => {
    const landers = text.split('').map((id, at) => ({
      id,
      size: text.length - at,
      after: (after[id] ?? '').split('').map((need) => ({ id: need, because: 'needed' })),
    }));
    return mergeOrder(
      landers,
      matrixOf(
        text.split('').map((id) => subject(id, {})),
        verdict,
      ),
    );
  };
  const ids = (ordered: readonly { readonly id: string }[]): string => ordered.map(({ id }) => id).join('');

  test.each([
    ['small before large', 'abc', conflicts(), {}, 'cba'],
    ['fewest conflicts first', 'abcd', conflicts('cd', 'bd'), {}, 'acbd'],
    ['needs before all', 'abc', conflicts(), { c: 'a' }, 'bac'],
    ['needs outside the list do not count', 'ab', conflicts(), { b: 'z' }, 'ba'],
    ['a circle of needs still gives everyone a place', 'ab', conflicts(), { a: 'b', b: 'a' }, 'ba'],
  ])('%s', (_, text, verdict, after, expected) => {
    const ordered = order(text, verdict, after);
    expect(ids(ordered)).toBe(expected);
    for (const { because } of ordered) expect(because).toMatch(/\w+ \w+/);
  });

  test('says why', () => {
    const [first, second, third] = order('abc', conflicts('ab'), { c: 'b' });
    expect(first).toEqual({ id: 'b', because: 'conflicts with a, still to land; 2 paths' });
    expect(second).toEqual({ id: 'c', because: 'after b (needed); conflicts with none; 1 path' });
    expect(third?.because).toBe('conflicts with b, landed before; 3 paths');
  });
});
