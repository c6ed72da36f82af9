import { expect, test } from 'vitest';
import { branchNameFault } from './branch-name.ts';

test.each(['main', 'copse/api', 'feature/x_1.2', 'ümlaut', 'a@b', 'release-1.0'])('accepts %s', (name) => {
  expect(branchNameFault(name)).toBeNull();
});

test.each([
  '',
  '@',
  'HEAD',
  '-x',
  '--upload-pack=x',
  'a b',
  'a..b',
  'a~1',
  'a^',
  'a:b',
  'a?',
  'a*',
  'a[',
  'a\\b',
  'a@{1}',
  'a.',
  'a/',
  '/a',
  'a//b',
  '.a',
  'a/.b',
  'a.lock',
  'a.lock/b',
  'a\nb',
  'a\u0000b',
  'refs/heads/x',
  'x'.repeat(241),
])('refuses %j', (name) => {
  expect(branchNameFault(name)).toEqual(expect.any(String));
});
