import { describe, expect, test } from 'vitest';
import { DIRECTIVES, parseDirectives } from './directives.ts';
import { EDITS } from './edits.ts';
import { MISBEHAVIOUR } from './misbehaviour.ts';

const facts = { attempt: 2, wave: 1 };
const parsed = (prompt: string, at = facts): [string, ...string[]][] =>
  parseDirectives(prompt, at).actions.map((action) => [action.name, ...action.operands]);

describe('reads', () => {
  test.each<[string, readonly string[]]>([
    ['demo: write a/b.txt hello  world', ['write', 'a/b.txt', 'hello  world\n']],
    ['demo: write "a b.txt" "one\\ntwo"', ['write', 'a b.txt', 'one\ntwo\n']],
    ['demo: write a.txt', ['write', 'a.txt', '\n']],
    ['demo: write a.txt <<EOF\none\n two\nEOF', ['write', 'a.txt', 'one\n two\n']],
    ['demo: write a.txt <<END\ndemo: fail\nEND', ['write', 'a.txt', 'demo: fail\n']],
    ['  - demo: write a <<EOF\n    one\n      two\n    EOF', ['write', 'a', 'one\n  two\n']],
    ['demo: replace a.ts s/x = 1/x = 2/g', ['replace', 'a.ts', 's/x = 1/x = 2/g']],
    ['demo: commit "Add it\\n\\nWave-Done: 1"', ['commit', 'Add it\n\nWave-Done: 1']],
    ['demo: commit Add it', ['commit', 'Add it']],
    ['demo: sleep 1m30s', ['sleep', '90000']],
    ['demo: flood 10MB', ['flood', '10000000']],
    ['demo: fail', ['fail']],
    ['demo: fail not today', ['fail', 'not today']],
    ['  * demo: exit 3  ', ['exit', '3']],
    ['demo: move-ref main', ['move-ref', 'main']],
    ['demo: on-attempt 2 say hi', ['say', 'hi']],
    ['demo: on-attempt 1+ on-wave 1 say hi', ['say', 'hi']],
    ['Tests fail.\ndemo: when-prompt-contains "Tests fail" say hi', ['say', 'hi']],
    ['demo: unless-prompt-contains failed say hi', ['say', 'hi']],
    ['demo: say hi\r\n', ['say', 'hi']],
  ])('%j', (prompt, action) => {
    expect(parsed(prompt)).toEqual([action]);
  });
});

describe('leaves out what does not apply', () => {
  test.each([
    'demo: on-attempt 1 say hi',
    'demo: on-attempt 3+ say hi',
    'demo: on-wave 2 say hi',
    'demo: when-prompt-contains "text in a directive" say text in a directive',
    'demo: unless-prompt-contains Fix say hi\nFix it',
  ])('%j', (prompt) => {
    expect(parseDirectives(prompt, facts)).toMatchObject({ actions: [], problems: [], isDirected: true });
  });
});

describe('refuses', () => {
  test.each([
    ['demo: wirte a b', 'line 1: unknown directive wirte'],
    ['a\ndemo:', 'line 2: unknown directive (none)'],
    ['demo: exit soon', 'line 1: expected: exit 3'],
    ['demo: sleep 5', 'expected: sleep 2s'],
    ['demo: stall now', 'expected: stall'],
    ['demo: flood much', 'expected: flood 10MB'],
    ['demo: on-attempt two say hi', 'cannot read'],
    ['demo: write a <<EOF\nnever ends', 'no line EOF'],
  ])('%j', (prompt, problem) => {
    expect(parseDirectives(prompt, facts).problems).toEqual([expect.stringContaining(problem)]);
  });
});

test('prose is the prompt without directives and their content', () => {
  const { prose, isDirected } = parseDirectives('One\ndemo: write a <<E\nx\nE\nTwo', facts);
  expect([prose, isDirected]).toEqual(['One\nTwo', true]);
  expect(parseDirectives('The demo: a show', facts).isDirected).toBe(false);
});

test('every directive in the table is implemented, and nothing else is', () => {
  const implemented = [...Object.keys(EDITS), ...Object.keys(MISBEHAVIOUR), 'dirty'];
  expect(implemented.toSorted()).toEqual(DIRECTIVES.map((one) => one.name).toSorted());
});
