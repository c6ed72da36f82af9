import { expect, test } from 'vitest';
import type { ChangeId } from '../../ids.ts';
import { queueOf, type QueueBuilder } from '../snapshot-builder.ts';
import { bayesPlanner } from './planner.ts';

const ids = (text: string): readonly ChangeId[] => text.split(' ') as unknown as readonly ChangeId[];

function trees(queue: QueueBuilder): readonly (readonly ChangeId[])[] {
  const proposals = bayesPlanner(queue.snapshot(), 7);
  return proposals.flatMap((proposal) => (proposal.kind === 'start' ? [proposal.members] : []));
}

function eight(): QueueBuilder {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  return names.reduce(
    (queue, id) => queue.change(id, { scopes: [`${id}/**`], gateMs: 1_000 }),
    queueOf(...names),
  );
}

test('tests everything together first when nothing speaks against it', () => {
  expect(trees(eight().with({ slots: 1 }))).toEqual([ids('a b c d e f g h')]);
});

test('uses every slot for a different tree and no more', () => {
  const plan = trees(eight().with({ slots: 4 }));
  expect(plan).toHaveLength(4);
  expect(new Set(plan.map((tree) => tree.toSorted().join(' '))).size).toBe(4);
});

test('leaves a change that is predicted to fail out of the largest tree', () => {
  const plan = trees(eight().change('d', { predictedPass: 0.05 }).with({ slots: 1 }));
  expect(plan[0]).not.toContain('d');
});

test('never puts a pair that git cannot merge in one tree', () => {
  const plan = trees(
    eight()
      .change('a', { textConflicts: ids('b') })
      .with({ slots: 6 }),
  );
  expect(plan.filter((tree) => tree.includes('a' as ChangeId) && tree.includes('b' as ChangeId))).toEqual([]);
});

test('tests the older of two that git cannot merge, whatever the sampling made of them', () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const snapshot = queueOf('a', 'b', 'c')
      .change('a', { textConflicts: ids('b') })
      .with({ slots: 1 })
      .snapshot();
    expect(bayesPlanner(snapshot, seed)).toMatchObject([{ kind: 'start', members: ['a', 'c'] }]);
  }
});

test('splits a red tree and never runs it again', () => {
  const plan = trees(eight().red('a b c d e f g h').with({ slots: 2 }));
  expect(plan.every((tree) => tree.length > 0 && tree.length < 8)).toBe(true);
});

test('narrows its prior by the history of the project', () => {
  const bad = { changes: 400, broken: 160, overlappingPairs: 0, conflicts: 0 };
  const good = { ...bad, broken: 1 };
  const size = (history: typeof bad): number => trees(eight().with({ slots: 1, history }))[0]?.length ?? 0;
  expect(size(good)).toBe(8);
  expect(size(bad)).toBeLessThan(4);
});

test('runs a chain when changes arrive one by one', () => {
  const queue = queueOf('a', 'b', 'c')
    .change('a', { arrivedAtMs: 0, gateMs: 1_000 })
    .change('b', { arrivedAtMs: 400, gateMs: 1_000 })
    .change('c', { arrivedAtMs: 800, gateMs: 1_000 })
    .with({ slots: 3 });
  expect(trees(queue)).toEqual([ids('a'), ids('a b'), ids('a b c')]);
});

test('a wait that is over forces in no tree that holds a red one: it would be cancelled at once, for ever', () => {
  const names = ['a', 'b', 'c', 'd'];
  const waiting = names
    .reduce((all, id) => all.change(id, { arrivedAtMs: 0, gateMs: 1_000 }), queueOf(...names))
    .red('a b')
    .red('a b c');
  for (const slots of [2, 4, 8])
    for (const decidedAtMs of [0, 599_000]) {
      const queue = waiting.with({ slots, nowMs: 600_000, decidedAtMs });
      const forced = trees(queue).filter(
        (tree) => tree.includes('a' as ChangeId) && tree.includes('b' as ChangeId),
      );
      expect(forced).toEqual([]);
    }
});

test('repeats a red run where gates are flaky and says why', () => {
  const [proposal] = bayesPlanner(queueOf('a').red('a').with({ flakeRate: 0.05 }).snapshot(), 1);
  expect(proposal).toMatchObject({ kind: 'start', members: ['a'], repeats: 'b1' });
  expect(proposal?.because).toMatch(/flaky/);
});

test('tests the rest of a red tree when one change is surely bad: green, it lands and is the proof as well', () => {
  const queue = eight()
    .change('d', { predictedPass: 0.01 })
    .red('a b c d e f g h')
    .with({ slots: 2, history: { changes: 400, broken: 2, overlappingPairs: 0, conflicts: 0 } });
  expect(trees(queue).map((tree) => tree.toSorted().join(' '))).toContain('a b c e f g h');
});

test('fills sixteen slots for two hundred changes with different trees, the same ones every time', () => {
  const names = Array.from({ length: 200 }, (_, index) => `c${String(index)}`);
  const queue = names
    .reduce(
      (all, id, index) => all.change(id, { scopes: [`area${String(index % 12)}/**`], gateMs: 1_000 }),
      queueOf(...names),
    )
    .with({ slots: 16 });
  const plan = trees(queue).map((tree) => tree.toSorted().join(' '));
  expect(new Set(plan).size).toBe(16);
  expect(trees(queue).map((tree) => tree.toSorted().join(' '))).toEqual(plan);
});
