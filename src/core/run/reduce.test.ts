import { describe, expect, test } from 'vitest';
import { commitOf, planOf } from '../../../test/support/plan-builder.ts';
import { RunBuilder } from '../../../test/support/run-builder.ts';
import type { BuildId, ChangeId, TaskId } from '../ids.ts';
import { brokenInvariants } from './invariants.ts';
import type { Fact } from '../schedule/snapshot.ts';
import { placeOf } from './place.ts';

const A = 'a' as TaskId;
const run = (): RunBuilder =>
  new RunBuilder(planOf({ a: { waves: ['one', 'two'] }, b: {} }, { gates: { test: {} } }));

describe('waves and tries', () => {
  test('the next wave begins with all tries, the last one keeps counting', () => {
    const built = run().committed('a').gated('a', 'red');
    built.add({
      kind: 'task.retry',
      task: A,
      cause: 'gate',
      agent: 'demo',
      notBeforeMs: 0,
      feedback: { summary: 'x', logs: [] },
      onto: null,
    });
    expect(built.task('a').retriesUsed).toBe(1);
    built
      .committed('a')
      .gated('a', 'green')
      .add({ kind: 'wave.completed', task: A, wave: 1, head: commitOf('work') });
    expect(built.task('a')).toMatchObject({ wave: 2, retriesUsed: 0, progress: { kind: 'prepared' } });
    built.add({
      kind: 'task.retry',
      task: A,
      cause: 'crash',
      agent: 'demo',
      notBeforeMs: 0,
      feedback: { summary: 'x', logs: [] },
      onto: null,
    });
    built
      .committed('a')
      .gated('a', 'green')
      .add({ kind: 'wave.completed', task: A, wave: 2, head: commitOf('work') });
    expect(built.task('a').retriesUsed).toBe(1);
  });

  test('cancelled gates leave the work to be verified', () => {
    expect(run().committed('a').gated('a', 'cancelled').task('a').progress.kind).toBe('verifying');
  });

  test('an exit that is reported twice counts once', () => {
    const built = run().working('a').exited('a', { code: 7 }).exited('a', { code: 0 });
    expect([...built.state.attempts.values()].map((attempt) => attempt.exit?.code)).toEqual([7]);
  });
});

describe('what the world refuses', () => {
  const collect = { kind: 'collect-attempt', task: A, attempt: 'a.1' as never } as const;
  test('is tried again after growing pauses, and fails the task at the fourth time', () => {
    const built = run().working('a').exited('a');
    const pauses = [0, 0, 0].map(() => built.refuse(collect).task('a').trouble?.notBeforeMs);
    expect(pauses).toEqual([1_000, 3_000, 9_000]);
    expect(built.refuse(collect).task('a').progress).toMatchObject({ kind: 'failed', cause: 'environment' });
  });

  test('a refused stop never fails a task whose agent runs', () => {
    const built = run().working('a');
    for (let count = 0; count < 30; count += 1)
      built.refuse({ kind: 'stop-attempt', task: A, attempt: 'a.1' as never });
    expect(built.task('a').progress.kind).toBe('working');
    expect(built.task('a').trouble?.notBeforeMs).toBe(60_000);
  });

  test('a refused removal keeps the worktree and the progress', () => {
    const built = run().queued('b').landed('build-1', 'b');
    for (let count = 0; count < 4; count += 1)
      built.refuse({ kind: 'remove-workspace', task: 'b' as TaskId, proof: null, deleteBranch: true });
    expect(built.task('b')).toMatchObject({ progress: { kind: 'landed' } });
    expect(built.task('b').workspaceKept).toContain('could not be removed');
  });

  test('a refused publish closes the queue at the fourth time, with its reason', () => {
    const built = run().queued('b');
    const step = {
      kind: 'publish',
      build: 'build-1' as BuildId,
      from: commitOf('base'),
      members: [],
      dateMs: 0,
    } as const;
    expect(built.refuse(step).refuse(step).refuse(step).state.queue.isOpen).toBe(true);
    expect(built.refuse(step, 'disk full').state.queue).toMatchObject({ isOpen: false });
    expect(built.state.queue.closedBecause).toContain('disk full');
  });
});

describe('builds', () => {
  test.each([
    [
      'the target moved',
      (built: RunBuilder) =>
        built.add({
          kind: 'target.moved',
          intent: null,
          from: commitOf('base'),
          to: commitOf('x'),
          how: 'forward',
        }),
      'void',
    ],
    [
      'it was cancelled',
      (built: RunBuilder) =>
        built.add({ kind: 'build.cancelled', build: 'build-1' as BuildId, because: 'x' }),
      'cancelled',
    ],
  ])('a build that is made after %s is not tested', (_, happen, expected) => {
    const built = run().queued('b');
    const intent = built.building('build-1', 'b');
    happen(built);
    built.made(intent, 'build-1', 'b');
    expect(built.state.queue.builds.get('build-1' as BuildId)?.state).toBe(expected);
    expect(built.state.intents.size).toBe(0);
  });

  test('an ejected change frees the landing that was held for it', () => {
    const built = run().queued('b');
    built.made(built.building('build-1', 'b'), 'build-1', 'b');
    const build = 'build-1' as BuildId;
    const intent = built.intend({
      kind: 'publish',
      build,
      from: commitOf('base'),
      members: ['b' as ChangeId],
      dateMs: 0,
    });
    built.add({ kind: 'landing.held', intent, build, checkout: '/x' as never, to: commitOf('m-b') });
    expect(built.state.queue.held).not.toBeNull();
    built.add({
      kind: 'change.ejected',
      change: 'b' as ChangeId,
      because: 'withdrawn',
      detail: '',
      red: null,
      green: null,
      files: [],
    });
    expect(built.state.queue.held).toBeNull();
  });

  test('a landing without a green result of its tree breaks invariant 2', () => {
    const built = run().queued('b').landed('build-1', 'b');
    expect(brokenInvariants(built.state, 2)).toEqual(['I2 build-1 landed without a green test on its tree']);
  });
});

describe('an unknown or late event changes nothing', () => {
  test.each<[string, Fact]>([
    ['of a task that is not there', { kind: 'task.stopped', task: 'zz' as TaskId, by: 'x' }],
    [
      'of an attempt that is not there',
      { kind: 'attempt.exited', task: A, attempt: 'a.9' as never, exit: {} as never },
    ],
    ['of a build that is not there', { kind: 'build.cancelled', build: 'build-9' as BuildId, because: 'x' }],
    [
      'of an intent that is not open',
      { kind: 'abandoned', intent: 'i99' as never, task: null, code: 'x', why: 'x' },
    ],
    [
      'of a change that is not there',
      {
        kind: 'change.ejected',
        change: 'zz' as ChangeId,
        because: 'broken',
        detail: '',
        red: null,
        green: null,
        files: [],
      },
    ],
  ])('%s', (_, fact) => {
    const built = run().working('a');
    const before = built.state;
    expect(built.add(fact).state).toEqual(before);
  });
});

test('names are filled in one pass, whatever the values hold', () => {
  const plan = planOf({ a: {} });
  const odd = new RunBuilder({
    ...plan,
    name: '{task}$&',
    workspace: { ...plan.workspace, branch: '{plan}/{task}-{run}', path: '../{repo}/{task}' },
  });
  expect(placeOf(odd.state, odd.task('a'), '$1{run}')).toEqual({
    branch: '{task}$&/a-run-1',
    path: '../$1{run}/a',
  });
  expect(placeOf(odd.state, { ...odd.task('a'), placesTaken: 2 }, 'r').path).toBe('../r/a-3');
});
