import { expect, test } from 'vitest';
import { understand } from './understand.ts';

const known = { isFile: (path: string) => path === 'there.yaml', taskIds: ['api', 'ui'] };
const bare = { ...known, taskIds: null };

test.each([
  [[], { kind: 'nothing' }],
  [['there.yaml'], { kind: 'plan', file: 'there.yaml' }],
  [['api'], { kind: 'ids', ids: ['api'] }],
  [['ui', 'api'], { kind: 'ids', ids: ['ui', 'api'] }],
  [['Fix the test'], { kind: 'prompts', prompts: ['Fix the test'] }],
  [['Fix copse.yaml now'], { kind: 'prompts', prompts: ['Fix copse.yaml now'] }],
])('%j with a plan is understood', (words, wish) => {
  expect(understand(words, known)).toEqual(wish);
});

test('one word is a prompt where there is no plan', () => {
  expect(understand(['refactor'], bare)).toEqual({ kind: 'prompts', prompts: ['refactor'] });
});

test.each([
  [['gone.yaml'], 'plan-missing'],
  [['there.yaml', 'api'], 'usage-words'],
  [['apj'], 'task-unknown'],
  [['api', 'Fix the test'], 'usage-words'],
  [['  '], 'usage-prompt'],
])('%j is refused with %s', (words, code) => {
  expect(() => understand(words, known)).toThrow(expect.objectContaining({ code }) as Error);
});
