import { describe, expect, test } from 'vitest';
import { displayWidth, padTo, truncateTo, wrapTo } from './display-width.ts';

describe('displayWidth', () => {
  test.each([
    ['', 0],
    ['plain', 5],
    ['日本', 4],
    ['ｆｕｌｌ', 8],
    ['한국', 4],
    ['e\u0301', 1],
    ['👍', 2],
    ['👍🏽', 2],
    ['👩‍👩‍👧‍👦', 2],
    ['🇯🇵', 2],
    ['1️⃣', 2],
    ['●◑▲✓', 4],
    ['…', 1],
  ])('%j takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe('truncateTo', () => {
  test.each([
    ['short', 10, 'short'],
    ['exactly', 7, 'exactly'],
    ['too long', 5, 'too…'],
    ['日本語です', 5, '日本…'],
    ['日本語です', 6, '日本…'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 3, '👩‍👩‍👧‍👦…'],
    ['x', 0, ''],
  ])('%j in %i columns is %j', (text, columns, expected) => {
    expect(truncateTo(text, columns)).toBe(expected);
    expect(displayWidth(truncateTo(text, columns))).toBeLessThanOrEqual(columns);
  });
});

describe('padTo and wrapTo', () => {
  test('pads by columns, not by characters', () => {
    expect(padTo('日', 4)).toBe('日  ');
    expect(padTo('日', 4, 'right')).toBe('  日');
  });

  test('breaks at spaces, and inside a word that is too long', () => {
    expect(wrapTo('the quick brownfoxjumps', 9)).toEqual(['the quick', 'brownfoxj', 'umps']);
    expect(wrapTo('', 9)).toEqual(['']);
  });
});
