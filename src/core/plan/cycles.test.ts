import { expect, test } from 'vitest';
import { findCycles } from './cycles.ts';

test.each([
  ['nothing in an empty graph', [], []],
  ['nothing in a chain', [[1], [2], []], []],
  ['a loop of one', [[0]], [[0]]],
  ['the shorter way round', [[1, 3], [2], [3], [0]], [[0, 3]]],
  [
    'two separate circles',
    [[1], [0], [3], [2]],
    [
      [0, 1],
      [2, 3],
    ],
  ],
  ['a circle behind a chain', [[1], [2], [1]], [[1, 2]]],
])('finds %s', (_name, graph, expected) => {
  expect(findCycles(graph)).toEqual(expected);
});

test('does not run out of stack on a circle of 20,000', () => {
  const size = 20_000;
  const graph = Array.from({ length: size }, (_, index) => [(index + 1) % size]);
  expect(findCycles(graph).map((cycle) => cycle.length)).toEqual([size]);
});
