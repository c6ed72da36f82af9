import { describe, expect, test } from 'vitest';
import { commitOf, planOf } from '../../../test/support/plan-builder.ts';
import { RunBuilder } from '../../../test/support/run-builder.ts';
import type { PlanSketch, TaskSketch } from '../../../test/support/plan-builder.ts';
import type { ChangeId, TaskId } from '../ids.ts';
import { serialPlanner } from '../mergequeue/index.ts';
import type { RunOptions } from '../run/events.ts';
import { decide } from './decide.ts';
import { outcomeOf } from './finish.ts';
import type { Decision, Snapshot } from './snapshot.ts';

const MACHINE = {
  cpuCount: 4,
  cpuBusy: 0,
  memoryTotalBytes: 1e10,
  memoryAvailableBytes: 1e10,
  diskFreeBytes: 1e12,
};
const POLICY = { planner: serialPlanner, place: () => ({ branch: 'b', path: '/p' }) };

function decided(built: RunBuilder, more: Partial<Snapshot> = {}) {
  const { state } = built;
  return decide(
    {
      state,
      nowMs: 100,
      machine: MACHINE,
      target: { tip: state.queue.tip, relation: 'same' },
      isHeldCheckoutClean: false,
      isDraining: false,
      ...more,
    },
    POLICY,
  );
}

function named(decision: Decision): string {
  if (decision.kind === 'record') {
    const { event } = decision;
    return 'task' in event && typeof event.task === 'string' ? `${event.kind} ${event.task}` : event.kind;
  }
  const { step } = decision;
  return 'task' in step ? `${step.kind} ${step.task}` : step.kind;
}

function check(built: RunBuilder, expected: readonly string[], more: Partial<Snapshot> = {}): void {
  expect(decided(built, more).decisions.map(named)).toEqual(expected);
}

const run = (tasks: Record<string, TaskSketch>, sketch: PlanSketch = {}, options: Partial<RunOptions> = {}) =>
  new RunBuilder(planOf(tasks, sketch), options);

describe('starts', () => {
  test('as many as may run at once, the most urgent first', () => {
    const built = run({ a: {}, b: { priority: 0 }, c: { needs: ['b'] }, d: {} });
    expect(decided(built).decisions.map(named).toSorted()).toEqual(['task.held c'].toSorted());
    built.add({ kind: 'task.held', task: 'c' as TaskId, why: 'needs b on the target' });
    check(built, ['prepare-workspace b', 'prepare-workspace a', 'task.held d']);
  });

  test('begun work goes before new work of the same priority', () => {
    check(run({ a: {}, b: {} }, {}, { parallel: 1 }).prepared('b'), ['start-attempt b', 'task.held a']);
  });

  test('two prepared tasks do not wait for each other', () => {
    const built = run({ a: { locks: ['x'] }, b: { locks: ['x'] } })
      .prepared('a')
      .prepared('b');
    check(built, ['start-attempt a', 'task.held b']);
  });

  test.each<[string, Record<string, TaskSketch>, PlanSketch, string]>([
    ['an exclusive task beside it', { a: { exclusive: true }, b: {} }, {}, 'a runs alone (exclusive)'],
    ['being exclusive itself', { a: {}, b: { exclusive: true } }, {}, 'runs alone and a is running'],
    ['a lock', { a: { locks: ['db'] }, b: { locks: ['db'] } }, {}, 'lock db is held by a'],
    [
      'a scope that overlaps',
      { a: { scope: scope('src/**') }, b: { scope: scope('src/x.ts') } },
      { conflicts: { onOverlap: 'serialize', enforceScope: 'off', ignore: [] } },
      'overlaps a',
    ],
    [
      'the limit of its agent',
      { a: {}, b: {} },
      {
        limits: {
          parallel: null,
          cpu: null,
          memory: null,
          diskFreeBytes: null,
          perTask: { cpus: null, memoryBytes: null },
          agents: { demo: 1 },
        },
      },
      '1 of 1 demo agents are running',
    ],
  ])('a task is held by %s, and the reason is recorded once', (_, tasks, sketch, why) => {
    const built = run(tasks, sketch).working('a');
    const [held] = decided(built).decisions;
    if (held?.kind !== 'record' || held.event.kind !== 'task.held') throw new Error('nothing is held');
    expect(held.event.why).toContain(why);
    check(built.add(held.event), []);
  });

  test.each([
    ['paused', (built: RunBuilder) => built.add({ kind: 'run.paused', by: 'x', why: 'y' }), {}],
    ['draining', (built: RunBuilder) => built, { isDraining: true }],
  ])('nothing starts and nothing finishes while the run is %s', (_, change, more) => {
    check(change(run({ a: {} })), [], more);
  });
});

