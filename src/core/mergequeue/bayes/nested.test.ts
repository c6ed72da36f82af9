import { expect, test } from 'vitest';
import { nearestRate, testsToGo } from './nested.ts';

const rate = nearestRate(0.2);

test('one undecided change costs one test, the last of a red group none', () => {
  expect(testsToGo(0, 1, rate)).toBe(1);
  expect(testsToGo(1, 0, rate)).toBe(0);
});

test('two changes cost what the best order of tests by hand costs', () => {
  // Both: green with 0.64; else the first: bad with 0.2 / 0.36, and then the second is unknown again.
  const afterRed = 1 + 0.2 / 0.36;
  expect(testsToGo(2, 0, rate)).toBeCloseTo(afterRed);
  expect(testsToGo(0, 2, rate)).toBeCloseTo(1 + 0.36 * afterRed);
});

test('where most changes are bad nothing beats testing them one by one', () => {
  expect(testsToGo(0, 50, nearestRate(0.5))).toBeCloseTo(50);
});

test('the search costs little more than the information it needs', () => {
  const bits = -(0.11 * Math.log2(0.11) + 0.89 * Math.log2(0.89));
  const cost = testsToGo(0, 100, nearestRate(0.11)) / 100;
  expect(cost).toBeGreaterThan(bits);
  expect(cost).toBeLessThan(1.03 * bits);
});

test('a queue larger than the tables costs as much per change as the last one within', () => {
  const more = testsToGo(0, 201, rate) - testsToGo(0, 200, rate);
  expect(more).toBeGreaterThan(0.6);
  expect(more).toBeLessThan(0.8);
});
