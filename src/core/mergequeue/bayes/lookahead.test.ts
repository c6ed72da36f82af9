import { expect, test } from 'vitest';
import type { ChangeId } from '../../ids.ts';
import { prng } from '../prng.ts';
import { queueOf } from '../snapshot-builder.ts';
import { treeFacts } from '../tree-facts.ts';
import { boardOf } from './board.ts';
import { addTrial, fieldOf, resetTrials, type Field } from './field.ts';
import { exchanged, isWorthLook } from './lookahead.ts';
import { Rounds } from './rounds.ts';
import { trialOf, type Trial } from './trial.ts';
import { drawOutlook } from './worlds.ts';

const names = ['a', 'b', 'c', 'd', 'e', 'f'];

function fieldWith(
  slots: number,
  change: { readonly gateMs?: number; readonly textConflicts?: string } = {},
): Field {
  const history = { changes: 200, broken: 20, overlappingPairs: 0, conflicts: 0 };
  const snapshot = names
    .reduce((queue, id) => queue.change(id, { scopes: [`${id}/**`], gateMs: 1_000 }), queueOf(...names))
    .change('a', {
      gateMs: change.gateMs ?? 1_000,
      textConflicts: change.textConflicts === undefined ? [] : [change.textConflicts as ChangeId],
    })
    .with({ slots, history })
    .snapshot();
  const board = boardOf(snapshot, treeFacts(snapshot));
  const outlook = drawOutlook(board, prng(7), history, { spent: 0, limit: 500_000 });
  return fieldOf(board, outlook, slots, [], { spent: 0, limit: 700_000 });
}

function tree(items: readonly number[], field: Field): Trial {
  return trialOf(items, 'landing', field.board, field.outlook);
}

/** Rounds to expect after these trees. */
function roundsAfter(trials: readonly Trial[], field: Field): number {
  resetTrials(field, trials.slice(1));
  const rounds = new Rounds(field);
  rounds.follow();
  return rounds.after(trials[0] ?? tree([], field));
}

test('exchanges trees for others that together leave fewer rounds to expect', () => {
  const field = fieldWith(6);
  const singles = names.map((_, item) => tree([item], field));
  const others = [
    names.map((_, item) => item),
    ...names.map((_, out) => names.flatMap((_, at) => (at === out ? [] : [at]))),
  ];
  for (const single of singles) addTrial(field, single);
  const pool = new Map(others.map((items) => [tree(items, field).key, tree(items, field)]));
  const better = exchanged(singles, pool, field);
  expect(better).toHaveLength(6);
  expect(better.some((trial) => trial.size === 6)).toBe(true);
  expect(roundsAfter(better, field)).toBeLessThan(roundsAfter(singles, field) - 0.1);
});

test('trees for the worlds with one bad change leave fewer rounds than the tree of everything alone', () => {
  const field = fieldWith(6);
  const everything = tree([0, 1, 2, 3, 4, 5], field);
  const leavingOut = names.map((_, out) =>
    tree(
      names.flatMap((_, at) => (at === out ? [] : [at])),
      field,
    ),
  );
  expect(roundsAfter([everything], field)).toBeGreaterThan(roundsAfter([everything, ...leavingOut], field));
});

test('looks again only where there are rounds and nothing else to heed', () => {
  expect(isWorthLook(fieldWith(6))).toBe(true);
  expect(isWorthLook(fieldWith(2))).toBe(false);
  expect(isWorthLook(fieldWith(6, { gateMs: 5_000 }))).toBe(false);
  expect(isWorthLook(fieldWith(6, { textConflicts: 'b' }))).toBe(false);
});