describe('the queue', () => {
  test('records a moved target once and then plans on it', () => {
    const built = run({ a: {} }, { gates: { test: {} } }).queued('a');
    const target = { tip: commitOf('theirs'), relation: 'forward' } as const;
    const [moved] = decided(built, { target }).decisions;
    if (moved?.kind !== 'record') throw new Error('nothing was recorded');
    expect(moved.event.kind).toBe('target.moved');
    check(built.add(moved.event), ['make-build'], { target });
  });

  test('withdraws a change in one round and decides about landings in the next', () => {
    const built = run({ a: {} }, { gates: { test: {} } }).queued('a');
    built.add({ kind: 'task.stop_requested', task: 'a' as TaskId, by: 'x' });
    check(built, ['change.ejected']);
  });

  test('does not withdraw what is being published', () => {
    const built = run({ a: {} }, { gates: { test: {} } }).queued('a');
    built.made(built.building('build-1', 'a'), 'build-1', 'a');
    built.intend({
      kind: 'publish',
      build: 'build-1' as never,
      from: commitOf('base'),
      members: ['a' as ChangeId],
      dateMs: 0,
    });
    built.add({ kind: 'task.stop_requested', task: 'a' as TaskId, by: 'x' });
    expect(decided(built).decisions.map(named)).not.toContain('change.ejected');
  });

  test('waits before it tries again what the world refused', () => {
    const built = run({ a: {} }, { gates: { test: {} } }).queued('a');
    built.add({ kind: 'abandoned', intent: built.building('build-1', 'a'), task: null, code: 'x', why: 'y' });
    expect(decided(built)).toMatchObject({ decisions: [], wakeAtMs: 1_000 });
    check(built, ['make-build'], { nowMs: 1_000 });
  });
});

describe('the end', () => {
  test.each<[string, (built: RunBuilder) => RunBuilder, string]>([
    ['done when everything landed', (built) => built.queued('a').landed('build-1', 'a'), 'done'],
    [
      'failed when one failed',
      (built) => built.add({ kind: 'task.failed', task: 'a' as TaskId, cause: 'crash', detail: '' }),
      'failed',
    ],
    [
      'stopped when one was stopped',
      (built) => built.add({ kind: 'task.stopped', task: 'a' as TaskId, by: 'x' }),
      'stopped',
    ],
    [
      'done when one was skipped',
      (built) => built.add({ kind: 'task.skipped', task: 'a' as TaskId, why: 'x' }),
      'done',
    ],
    [
      'conflict when a person has to resolve one',
      (built) =>
        built.add({
          kind: 'task.needs_person',
          task: 'a' as TaskId,
          cause: 'conflict',
          detail: '',
          files: [],
        }),
      'conflict',
    ],
    [
      'waiting when a person has to look',
      (built) =>
        built.add({ kind: 'task.needs_person', task: 'a' as TaskId, cause: 'target', detail: '', files: [] }),
      'waiting',
    ],
  ])('is %s', (_, happen, expected) => {
    expect(outcomeOf(happen(run({ a: {} })).state)).toBe(expected);
  });
});

function scope(pattern: string) {
  return { include: [pattern], exclude: [], origin: 'declared' } as const;
}
