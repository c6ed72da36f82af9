import { expect, test } from 'vitest';
import { byRisk } from './goal.ts';

test.each([
  ['what is riskier comes later', [0.5, 0.1, 0.3], [1, 2, 0]],
  ['what differs by the noise of sampling alone keeps its place', [0.12, 0.1, 0.5, 0.48], [0, 1, 2, 3]],
  ['a small risk is told from none', [0.05, 0], [1, 0]],
])('%s', (_, risk, order) => {
  expect(byRisk(risk.length, Float64Array.from(risk), 256)).toEqual(order);
});
