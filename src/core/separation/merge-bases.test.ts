import { expect, test } from 'vitest';
import type { CommitId } from '../ids.ts';
import { type CommitRow, pairBases } from './merge-bases.ts';

const id = (name: string | number): CommitId => String(name) as CommitId;
const row = (commit: string, ...parents: readonly string[]): CommitRow => ({
  commit: id(commit),
  parents: parents.map(id),
});
const basesOf = (tips: string, rows: readonly CommitRow[], shared: string | null = null) =>
  pairBases(tips.split('').map(id), rows, shared === null ? null : id(shared)).map(
    ({ a, b, bases }) => `${a}${b}:${[...bases].toSorted().join('')}`,
  );

test.each([
  ['a fork', 'ab', [row('a', 'r'), row('b', 'r'), row('r')], ['ab:r']],
  ['one on the other', 'ab', [row('b', 'a'), row('a', 'r'), row('r')], ['ab:a']],
  [
    'a criss-cross',
    'ab',
    [row('a', 'x', 'y'), row('b', 'y', 'x'), row('x', 'r'), row('y', 'r'), row('r')],
    ['ab:xy'],
  ],
  ['no common history', 'ab', [row('a', 'r'), row('r'), row('b', 's'), row('s')], ['ab:']],
  [
    'three, two of them closer',
    'abc',
    [row('a', 'm'), row('b', 'm'), row('m', 'r'), row('c', 'r'), row('r')],
    ['ab:m', 'ac:r', 'bc:r'],
  ],
])('knows the bases of %s', (_, tips, rows, expected) => {
  expect(basesOf(tips, rows)).toEqual(expected);
});

test('history may end at a commit that all tips reach', () => {
  const rows = [row('a', 'm'), row('b', 'm'), row('m', 'r'), row('c', 'r')];
  expect(basesOf('abc', rows, 'r')).toEqual(['ab:m', 'ac:r', 'bc:r']);
});

test('agrees with the definition on random histories', () => {
  let seed = 11;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 300; round += 1) {
    const count = 4 + next(12);
    const parents = Array.from({ length: count }, (_, at) =>
      at === 0
        ? []
        : [...new Set(Array.from({ length: 1 + next(2) }, () => next(at)))].filter(() => next(12) > 0),
    );
    const rows = parents.map((own, at) => ({ commit: id(at), parents: own.map(id) })).toReversed();
    const tips = [...new Set(Array.from({ length: 4 }, () => next(count)))];
    for (const { a, b, bases } of pairBases(tips.map(id), rows, null)) {
      const expected = slowBases(parents, Number(a), Number(b));
      expect(
        bases.map(Number).toSorted((x, y) => x - y),
        JSON.stringify({ parents, a, b }),
      ).toEqual(expected);
    }
  }
});

function slowBases(parents: readonly (readonly number[])[], a: number, b: number): readonly number[] {
  const above = (from: number): Set<number> => {
    const seen = new Set([from]);
    for (const one of seen) for (const parent of parents[one] ?? []) seen.add(parent);
    return seen;
  };
  const common = [...above(a)].filter((one) => above(b).has(one));
  const best = common.filter((one) => !common.some((other) => other !== one && above(other).has(one)));
  return best.toSorted((x, y) => x - y);
}
