import { expect, test } from 'vitest';
import type { TaskId } from '../ids.ts';
import type { Scope } from '../plan/model.ts';
import { allowsPath, overlapOf, readScope, separateByScope } from './scope.ts';

const scope = (include: string[], exclude: string[] = []): Scope => ({
  include,
  exclude,
  origin: 'declared',
});
const task = (id: string, include: string[]) => ({ id: id as TaskId, scope: scope(include) });

test.each([
  ['same folder', scope(['src/**']), scope(['src/a.ts']), true],
  ['different folders', scope(['src/**']), scope(['docs/**']), false],
  [
    'an exclusion that takes the other out',
    scope(['src/**'], ['src/api/**']),
    scope(['src/api/x.ts']),
    false,
  ],
  ['an exclusion that takes a part out', scope(['src/**'], ['src/api/**']), scope(['src/**/x.ts']), true],
  ['nothing declared', scope([]), scope(['src/**']), false],
])('overlap of %s: %#', (_name, a, b, expected) => {
  expect(overlapOf(readScope(a), readScope(b)) !== null).toBe(expected);
  expect(overlapOf(readScope(b), readScope(a)) !== null).toBe(expected);
});

test('says which patterns meet, and where', () => {
  const overlap = overlapOf(readScope(scope(['docs/**', 'src/**'])), readScope(scope(['src/api/*.ts'])));
  expect(overlap).toEqual({
    a: 'src/**',
    b: 'src/api/*.ts',
    example: 'src/api/x.ts',
    reason: 'src/** and src/api/*.ts meet, for example in src/api/x.ts',
  });
});

test('paths that are ignored are no overlap', () => {
  const both = scope(['CHANGELOG.md']);
  expect(overlapOf(readScope(both, ['CHANGELOG.md']), readScope(both, ['CHANGELOG.md']))).toBeNull();
});

test('puts tasks that do not overlap together and names the pairs that do', () => {
  const tasks = [
    task('a', ['src/**']),
    task('b', ['docs/**']),
    task('c', ['src/x.ts']),
    task('d', ['docs/x.md']),
  ];
  const { sets, pairs } = separateByScope(tasks);
  expect(sets).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  expect(pairs.map(({ a, b }) => `${a} ${b}`)).toEqual(['a c', 'b d']);
});

test.each([
  ['src/a.ts', true],
  ['src/gen/a.ts', false],
  ['docs/a.md', false],
])('allows %s: %s', (path, expected) => {
  expect(allowsPath(readScope(scope(['src/**'], ['src/gen/**'])), path)).toBe(expected);
});
