import { describe, expect, test } from 'vitest';
import { commonPaths, meetingOf, meetingOfLegs, type PathChange, readChanges } from './prefilter.ts';

/** `+a` added, `-a` deleted, `a` changed. */
const changes = (...rows: readonly string[]): readonly PathChange[] =>
  rows.map((row) => {
    const sign = row[0];
    if (sign === '+') return { path: row.slice(1), kind: 'added' };
    return sign === '-' ? { path: row.slice(1), kind: 'deleted' } : { path: row, kind: 'changed' };
  });
const read = (...rows: readonly string[]) => readChanges(changes(...rows));

describe('two sides', () => {
  test.each([
    ['with nothing in common are apart', ['a/x', 'b'], ['a/y', '+c/z'], null],
    ['with one path meet there', ['a/x', 'b'], ['a/x'], 'same path'],
    ['with a path that differs by case meet', ['src/Foo.ts'], ['+src/foo.ts'], 'same path'],
    ['with the same letter written in two ways meet', ['caf\u00e9'], ['+cafe\u0301'], 'same path'],
    ['with a file where the other has a folder meet', ['+p'], ['+p/q'], 'file against folder'],
    ['the same, deeper', ['+a/p'], ['+a/p/q/r', 'z'], 'file against folder'],
    ['with a folder beside a file of a longer name are apart', ['+p'], ['+pq/r'], null],
    [
      'with a deletion and an addition below one top folder meet',
      ['-a/b/x', '+n/x'],
      ['+a/c/y'],
      'deleted folder',
    ],
    ['with a deletion and a change below one top folder are apart', ['-a/b/x'], ['a/c/y'], null],
    ['with a deletion and an addition below two top folders are apart', ['-a/b/x'], ['+c/b/x'], null],
    ['with a deletion and an addition at the root meet', ['-x'], ['+y'], 'deleted folder'],
    ['with no change on one side are apart', [], ['a'], null],
  ])('%s', (_, left, right, why) => {
    expect(meetingOf(read(...left), read(...right))?.why ?? null).toBe(why);
    expect(meetingOf(read(...right), read(...left))?.why ?? null).toBe(why);
  });
});

test('a meeting names the paths', () => {
  expect(meetingOf(read('b', 'a', 'c'), read('a', 'b', 'd'))?.paths).toEqual(['a', 'b']);
  expect(meetingOf(read('-old/x'), read('+old/y'))?.paths).toEqual(['old']);
  expect(commonPaths(read('b', 'A'), read('a', 'b', 'c'))).toEqual(['A', 'b']);
});

test('legs meet when any of them does', () => {
  expect(meetingOfLegs([read('a'), read('b')], [read('c'), read('b')])?.paths).toEqual(['b']);
  expect(meetingOfLegs([read('a'), read('b')], [read('c')])).toBeNull();
  expect(meetingOfLegs([], [read('c')])).toBeNull();
});

test('is the same decision as comparing every pair of paths, for random changes', () => {
  const names = ['a', 'A', 'b', 'a/b', 'a/b/c', 'A/B', 'b/a', 'b/c/d', 'c/x', 'c/y'];
  let seed = 7;
  const next = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const some = (): readonly PathChange[] =>
    names
      .filter(() => next(4) === 0)
      .map((path) => ({ path, kind: (['added', 'deleted', 'changed'] as const)[next(3)] ?? 'changed' }));
  for (let round = 0; round < 3_000; round += 1) {
    const [left, right] = [some(), some()];
    const meets = left.some((x) => right.some((y) => slowlyMeets(x, y) || slowlyMeets(y, x)));
    expect(meetingOf(readChanges(left), readChanges(right)) !== null, JSON.stringify([left, right])).toBe(
      meets,
    );
  }
});

function slowlyMeets(x: PathChange, y: PathChange): boolean {
  const [one, two] = [x.path.toLowerCase(), y.path.toLowerCase()];
  const top = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '');
  const isMove = x.kind === 'deleted' && y.kind === 'added' && top(one) === top(two);
  return one === two || two.startsWith(`${one}/`) || isMove;
}
