import { describe, expect, test } from 'vitest';
import { parseNumber } from './numbers.ts';

describe('numbers', () => {
  test.each([
    ['12', 12],
    [' -1.5 ', -1.5],
    ['1,234,567.5', 1_234_567.5],
    ['1_000', 1_000],
    ['98.6%', 98.6],
    ['1e3', 1_000],
    ['.5', 0.5],
    ['5.', 5],
    ['+3', 3],
    ['1,23', Number.NaN],
    ['12,3456', Number.NaN],
    ['0x10', Number.NaN],
    ['Infinity', Number.NaN],
    ['1e999', Number.NaN],
    ['e5', Number.NaN],
    ['.', Number.NaN],
    ['', Number.NaN],
    ['1 2', Number.NaN],
    ['9'.repeat(65), Number.NaN],
  ])('reads %j as %d', (text, value) => {
    expect(parseNumber(text)).toBe(value);
  });
});
