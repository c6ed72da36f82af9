import { expect, test } from 'vitest';
import { fixPlan } from './fix.ts';

const fix = (text: string): string => fixPlan(text, { file: 'copse.yaml' }).text;

test.each([
  [
    'words of other tools',
    'jobs: {a: {description: x, depends_on: [], files: src}} # c\n',
    'tasks: {a: {prompt: x, needs: [], scope: src}} # c\n',
  ],
  ['slips in keys', 'tasks: {a: {promt: x}}\n', 'tasks: {a: {prompt: x}}\n'],
  [
    'slips in names',
    'tasks: {api: x, ui: {prompt: y, needs: [apii]}}\n',
    'tasks: {api: x, ui: {prompt: y, needs: [api]}}\n',
  ],
  ['slips in words', 'tasks: [x]\nmerge: {strategy: sqash}\n', 'tasks: [x]\nmerge: {strategy: squash}\n'],
  ['camelCase', 'tasks: [x]\nmerge: {everyCommit: true}\n', 'tasks: [x]\nmerge: {every_commit: true}\n'],
  [
    'exclusions without quotes',
    'tasks:\n  a:\n    prompt: x\n    scope:\n      - src/**\n      - !src/gen/**\n',
    'tasks:\n  a:\n    prompt: x\n    scope:\n      - src/**\n      - "!src/gen/**"\n',
  ],
  ['numbers that are meant as text', 'tasks: {a: {prompt: 42}}\n', 'tasks: {a: {prompt: "42"}}\n'],
  [
    'templates without a task',
    'tasks: [x]\nworkspace: {branch: work}\n',
    'tasks: [x]\nworkspace: {branch: work/{task}}\n'.replace('work/{task}', '"work/{task}"'),
  ],
])('corrects %s', (_name, text, expected) => {
  expect(fix(text)).toBe(expected);
});

test('leaves alone what needs a decision, and says what is left', () => {
  const text = 'tasks: {a: {prompt: x, needs: zzz, timeout: 30}}\n';
  const result = fixPlan(text, { file: 'copse.yaml' });
  expect(result).toMatchObject({ text, applied: [] });
  expect(
    result.left.filter((problem) => problem.severity === 'error').map((problem) => problem.code),
  ).toEqual(['E0310', 'E0201']);
});

test('does not rename a key onto one that is there', () => {
  const text = 'tasks: {a: {prompt: x, needs: [], deps: []}}\n';
  expect(fix(text)).toBe(text);
});
