import { expect, test } from 'vitest';
import type { ChangeId } from '../ids.ts';
import { admissible } from './admissible.ts';
import { chainPlanner } from './chain.ts';
import { queueOf } from './snapshot-builder.ts';

const ids = (text: string): readonly ChangeId[] => text.split(' ') as unknown as readonly ChangeId[];

test('starts a tree once when it is a link of the chain and the rescue of a change as well', () => {
  const snapshot = queueOf('x', 'a', 'b')
    .change('b', { needs: ids('a') })
    .red('a')
    .green('x')
    .landed('x')
    .red('a')
    .with({ flakeRate: 0.2 })
    .snapshot();
  const proposals = chainPlanner(snapshot, 1);
  const trees = proposals.map((proposal) =>
    proposal.kind === 'start' ? proposal.members.join(' ') : proposal.build,
  );
  expect(trees).toContain('a b');
  expect(new Set(trees).size).toBe(trees.length);
  expect(admissible(proposals, snapshot).rejected).toEqual([]);
});

test('tests the chain without one change of open result where it leaves slots free', () => {
  const plan = chainPlanner(queueOf('a', 'b', 'c').with({ slots: 6 }).snapshot(), 1);
  expect(plan.map((proposal) => proposal.kind === 'start' && proposal.members.join(' '))).toEqual([
    'a',
    'a b',
    'a b c',
    'b',
    'b c',
    'a c',
  ]);
});

test('what stands behind a failed change has been tested without it already', () => {
  const queue = queueOf('a', 'b').red('a b').green('b').red('a').with({ slots: 3 });
  expect(chainPlanner(queue.snapshot(), 1)).toEqual([]);
});

test('gives up a detour when the chain needs its slot, and never takes one where every commit counts', () => {
  const running = queueOf('a', 'b', 'c')
    .running('a')
    .running('a b')
    .running('b')
    .with({ slots: 3 })
    .snapshot();
  expect(chainPlanner(running, 1)).toMatchObject([
    { kind: 'cancel', build: 'b3' },
    { kind: 'start', members: ['a', 'b', 'c'] },
  ]);
  const each = queueOf('a', 'b').with({ slots: 6, everyCommit: true }).snapshot();
  expect(chainPlanner(each, 1)).toMatchObject([{ members: ['a'] }, { members: ['a', 'b'] }]);
});
