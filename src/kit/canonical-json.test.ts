import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, MAX_JSON_DEPTH, NotJsonError } from './canonical-json.ts';

test.each([
  [{ b: 1, a: [true, null, 'x'] }, '{"a":[true,null,"x"],"b":1}'],
  [{ b: undefined, a: {} }, '{"a":{}}'],
  [{ é: 1, z: 2, Z: 3 }, '{"Z":3,"z":2,"é":1}'],
  [-0, '0'],
  [1e21, '1e+21'],
  ['\ud800\u0000"', String.raw`"\ud800\u0000\""`],
  [JSON.parse('{"__proto__":1}'), '{"__proto__":1}'],
  [Object.assign(Object.create(null) as object, { a: 1 }), '{"a":1}'],
])('writes %j as %s', (value, text) => {
  expect(canonicalJson(value)).toBe(text);
});

function nested(depth: number): unknown {
  return JSON.parse('['.repeat(depth) + ']'.repeat(depth));
}

const cycle: Record<string, unknown> = {};
cycle['self'] = cycle;
test.each([
  [undefined, '$'],
  [[1, undefined], '$[1]'],
  [Array.from({ length: 2 }).fill(() => 1), '$[0]'],
  [{ a: { b: [Number.NaN] } }, '$.a.b[0]'],
  [{ a: new Map() }, '$.a'],
  [[1n], '$[0]'],
  [Symbol('s'), '$'],
])('refuses what JSON cannot carry and says where (case %#)', (value, path) => {
  expect(() => canonicalJson(value)).toThrow(NotJsonError);
  expect(() => canonicalJson(value)).toThrow(`at ${path}`);
});

test('ends on cycles and on nesting deeper than the limit', () => {
  expect(() => canonicalJson(cycle)).toThrow(/nesting too deep or a cycle/);
  expect(canonicalJson(nested(MAX_JSON_DEPTH))).toHaveLength(MAX_JSON_DEPTH * 2);
  expect(() => canonicalJson(nested(MAX_JSON_DEPTH + 1))).toThrow(NotJsonError);
});

test('is one text for equal values and reads back equal', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('does not depend on the order keys were added in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const reversed = Object.fromEntries(Object.entries(value).toReversed());
      expect(canonicalJson(reversed)).toBe(canonicalJson(value));
    }),
  );
});
