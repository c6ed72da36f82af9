import { describe, expect, test } from 'vitest';
import { addTask, removeTask, setTaskField } from './edit.ts';

const BLOCK = `# the plan
tasks:
  # paging first
  api:   {prompt: Paging, scope: "src/api/**"}   # small
  ui:
    prompt: Scroll     # smooth
    needs: api

  docs: Write it
gates: {test: npm test}   # one
`;

const LIST = `tasks:
- Do a
- id: b
  prompt: Do b   # why
  needs: do-a
`;

const textOf = (result: { ok: true; value: string } | { ok: false; error: unknown }): string =>
  result.ok ? result.value : JSON.stringify(result.error);

describe('adding', () => {
  test.each([
    [
      'after the last task of a map',
      BLOCK,
      { prompt: 'Do c', needs: ['api', 'ui'] },
      BLOCK.replace(
        '  docs: Write it\n',
        '  docs: Write it\n  c:\n    prompt: Do c\n    needs:\n      - api\n      - ui\n',
      ),
    ],
    [
      'in its short form',
      BLOCK,
      'Do c: now',
      BLOCK.replace('  docs: Write it\n', '  docs: Write it\n  c: "Do c: now"\n'),
    ],
    ['to a list, with its id', LIST, { prompt: 'Do c' }, `${LIST}- id: c\n  prompt: Do c\n`],
    [
      'inside braces',
      'tasks: {a: x} # end\n',
      { prompt: 'Do c' },
      'tasks: {a: x, c: {prompt: Do c}} # end\n',
    ],
    ['inside brackets', 'tasks: [x]\n', 'Do c', 'tasks: [x, {id: c, prompt: Do c}]\n'],
    ['to empty braces', 'tasks: {}\n', 'Do c', 'tasks: {c: Do c}\n'],
    ['where tasks has no value', 'tasks:\ngates: {}\n', 'Do c', 'tasks:\n  c: Do c\ngates: {}\n'],
    ['to a plan without tasks', 'name: x', 'Do c', 'name: x\ntasks:\n  c: Do c\n'],
    ['to an empty file', '', 'Do c', 'tasks:\n  c: Do c\n'],
    [
      'with a prompt of several lines',
      'tasks:\n  a: x\n',
      { prompt: 'One\n\n  two\n' },
      'tasks:\n  a: x\n  c:\n    prompt: |\n      One\n\n        two\n',
    ],
  ])('%s', (_name, text, fields, expected) => {
    expect(textOf(addTask(text, 'c', fields))).toBe(expected);
  });

  test.each([
    [BLOCK, 'api', 'exists'],
    [LIST, 'do-a', 'exists'],
    [BLOCK, '../x', 'bad-id'],
    ['tasks: [', 'c', 'unreadable'],
    ['- a\n', 'c', 'unreadable'],
  ])('refuses: %#', (text, id, kind) => {
    expect(addTask(text, id, 'x')).toMatchObject({ ok: false, error: { kind } });
  });
});

describe('setting a field', () => {
  test.each<[string, string, string, string, string | string[] | null, string]>([
    [
      'in braces',
      BLOCK,
      'api',
      'scope',
      ['a', 'b/**'],
      BLOCK.replace('scope: "src/api/**"', 'scope: [a, "b/**"]'),
    ],
    [
      'new in braces',
      BLOCK,
      'api',
      'priority',
      'high',
      BLOCK.replace('"src/api/**"}', '"src/api/**", priority: high}'),
    ],
    [
      'keeping the comment behind it',
      BLOCK,
      'ui',
      'prompt',
      'Scroll fast',
      BLOCK.replace('Scroll  ', 'Scroll fast  '),
    ],
    [
      'new in a block',
      BLOCK,
      'ui',
      'timeout',
      '2h',
      BLOCK.replace('    needs: api\n', '    needs: api\n    timeout: 2h\n'),
    ],
    [
      'of a short form',
      BLOCK,
      'docs',
      'needs',
      'ui',
      BLOCK.replace('  docs: Write it', '  docs:\n    prompt: Write it\n    needs: ui'),
    ],
    [
      'of a short form in a list',
      LIST,
      'do-a',
      'needs',
      ['b'],
      LIST.replace('- Do a', '- id: do-a\n  prompt: Do a\n  needs:\n    - b'),
    ],
    ['away', BLOCK, 'ui', 'needs', null, BLOCK.replace('    needs: api\n', '')],
    ['away in braces', BLOCK, 'api', 'scope', null, BLOCK.replace(', scope: "src/api/**"', '')],
    ['away behind a dash', LIST, 'b', 'id', null, LIST.replace('id: b\n  ', '')],
    ['that is not there away', BLOCK, 'ui', 'scope', null, BLOCK],
  ])('%s', (_name, text, id, field, value, expected) => {
    expect(textOf(setTaskField(text, id, { field, value }))).toBe(expected);
  });

  test('of nobody is refused with the tasks there are', () => {
    expect(setTaskField(BLOCK, 'x', { field: 'needs', value: 'a' })).toMatchObject({
      ok: false,
      error: { kind: 'unknown-task', known: ['api', 'ui', 'docs'] },
    });
  });
});

describe('removing', () => {
  test.each([
    [
      'from a block',
      BLOCK,
      'ui',
      BLOCK.replace('  ui:\n    prompt: Scroll     # smooth\n    needs: api\n', ''),
      [],
    ],
    [
      'with who needed it',
      BLOCK,
      'api',
      BLOCK.replace('  api:   {prompt: Paging, scope: "src/api/**"}   # small\n', ''),
      ['ui'],
    ],
    ['from a list', LIST, 'do-a', LIST.replace('- Do a\n', ''), ['b']],
    ['from braces', 'tasks: {a: x, b: y}\n', 'a', 'tasks: {b: y}\n', []],
    ['the last in braces', 'tasks: {a: x, b: y}\n', 'b', 'tasks: {a: x}\n', []],
    ['the only one', 'tasks:\n  a: x\nname: y\n', 'a', 'tasks: {}\nname: y\n', []],
    ['the only one of a list', 'tasks: # some\n- x\n', 'x', 'tasks: # some\n  []\n', []],
  ])('%s', (_name, text, id, expected, neededBy) => {
    const result = removeTask(text, id);
    expect(result).toEqual({ ok: true, value: { text: expected, neededBy } });
  });
});
