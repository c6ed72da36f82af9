import { expect, test } from 'vitest';
import { planOf, runStarted } from '../../../test/support/plan-builder.ts';
import { RunBuilder } from '../../../test/support/run-builder.ts';
import type { ChangeId } from '../ids.ts';
import { reduce } from '../run/reduce.ts';
import type { RunState } from '../run/state.ts';
import { outcomesUpTo } from './queue-memory.ts';
import { queueView } from './queue-snapshot.ts';

const PLAN = planOf({ a: { agent: 'mine' }, b: { agent: 'mine' } });

function firstRun(): RunBuilder {
  const built = new RunBuilder(PLAN).queued('a').landed('build-1', 'a').queued('b');
  return built.add({
    kind: 'change.ejected',
    change: 'b' as ChangeId,
    because: 'broken',
    detail: 'test failed',
    red: null,
    green: null,
    files: [],
  });
}

function nextRun(before: RunState): RunState {
  const state = reduce(null, { ...runStarted(PLAN), outcomes: outcomesUpTo(before) } as never);
  if (state === null) throw new Error('a run did not start');
  return state;
}

test('what became of the changes of a run is known to the next, and to the one after it', () => {
  const second = nextRun(firstRun().state);
  expect(second.outcomes).toMatchObject([
    { change: 'a', agent: 'mine', result: 'landed' },
    { change: 'b', agent: 'mine', result: 'broken' },
  ]);
  expect(second.memory.history).toMatchObject({ changes: expect.closeTo(2, 1), broken: 1 });
  expect(nextRun(second).outcomes).toEqual(second.outcomes);
  expect(outcomesUpTo(null)).toEqual([]);
});

test('the planner sees it, and an agent’s own rate once it was judged often enough', () => {
  let state = firstRun().state;
  expect(queueView({ state, nowMs: 0 }).history).toBeUndefined();
  for (let run = 0; run < 10; run += 1) {
    const outcomes = [...outcomesUpTo(state), ...outcomesUpTo(firstRun().state)];
    const next = reduce(null, { ...runStarted(PLAN), outcomes } as never);
    if (next !== null) state = next;
  }
  const built = new RunBuilder(PLAN).queued('a').state;
  const { history, pending } = queueView({
    state: { ...built, outcomes: state.outcomes, memory: state.memory },
    nowMs: 0,
  });
  expect(history?.broken).toBeGreaterThan(5);
  expect(pending[0]?.predictedPass).toBeGreaterThan(0.4);
  expect(pending[0]?.predictedPass).toBeLessThan(0.7);
});
