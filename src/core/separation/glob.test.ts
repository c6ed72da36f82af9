import { expect, test } from 'vitest';
import { matchesAny } from './glob.ts';

const cases: readonly [pattern: string, path: string, matches: boolean][] = [
  ['src/api/**', 'src/api/users.ts', true],
  ['src/api/**', 'src/api/deep/er.ts', true],
  ['src/api/**', 'src/apis/users.ts', false],
  ['**/*.md', 'README.md', true],
  ['**/*.md', 'docs/a/b.md', true],
  ['*.md', 'docs/b.md', false],
  ['docs', 'docs/b.md', true],
  ['docs/', 'docs/b.md', true],
  ['docs', 'docs2/b.md', false],
  ['src/{a,b}/*.ts', 'src/b/x.ts', true],
  ['src/{a,b}/*.ts', 'src/c/x.ts', false],
  ['file?.txt', 'file1.txt', true],
  ['[a-c].txt', 'b.txt', true],
  ['[!a-c].txt', 'b.txt', false],
  ['a+b(c).txt', 'a+b(c).txt', true],
  ['{broken', '{broken', true],
  ['crates/core/src/expr.rs', 'crates/core/src/expr.rs', true],
];

test.each(cases)('%s against %s gives %s', (pattern, path, matches) => {
  expect(matchesAny([pattern], path)).toBe(matches);
});

test('matches a line break in a name', () => {
  expect(matchesAny(['src/**'], 'src/a\nb')).toBe(true);
});
