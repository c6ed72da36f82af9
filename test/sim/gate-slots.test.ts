import { expect, test } from 'vitest';
import { OPTIONS, commitOf, planOf, runStarted } from '../support/plan-builder.ts';
import type { RunEvent } from '../../src/core/run/events.ts';
import { fold } from '../../src/core/run/reduce.ts';
import type { TaskState } from '../../src/core/run/state.ts';
import { decide } from '../../src/core/schedule/decide.ts';
import type { Policy, Snapshot } from '../../src/core/schedule/snapshot.ts';

const POLICY: Policy = { planner: () => [], place: () => ({ branch: 'b', path: '/p' }) };

function snapshotOf(events: readonly RunEvent[], change: (task: TaskState) => TaskState): Snapshot {
  const state = fold(events);
  if (state === null) throw new Error('no run');
  const tasks = new Map([...state.tasks].map(([id, task]) => [id, change(task)]));
  return {
    state: { ...state, tasks },
    nowMs: 0,
    machine: {
      cpuCount: 8,
      cpuBusy: 0,
      memoryTotalBytes: 1e10,
      memoryAvailableBytes: 1e10,
      diskFreeBytes: 1e12,
    },
    target: { tip: state.base, relation: 'same' },
    isHeldCheckoutClean: false,
    isDraining: false,
  };
}

test('tasks that become ready for their gates at the same moment do not share a slot or a lock', () => {
  const plan = planOf({ a: {}, b: {}, c: {} }, { gates: { test: { lock: 'database' } } });
  const snapshot = snapshotOf([runStarted(plan, OPTIONS)], (task) => ({
    ...task,
    progress: { kind: 'verifying', head: commitOf(task.task.id), tree: commitOf(task.task.id) as never },
  }));
  const runs = decide(snapshot, POLICY).decisions.filter(
    (decision) => decision.kind === 'act' && decision.step.kind === 'run-gates',
  );
  expect(runs).toHaveLength(1);
});
