import { expect, test } from 'vitest';
import { serialPlanner } from './serial.ts';
import { queueOf, type QueueBuilder } from './snapshot-builder.ts';
import { verdictsOf } from './verdicts.ts';
import { admissible } from './admissible.ts';
import type { BuildId, ChangeId } from '../ids.ts';
import type { QueueProposal } from './model.ts';

/** `land a b` or `eject a (b1/tip)`, joined by `, `. */
function said(queue: QueueBuilder): string {
  const verdicts = verdictsOf(queue.snapshot()).map((verdict) =>
    verdict.kind === 'land'
      ? `land ${verdict.members.join(' ')}`
      : `eject ${verdict.change} (${verdict.evidence.red}/${verdict.evidence.green})`,
  );
  return verdicts.join(', ');
}

const abc = (): QueueBuilder => queueOf('a', 'b', 'c');

const cases: readonly (readonly [sentence: string, queue: QueueBuilder, verdicts: string])[] = [
  ['says nothing without a result', abc().running('a b c'), ''],
  ['lands the largest of several green trees', abc().green('a').green('a b').green('c'), 'land a b'],
  ['does not land a green tree the tip has moved away from', abc().green('b').landed('a'), ''],
  [
    'lands a green tree that was built on what has landed since',
    abc().green('a').green('a b').landed('a'),
    'land b',
  ],
  ['lands it also when it merged in another order', abc().green('b a').landed('a'), 'land b'],
  ['does not land a tree with an ejected member', abc().green('a b').ejected('b'), ''],
  ['does not land a tree with a member that is held now', abc().green('a b').change('b', { held: true }), ''],
  [
    'does not land a change whose need is not on the target',
    abc()
      .green('b')
      .change('b', { needs: ids('a') }),
    '',
  ],
  [
    'lands a need and its dependent together',
    abc()
      .green('a b')
      .change('b', { needs: ids('a') }),
    'land a b',
  ],
  ['ejects a change that is red on the present tip', abc().red('a'), 'eject a (b1/tip)'],
  ['ejects a change that is red on a former tip', abc().red('b').landed('a'), 'eject b (b1/tip)'],
  ['never ejects for a red group', abc().red('a b'), ''],
  [
    'does not eject when the rest is green but has not landed',
    abc().red('a b').green('a', 0).with({ closedTo: 0 }),
    '',
  ],
  ['ejects once the green rest has landed', abc().green('a').red('a b').landed('a'), 'eject b (b2/b1)'],
  ['takes the present tip as a green tree', abc().red('a b c').landed('a b'), 'eject c (b1/tip)'],
  [
    'does not eject when the rest never was a tree',
    queueOf('a', 'b', 'c', 'x').red('a b c').landed('a b x'),
    '',
  ],
  ['says nothing about a red tree that holds an ejected change', abc().red('a b').ejected('b'), ''],
  ['lets a green repeat of the same tree outweigh the red run', abc().red('a').green('a'), 'land a'],
  ['waits for a second red run where gates are flaky', abc().red('a').with({ flakeRate: 0.02 }), ''],
  ['ejects after the second red run', abc().red('a').red('a').with({ flakeRate: 0.02 }), 'eject a (b1/tip)'],
  ['counts repeats inside one build', abc().red('a', 0, 2).with({ flakeRate: 0.02 }), 'eject a (b1/tip)'],
  [
    'lands one change at a time with everyCommit',
    abc().green('a').green('a b').with({ everyCommit: true }),
    'land a',
  ],
  ['waits for the earlier commit with everyCommit', abc().green('a b').with({ everyCommit: true }), ''],
  ['lands nothing below the threshold of a closed tree', abc().green('a').with({ closedTo: 1 }), ''],
  [
    'keeps a red change while the tree with its dependent runs',
    abc()
      .change('b', { needs: ids('a') })
      .red('a')
      .running('a b'),
    '',
  ],
  [
    'gives a red change one run with its dependent first',
    abc()
      .change('b', { needs: ids('a') })
      .red('a'),
    '',
  ],
  [
    'ejects it when that run is red too',
    abc()
      .change('b', { needs: ids('a') })
      .red('a')
      .red('a b'),
    'eject a (b1/tip)',
  ],
  ['lands a change with the one that repairs it', abc().red('a').red('b').green('a b'), 'land a b'],
  [
    'keeps a red change that a stale green tree shows repaired',
    queueOf('a', 'b', 'x').red('a').green('a b').landed('x'),
    '',
  ],
  [
    'holds two red changes of one scope while their joint tree runs',
    queueOf('a', 'b')
      .change('a', { scopes: ['s'] })
      .change('b', { scopes: ['s'] })
      .red('a')
      .red('b')
      .running('a b'),
    '',
  ],
];

test.each(cases)('%s', (_, queue, verdicts) => {
  expect(said(queue)).toBe(verdicts);
});

test('gives the probability of an ejection where gates are flaky', () => {
  const queue = abc().change('a', { predictedPass: 0.9 }).red('a').red('a').with({ flakeRate: 0.1 });
  expect(verdictsOf(queue.snapshot())).toMatchObject([
    { kind: 'eject', confidence: expect.closeTo(0.9174, 3) },
  ]);
});

