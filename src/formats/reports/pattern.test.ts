import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePattern, valuesOfMatches } from './pattern.ts';
import { MAX_VALUES } from './reading.ts';

describe('patterns', () => {
  test('takes matches as numbers, and a match without a group as one', () => {
    expect(valuesOfMatches(['3', '1,000', 'x', null])).toEqual({
      ok: true,
      value: [3, 1_000, Number.NaN, 1],
    });
    expect(valuesOfMatches([])).toEqual({ ok: true, value: [] });
    expect(valuesOfMatches(Array.from({ length: MAX_VALUES + 1 }, () => '1')).ok).toBe(false);
  });
  test.each(['(', '(?i)', '', '(?<a>x)(?<a>y)'])('refuses %j with a reason', (text) => {
    expect(parsePattern(text)).toEqual({
      ok: false,
      error: expect.stringMatching(/^the pattern /) as unknown,
    });
  });
  test('never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'()[]{}*+?|\\^$.a1-<>=:i,'.split('')) }), (text) => {
        expect(typeof parsePattern(text).ok).toBe('boolean');
      }),
    );
  });
});
