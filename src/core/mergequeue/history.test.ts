import { expect, test } from 'vitest';
import type { ChangeId } from '../ids.ts';
import { bayesPlanner } from './bayes/planner.ts';
import { outcomesOf, rememberOutcomes, withMemory, type QueueOutcome } from './history.ts';
import { queueChange, queueOf } from './snapshot-builder.ts';

function outcomes(count: number, fields: Partial<QueueOutcome> = {}): QueueOutcome[] {
  return Array.from({ length: count }, (_, index) => ({
    change: `x${String(index)}` as ChangeId,
    queue: 'q1',
    agent: null,
    result: 'landed',
    scopes: [],
    ...fields,
  }));
}

test('counts changes, broken ones, pairs with common scopes and conflicts', () => {
  const { history } = rememberOutcomes([
    ...outcomes(2, { scopes: ['a/**'] }),
    ...outcomes(1, { result: 'broken' }),
    ...outcomes(1, { result: 'conflict' }),
    ...outcomes(1, { result: 'withdrawn' }),
  ]);
  expect(history.changes).toBeCloseTo(4, 0);
  expect(history.broken).toBeCloseTo(1, 1);
  expect(history.overlappingPairs).toBeCloseTo(2, 0);
  expect(history.conflicts).toBeCloseTo(1, 1);
});

test('pairs changes of one queue only', () => {
  const { history } = rememberOutcomes([
    ...outcomes(1, { scopes: ['a/**'] }),
    ...outcomes(1, { scopes: ['a/**'], queue: 'q2' }),
  ]);
  expect(history.overlappingPairs).toBe(0);
});

test('lets old outcomes fade, so that a project may change', () => {
  const bad = outcomes(300, { result: 'broken' });
  const { history } = rememberOutcomes([...bad, ...outcomes(200)]);
  expect(history.broken / history.changes).toBeLessThan(0.1);
});

test('gives an agent a rate of its own from 20 outcomes on', () => {
  const weak = outcomes(19, { agent: 'weak', result: 'broken' });
  const strong = outcomes(60, { agent: 'strong' });
  expect(rememberOutcomes([...strong, ...weak]).passByAgent.has('weak')).toBe(false);
  const memory = rememberOutcomes([...strong, ...weak, ...outcomes(1, { agent: 'weak', result: 'broken' })]);
  expect(memory.passByAgent.get('strong')).toBeGreaterThan(0.85);
  expect(memory.passByAgent.get('weak')).toBeLessThan(0.4);
});

test('a conflict does not count against the agent', () => {
  const memory = rememberOutcomes(outcomes(40, { agent: 'a', result: 'conflict' }));
  expect(memory.passByAgent.get('a')).toBeGreaterThan(0.9);
});

test('puts what is remembered into a snapshot without overruling a prediction of the change itself', () => {
  const memory = rememberOutcomes(outcomes(40, { agent: 'weak', result: 'broken' }));
  const snapshot = queueOf('a', 'b').change('b', { predictedPass: 0.99 }).snapshot();
  const told = withMemory(snapshot, memory, () => 'weak');
  expect(told.history).toEqual(memory.history);
  expect(told.pending[0]?.predictedPass).toBeLessThan(0.4);
  expect(told.pending[1]?.predictedPass).toBe(0.99);
});

test('what one queue saw makes the first trees of the next one smaller', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const next = queueOf(...names)
    .with({ slots: 1 })
    .snapshot();
  const ended = queueOf('k', 'l')
    .landed('k')
    .ejected('l')
    .with({ departed: [queueChange('k', { arrival: 0 }), queueChange('l', { arrival: 1 })] })
    .snapshot();
  const once = outcomesOf(ended, 'q', () => null);
  const memory = rememberOutcomes(Array.from({ length: 30 }, () => once).flat());
  const size = (snapshot: typeof next): number => {
    const [first] = bayesPlanner(snapshot, 1);
    return first?.kind === 'start' ? first.members.length : 0;
  };
  expect(size(next)).toBe(8);
  expect(size(withMemory(next, memory, () => null))).toBeLessThan(4);
});
