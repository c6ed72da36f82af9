import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseJsonPath, readJson } from './json.ts';

describe('json', () => {
  const text = JSON.stringify({
    a: { b: [1, '2.5', true, null, { c: 7 }] },
    'odd "key"': 3,
    list: [{ n: 1 }, { n: 2 }, {}],
  });
  test.each<[string, readonly number[] | string]>([
    ['$.a.b[0]', [1]],
    ['a.b[1]', [2.5]],
    ['$.a.b[2]', [1]],
    ['$.a.b[3]', [Number.NaN]],
    ['$.a.b[-1].c', [7]],
    ['$.list[*].n', [1, 2]],
    [`$['odd "key"']`, [3]],
    [String.raw`$["odd \"key\""]`, [3]],
    ['$.a.b[4].*', [7]],
    ['$.a', [Number.NaN]],
    ['$.a.missing', 'nothing at $.a.missing'],
    ['$.a.b.length', 'nothing at $.a.b.length'],
    ['$.a.constructor', 'nothing at $.a.constructor'],
    ['$.__proto__', 'nothing at $.__proto__'],
    ['$.a.b[99]', 'nothing at $.a.b[99]'],
    ['$..n', 'the path is not understood at "..n"'],
    ['$.list[?(@.n>1)]', 'the path is not understood at "[?(@.n>1)]"'],
    ['$.a[', 'the path is not understood at "["'],
  ])('at %s', (path, expected) => {
    expect(readJson(text, path)).toEqual(
      typeof expected === 'string' ? { ok: false, error: expected } : { ok: true, value: expected },
    );
  });
  test.each([
    ['alone', '{"n": 5}'],
    ['with a byte order mark', '\uFEFF{"n": 5}'],
    ['after a banner', '> x@1.0.0 test\n> jest --json\n\n{\n "n": 5\n}\ndone\n'],
    ['on its last line', '{ broken\nmore [text]\n{"n":5}\n'],
  ])('finds a value %s', (_what, log) => {
    expect(readJson(log, 'n')).toEqual({ ok: true, value: [5] });
  });
  test.each(['', 'no json', '{', '{"n":'])('says that there is none in %j', (log) => {
    expect(readJson(log, 'n')).toEqual({ ok: false, error: 'there is no JSON in it' });
  });
  test.each([
    ['{"errors":[]}', '$.errors[*]', { ok: true, value: [] }],
    ['{"errors":{}}', '$.errors.*.code', { ok: true, value: [] }],
    ['{"errors":3}', '$.errors[*]', { ok: false, error: 'nothing at $.errors[*]' }],
    ['{}', '$.errors[*]', { ok: false, error: 'nothing at $.errors[*]' }],
  ])('tells an empty list from a missing one: %s at %s', (log, path, expected) => {
    expect(readJson(log, path)).toEqual(expected);
  });
  test('bounds how much a path may yield', () => {
    const wide = JSON.stringify(Array.from({ length: 400 }, () => Array.from({ length: 400 }, () => 1)));
    expect(readJson(wide, '$[*][*]')).toMatchObject({ ok: false });
  });
  test('survives deep nesting', () => {
    expect(readJson('['.repeat(200_000), '$[0]').ok).toBe(false);
    expect(typeof readJson('['.repeat(100_000) + ']'.repeat(100_000), '$[0]').ok).toBe('boolean');
  });
  test('never throws on any path or text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.json()),
        fc.string({ unit: fc.constantFrom(...'$.[]*\'"\\ab0-1'.split('')) }),
        (log, path) => {
          expect(typeof readJson(log, path).ok).toBe('boolean');
          expect(typeof parseJsonPath(path).ok).toBe('boolean');
        },
      ),
    );
  });
});
