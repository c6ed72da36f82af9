import { describe, expect, test } from 'vitest';
import { matchesAny, parseGlob } from './glob.ts';
import { commonPath } from './glob-intersect.ts';

describe('matching', () => {
  test.each([
    ['src/**', 'src/a/b.ts', true],
    ['src/**', 'srcs/a.ts', false],
    ['src/*.ts', 'src/a.ts', true],
    ['src/*.ts', 'src/a/b.ts', false],
    ['**/*.md', 'README.md', true],
    ['**/*.md', 'docs/a/b.md', true],
    ['*.md', 'docs/a.md', false],
    ['src/api', 'src/api/users.ts', true],
    ['src/api/', 'src/api/users.ts', true],
    ['./src/a.ts', 'src/a.ts', true],
    ['src/{api,web}/**', 'src/web/x', true],
    ['src/{api,web}/**', 'src/db/x', false],
    ['{a,b{c,d}}.ts', 'bd.ts', true],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[a-c].ts', 'b.ts', true],
    ['[!a-c].ts', 'b.ts', false],
    ['[!a-c].ts', 'd.ts', true],
    ['[', '[', true],
    ['{x}', '{x}', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['**', 'anything/at/all', true],
  ])('%s on %s: %s', (pattern, path, expected) => {
    expect(matchesAny([pattern], path)).toBe(expected);
  });
});

describe('a common path', () => {
  test.each([
    ['src/**', 'src/api/*.ts', true],
    ['src/api/**', 'src/web/**', false],
    ['src/*/index.ts', 'src/api/*.ts', true],
    ['**/*.md', 'docs/**', true],
    ['**/*.md', 'docs/*.txt', false],
    ['a*c', '*b*', true],
    ['a*c', 'b*', false],
    ['a/**/z', 'a/b/**', true],
    ['**/x/**', '**/y/**', true],
    ['{a,b}/x', '{b,c}/x', true],
    ['{a,b}/x', '{c,d}/x', false],
    ['[a-f]', '[f-z]', true],
    ['[a-f]', '[g-z]', false],
    ['[!a]', 'a', false],
    ['src', 'src/api/x.ts', true],
    ['**', '**', true],
    ['**', 'README.md', true],
    ['*.ts', '*.js', false],
    ['a/*', 'a/*/b', false],
  ])('of %s and %s: %s', (a, b, expected) => {
    const found = parseGlob(a).flatMap((left) => parseGlob(b).map((right) => commonPath(left, right)));
    const path = found.find((candidate) => candidate !== null) ?? null;
    expect(path !== null).toBe(expected);
    if (path !== null) expect([matchesAny([a], path), matchesAny([b], path)]).toEqual([true, true]);
  });

  test('takes too many alternatives for everything', () => {
    expect(parseGlob('{a,b}'.repeat(12))).toEqual([[{ kind: 'any-parts' }]]);
  });
});