test('ejects a circle of needs as one', () => {
  const queue = abc()
    .change('a', { needs: ids('b') })
    .change('b', { needs: ids('a') })
    .red('a b');
  expect(said(queue)).toBe('eject a (b1/tip), eject b (b1/tip)');
});

const rejections: readonly (readonly [
  sentence: string,
  queue: QueueBuilder,
  members: string,
  because: string,
])[] = [
  ['more builds than slots', abc().running('a').with({ slots: 1 }), 'b', 'no-free-slot'],
  ['an empty tree', abc(), '', 'empty-tree'],
  ['a member twice', abc(), 'a a', 'duplicate-member'],
  ['a stranger', abc(), 'z', 'not-pending'],
  ['a landed change', abc().landed('a'), 'a b', 'already-landed'],
  ['an ejected change', abc().ejected('a'), 'a b', 'ejected'],
  ['a held change', abc().change('a', { held: true }), 'a', 'held'],
  ['a change below a closed tree', abc().with({ closedTo: 1 }), 'a', 'tree-closed'],
  ['a change without its need', abc().change('b', { needs: ids('a') }), 'b', 'needs-missing'],
  ['a change before its need', abc().change('b', { needs: ids('a') }), 'b a', 'needs-after-dependent'],
  ['a pair git cannot merge', abc().change('a', { textConflicts: ids('b') }), 'a b', 'text-conflict'],
  [
    'that pair named from the other side',
    abc().change('b', { textConflicts: ids('a') }),
    'a b',
    'text-conflict',
  ],
  ['company for a change that goes alone', abc().change('a', { alone: true }), 'a b', 'must-be-alone'],
  ['a tree with a result', abc().green('a b'), 'b a', 'tree-known'],
  ['a tree under test', abc().running('a b'), 'b a', 'tree-running'],
  ['a tree under test since the tip was lower', abc().running('a b').landed('a'), 'b', 'tree-running'],
  ['a commit on an untested one', abc().with({ everyCommit: true }), 'a b', 'commit-before-untested'],
];

test.each(rejections)('does not admit %s', (_, queue, members, because) => {
  const { accepted, rejected } = admissible([start(members)], queue.snapshot());
  expect(accepted).toEqual([]);
  expect(rejected.map((entry) => entry.because)).toEqual([because]);
});

test('counts the proposals accepted before and the slots freed by a cancel', () => {
  const snapshot = abc().running('a').with({ slots: 1 }).snapshot();
  const cancel: QueueProposal = { kind: 'cancel', build: 'b1' as BuildId, because: 'test' };
  const { accepted, rejected } = admissible([cancel, start('b'), start('c'), cancel], snapshot);
  expect(accepted).toHaveLength(2);
  expect(rejected.map((entry) => entry.because)).toEqual(['no-free-slot', 'no-such-running-build']);
});

test('admits a repeat of a red tree, and of nothing else', () => {
  const snapshot = abc().red('a').green('b').snapshot();
  expect(admissible([repeat('a')], snapshot).accepted).toHaveLength(1);
  expect(admissible([repeat('b')], snapshot).rejected[0]?.because).toBe('repeat-of-nothing');
});

test('the serial strategy tests the most urgent change whose needs have landed, one at a time', () => {
  const queue = abc()
    .change('a', { needs: ids('b') })
    .change('c', { priority: 1, held: true });
  expect(membersOf(serialPlanner(queue.snapshot(), 1))).toEqual(['b']);
  expect(serialPlanner(queue.running('b').snapshot(), 1)).toEqual([]);
  expect(membersOf(serialPlanner(queue.landed('b').snapshot(), 1))).toEqual(['a']);
});

test('the serial strategy repeats a red run where gates are flaky and tests a circle of needs as one', () => {
  const flaky = queueOf('a').red('a').with({ flakeRate: 0.1 });
  expect(serialPlanner(flaky.snapshot(), 1)).toMatchObject([
    { kind: 'start', members: ['a'], repeats: 'b1' },
  ]);
  const circle = queueOf('a', 'b')
    .change('a', { needs: ids('b') })
    .change('b', { needs: ids('a') });
  expect(membersOf(serialPlanner(circle.snapshot(), 1)).toSorted()).toEqual(['a', 'b']);
});

test('the serial strategy cancels the build of a change that left the queue', () => {
  const queue = abc().running('a').ejected('a');
  const proposals = serialPlanner(queue.snapshot(), 1);
  expect(proposals.map((proposal) => proposal.kind)).toEqual(['cancel', 'start']);
  expect(admissible(proposals, queue.snapshot()).rejected).toEqual([]);
});

function repeat(members: string): QueueProposal {
  return { ...start(members), repeats: 'b1' as BuildId };
}

function start(members: string): Extract<QueueProposal, { kind: 'start' }> {
  return { kind: 'start', members: ids(members), because: 'test' };
}

function ids(text: string): readonly ChangeId[] {
  return text.split(' ').filter(Boolean) as unknown as readonly ChangeId[];
}

function membersOf(proposals: readonly QueueProposal[]): readonly string[] {
  return proposals.flatMap((proposal) => (proposal.kind === 'start' ? proposal.members : []));
}
