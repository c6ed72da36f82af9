import { describe, expect, test } from 'vitest';
import { readQuickly } from './fast-reader.ts';
import { readFully } from './full-reader.ts';
import { toValues } from './values.ts';

const valueOf = (text: string): unknown => {
  const quick = readQuickly(text);
  return quick.kind === 'read' ? toValues(quick.root).root : quick.kind;
};

describe('reads', () => {
  test.each<[string, string, unknown]>([
    ['nested maps', 'a:\n  b:\n    c: 1\nd: 2\n', { a: { b: { c: 1 } }, d: 2 }],
    ['lists under and beside their key', 'a:\n- 1\n- 2\nb:\n  - 3\n', { a: [1, 2], b: [3] }],
    ['maps behind dashes', 'a:\n- b: 1\n  c: 2\n- - 3\n  - 4\n', { a: [{ b: 1, c: 2 }, [3, 4]] }],
    ['brackets over lines', 'a: [1,\n  {b: c, "d": e}, # f\n]\n', { a: [1, { b: 'c', d: 'e' }] }],
    ['text over lines', 'a: one\n  two\n\n  three\nb: 1\n', { a: 'one two\nthree', b: 1 }],
    [
      'blocks of text',
      'a: |\n  x\n   y\n\n  z\nb: >-\n  x\n  y\n\n  z\n',
      { a: 'x\n y\n\nz\n', b: 'x y\nz' },
    ],
    ['quotes', `a: 'it''s'\nb: "x\\n\\"y\\""\n'c d': 1\n`, { a: "it's", b: 'x\n"y"', 'c d': 1 }],
    ['comments', '# a\na: 1 # b\n  # c\nb: x#y\n', { a: 1, b: 'x#y' }],
    ['what is left out', 'a:\nb:\n  -\n  - 1\n', { a: null, b: [null, 1] }],
    ['addresses and times', 'a: http://x:1/y\nb: 12:30\n', { a: 'http://x:1/y', b: '12:30' }],
    ['a start mark', '# x\n---\na: 1\n', { a: 1 }],
    ['no last line feed', 'a: 1', { a: 1 }],
    [
      'typed scalars',
      'a: [~, null, true, False, 0x1F, 0o17, 1e3, .5, -2, .inf, 1_0, yes]\n',
      { a: [null, null, true, false, 31, 15, 1000, 0.5, -2, Infinity, '1_0', 'yes'] },
    ],
  ])('%s', (_name, text, expected) => {
    expect(valueOf(text)).toEqual(expected);
    const full = readFully(text).root;
    expect(full === null ? null : toValues(full).root).toEqual(expected);
  });
});

describe('leaves to the full parser', () => {
  test.each([
    'a: &x 1\n',
    'a: *x\n',
    'a: !t x\n',
    '? a\n: b\n',
    'a:\n\t- b\n',
    'a: 1\n---\nb: 2\n',
    'a: 1\n...\n',
    '%YAML 1.2\n---\na: 1\n',
    'a: b: c\n',
    'a: "x\n  y"\n',
    'a: |2\n    x\n',
    'a: "\\x41"\n',
    'a: [b: c]\n',
    'a: {b}\n',
    'a: 1\n  b: 2\n',
    '- a\n',
    'a\n',
    '',
    'a: [\n',
    'a: 1\r\n',
    'a: @x\n',
    'a: `x`\n',
    'a: [1\n]x\n',
    'a:\n  - 1\n - 2\n',
  ])('%j', (text) => {
    expect(readQuickly(text).kind).toBe('beyond');
  });
});

test.each([
  ['depth', `a: ${'['.repeat(60)}`],
  ['depth', Array.from({ length: 60 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
  ['nodes', `a: [${'1,'.repeat(100_001)}]`],
])('stops at the limit of %s', (limit, text) => {
  expect(readQuickly(text)).toMatchObject({ kind: 'limit', limit });
});
