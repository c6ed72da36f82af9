import { describe, expect, test } from 'vitest';
import { counted, listed, shellWord, timeOf } from './words.ts';

describe('timeOf', () => {
  test('agrees with the platform on every day of 1970 to 2110 and at the edges', () => {
    const wrong: number[] = [];
    for (let day = 0; day < 51_500; day += 1) {
      const ms = day * 86_400_000 + ((day * 7_919) % 86_400_000);
      if (timeOf(ms) !== new Date(ms).toISOString()) wrong.push(ms);
    }
    for (const ms of [0, 951_782_400_000, 4_107_542_399_999, 253_402_300_799_999]) {
      if (timeOf(ms) !== new Date(ms).toISOString()) wrong.push(ms);
    }
    expect(wrong).toEqual([]);
  });

  test.each([Number.NaN, -1, Infinity, 1e18])('gives the epoch for %d', (ms) => {
    expect(timeOf(ms)).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('words', () => {
  test('count, list and quote', () => {
    expect([counted(1, 'file'), counted(2, 'retry', 'retries')]).toEqual(['1 file', '2 retries']);
    expect(listed(['a', 'b', 'c', 'd'])).toBe('a, b, c and 1 more');
    expect([shellWord('a/b.c'), shellWord("it's $x"), shellWord('')]).toEqual([
      'a/b.c',
      `'it'\\''s $x'`,
      "''",
    ]);
  });
});
