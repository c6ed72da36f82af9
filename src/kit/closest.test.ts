import { expect, test } from 'vitest';
import { closestTo } from './closest.ts';

test.each([
  ['titel', ['title', 'tags'], 'title'],
  ['needss', ['needs', 'notes'], 'needs'],
  ['sqash', ['merge', 'squash', 'rebase'], 'squash'],
  ['everyCommit', ['every_commit'], 'every_commit'],
  ['api', ['apii', 'ui'], 'apii'],
  ['xyz', ['needs', 'scope'], null],
  ['a', ['b'], 'b'],
  ['frontend', [], null],
])('finds for %s among %j: %s', (word, candidates, expected) => {
  expect(closestTo(word, candidates)).toBe(expected);
});
