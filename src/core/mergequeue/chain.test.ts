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
