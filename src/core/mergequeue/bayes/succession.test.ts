import { describe, expect, test } from 'vitest';
import { prng } from '../prng.ts';
import { queueOf, type QueueBuilder } from '../snapshot-builder.ts';
import { treeFacts } from '../tree-facts.ts';
import { boardOf } from './board.ts';
import { addTrial, fieldOf, type Field } from './field.ts';
import { progressOf } from './progress.ts';
import { successionOf } from './succession.ts';
import { trialOf, type Trial } from './trial.ts';
import { drawOutlook } from './worlds.ts';

const names = ['slow', 'a', 'b', 'c', 'd'];
const [SLOW, A, B, C, D] = [0, 1, 2, 3, 4];

/** One change whose gates take ten times as long as those of the others; nothing is ever red. */
function uneven(): QueueBuilder {
  return names
    .reduce((queue, id) => queue.change(id, { scopes: [`${id}/**`], gateMs: 1_000 }), queueOf(...names))
    .change('slow', { gateMs: 10_000 })
    .with({ history: { changes: 100_000, broken: 0, overlappingPairs: 0, conflicts: 0 } });
}

function fieldFor(queue: QueueBuilder): Field {
  const snapshot = queue.snapshot();
  const board = boardOf(snapshot, treeFacts(snapshot));
  const outlook = drawOutlook(board, prng(3), snapshot.history ?? null, { spent: 0, limit: 100_000 });
  // Good in every world: what is left to see is the order of the ends.
  outlook.alone.fill(0);
  return fieldOf(board, outlook, 4, [], { spent: 0, limit: 100_000 });
}

function tree(items: readonly number[], field: Field, endsInMs?: number): Trial {
  const trial = trialOf(items, 'landing', field.board, field.outlook);
  return endsInMs === undefined ? trial : { ...trial, endsInMs };
}

/** Worth of what lands more, in the mean over the worlds. */
function gain(trial: Trial, field: Field): number {
  return progressOf(trial, field).landed / field.outlook.worlds;
}

describe('a tree that ends first', () => {
  test('costs what has to run again, by how far that had come', () => {
    const field = fieldFor(uneven());
    // Nine tenths done when the other one ends.
    addTrial(field, tree([SLOW, A, B], field, 2_000));
    expect(gain(tree([C], field), field)).toBeCloseTo(1 - 0.9 * 3);
    expect(gain(tree([A, C], field), field)).toBeCloseTo(1 - 0.9 * 2);
  });

  test('costs little of what has only begun', () => {
    const field = fieldFor(uneven());
    addTrial(field, tree([SLOW, A, B], field, 10_000));
    expect(gain(tree([C], field), field)).toBeCloseTo(1 - 0.1 * 3);
  });

  test('costs nothing of a tree it is part of', () => {
    const field = fieldFor(uneven());
    addTrial(field, tree([SLOW, A, B], field, 2_000));
    expect(successionOf(tree([A], field), field)).toEqual({ late: null, instead: null });
  });

  test('takes the place of the one it voids', () => {
    const field = fieldFor(uneven());
    addTrial(field, tree([SLOW, A, B], field, 2_000));
    addTrial(field, tree([C, D], field));
    expect([...field.best].every((weight) => weight === 2)).toBe(true);
  });
});

describe('a tree that ends later', () => {
  test('lands only where nothing has landed before that it does not hold', () => {
    const field = fieldFor(uneven());
    addTrial(field, tree([A, B], field));
    expect(gain(tree([SLOW, C, D], field), field)).toBe(0);
    expect(gain(tree([SLOW, A, B, C], field), field)).toBeCloseTo(2);
  });
});

test('what ends about together is decided together: the larger one lands', () => {
  const field = fieldFor(uneven());
  addTrial(field, tree([A, B], field, 1_100));
  expect(successionOf(tree([C], field), field)).toEqual({ late: null, instead: null });
  expect(gain(tree([C], field), field)).toBe(0);
  expect(gain(tree([B, C, D], field), field)).toBeCloseTo(1);
});

test('where no gate time is known there is no order', () => {
  const field = fieldFor(names.reduce((queue, id) => queue.change(id, { gateMs: null }), uneven()));
  addTrial(field, tree([SLOW, A, B], field));
  expect(successionOf(tree([C], field), field)).toEqual({ late: null, instead: null });
});

test('a change whose gate time is unknown takes what the others take in the mean', () => {
  const { board } = fieldFor(uneven().change('a', { gateMs: null }));
  expect(board.items.map((item) => item.gateMs)).toEqual([10_000, 3_250, 1_000, 1_000, 1_000]);
});
