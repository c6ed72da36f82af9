import { expect, test } from 'vitest';
import { commitOf, planOf } from '../../../test/support/plan-builder.ts';
import { RunBuilder } from '../../../test/support/run-builder.ts';
import type { BuildId, TaskId } from '../ids.ts';
import type { GateSubject } from '../run/events.ts';
import { taskGateSlot } from './slots.ts';

const machine = (cpuCount: number) => ({
  cpuCount,
  cpuBusy: 0,
  memoryTotalBytes: 1,
  memoryAvailableBytes: 1,
  diskFreeBytes: 1,
});
const build = (number: number): GateSubject => ({ kind: 'build', build: `build-${number}` as BuildId });
const task = (id: string): GateSubject => ({ kind: 'task', task: id as TaskId, wave: 1 });

test.each<[string, readonly (readonly [GateSubject, string])[], number, string | null]>([
  ['the first of what half the processors allow', [], 8, 'task-1'],
  ['the next one', [[task('a'), 'task-1']], 8, 'task-2'],
  [
    'none when builds and tasks fill the machine',
    [
      [task('a'), 'task-1'],
      [build(1), 'queue-1'],
    ],
    4,
    null,
  ],
  [
    'one even when builds alone fill it',
    [
      [build(1), 'queue-1'],
      [build(2), 'queue-2'],
    ],
    4,
    'task-1',
  ],
  [
    'no second one beside them, whichever the first is in',
    [
      [build(1), 'queue-1'],
      [task('a'), 'task-2'],
    ],
    4,
    null,
  ],
])('a task gets %s', (_, running, cpuCount, expected) => {
  const run = new RunBuilder(planOf({ a: {}, b: {} }, { gates: { test: {} } }));
  for (const [subject, slot] of running) {
    const commit = commitOf('x');
    run.intend({ kind: 'run-gates', subject, commit, tree: null, base: commit, slot, fresh: false });
  }
  expect(taskGateSlot(run.state, machine(cpuCount))).toBe(expected);
});
