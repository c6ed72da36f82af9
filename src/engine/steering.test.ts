/** What a person says to a run, in every state a task can be in. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import type { TaskId } from '../core/ids.ts';
import type { Progress } from '../core/run/state.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import { Failure } from '../kit/failure.ts';

const A = 'a' as TaskId;
const by = 'anna';
const STOP: Fact = { kind: 'task.stop_requested', task: A, by };
const SKIP: Fact = { kind: 'task.skip_requested', task: A, by };
const AGAIN: Fact = { kind: 'task.reopened', task: A, by, fresh: false, wave: null };
const FRESH: Fact = { kind: 'task.reopened', task: A, by, fresh: true, wave: null };
const NO_RETRY = { max: 0, backoff: 'none', delayMs: 0, on: [] } as const;

/** A task that passes through many states: a crash, a red gate, an ejection, two waves. */
function eventful(): FakeEngine {
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(
      {
        a: {
          waves: ['one', 'two'],
          retries: { max: 5, backoff: 'fixed', delayMs: 5_000, on: ['crash', 'gate'] },
        },
        b: {},
      },
      { gates: { test: { at: ['wave', 'task'] }, whole: { at: ['merge'], run: 'whole' } } },
    ),
    agent: (turn) =>
      turn.task === 'a' && turn.number === 1 ? { exit: { afterMs: 50, code: 1 } } : engine.works(turn),
    gate: ({ gate, read }) => {
      if (gate === 'test') return read('a.txt') === 'a 2\n' ? 1 : 0;
      return read('a.txt') === 'a 4\n' && read('b.txt') !== null ? 1 : 0;
    },
  });
  return engine;
}

const PASSED: readonly Progress['kind'][] = [
  'waiting',
  'prepared',
  'backing-off',
  'working',
  'collecting',
  'verifying',
  'updating',
  'queued',
];

describe('stop, skip and retry', () => {
  test.each(PASSED)(
    'the eventful task is %s at some time, and lands when nobody interferes',
    async (kind) => {
      const engine = eventful();
      let isSeen = false;
      engine.whenTask('a', kind, () => (isSeen = true));
      await engine.play();
      expect(isSeen).toBe(true);
      expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    },
  );

  test.each(PASSED.flatMap((kind) => [[kind, 'stopped', STOP] as const, [kind, 'skipped', SKIP] as const]))(
    'a task that is %s ends %s on request, with no process left and no effect open',
    async (kind, end, request) => {
      const engine = eventful();
      engine.whenTask('a', kind, () => {
        engine.tell(request);
      });
      const state = await engine.play();
      expect(engine.kinds()).toEqual({ a: end, b: 'landed' });
      expect(engine.processes.running).toEqual([]);
      expect(state.intents.size).toBe(0);
      expect(engine.broken).toEqual([]);
    },
  );

  test.each(PASSED)('a retry of a task that is %s never puts two agents into one worktree', async (kind) => {
    const engine = eventful();
    let most = 0;
    engine.onStart = () => {
      most = Math.max(most, engine.processes.running.filter((spec) => spec.env['COPSE_TASK'] === 'a').length);
    };
    engine.whenTask('a', kind, () => {
      engine.tell(AGAIN);
    });
    await engine.play();
    expect(most).toBe(1);
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    expect(engine.broken).toEqual([]);
  });

  test.each(PASSED)(
    'a stop of a task that is %s and a retry right after it let the task land',
    async (kind) => {
      const engine = eventful();
      engine.whenTask('a', kind, () => {
        engine.tell(STOP);
        engine.tell(AGAIN);
      });
      await engine.play();
      expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    },
  );

  test.each([
    ['needs-person', STOP, 'stopped'],
    ['needs-person', SKIP, 'skipped'],
    ['failed', SKIP, 'skipped'],
    ['failed', STOP, 'failed'],
  ] as const)('a task that ended %s and is asked again', async (kind, request, end) => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: { retries: NO_RETRY }, b: {}, c: { needs: ['b'] } }, { gates: { test: {} } }),
      agent: (turn) => {
        if (turn.task !== 'a')
          return engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'b' ? 10 : 9_000);
        if (kind === 'failed') return { exit: { afterMs: 5, code: 1 } };
        return engine.writes(turn, { 'same.txt': 'a\n' }, 2_000);
      },
    });
    engine.whenTask('a', kind, () => {
      engine.tell(request);
    });
    await engine.play();
    expect(engine.kinds()).toMatchObject({ a: end, b: 'landed', c: 'landed' });
  });

  test('a stop that the world refuses is tried until it works', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: { stallMs: 3_600_000, timeoutMs: 3_600_000 } }),
      agent: () => ({ exit: null }),
    });
    engine.whenTask('a', 'working', () => {
      engine.refuseStops(new Failure('process-busy', 'the supervisor does not answer'), 6);
      engine.tell(STOP);
    });
    await engine.play();
    expect(engine.kinds()).toEqual({ a: 'stopped' });
    expect(engine.all('abandoned')).toHaveLength(6);
  });

  test('a fresh retry begins in a new worktree from the target and leaves the old one alone', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: { retries: NO_RETRY } }),
      agent: (turn) => {
        if (turn.number > 1) return engine.works(turn);
        return { ...engine.writes(turn, { 'wrong.txt': 'wrong\n' }), exit: { afterMs: 2_000, code: 1 } };
      },
    });
    await engine.play();
    const old = engine.task('a').workspace;
    await engine.reopen(FRESH);
    await engine.finish();
    expect(engine.kinds()).toEqual({ a: 'landed' });
    expect(await engine.landed('wrong.txt')).toBeNull();
    expect(engine.git.controls.ref(`refs/heads/${old?.branch ?? ''}`)).not.toBeNull();
  });

  test('a retry that comes while the end is being written makes the run go on', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: { retries: NO_RETRY } }),
      agent: (turn) => (turn.number === 1 ? { exit: { afterMs: 5, code: 1 } } : engine.works(turn)),
    });
    engine.when(
      (state) => state.life.kind === 'finished',
      () => {
        engine.tell(AGAIN);
      },
    );
    await engine.start();
    const ending = await engine.run();
    if (ending.kind === 'finished' && engine.kinds()['a'] === 'failed') {
      await engine.reopen(AGAIN);
      await engine.finish();
    }
    expect(engine.kinds()).toEqual({ a: 'landed' });
  });
});

describe('pause, resume and drain', () => {
  test('a paused run starts nothing new while what runs goes on', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {}, b: { needs: ['a'] } }) });
    engine.whenTask('a', 'working', () => {
      engine.tell({ kind: 'run.paused', by, why: 'lunch' });
      engine.clock.after(3_600_000, () => {
        engine.tell({ kind: 'run.resumed', by });
      });
    });
    const before = engine.clock.now();
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    const [, second] = engine.all('attempt.started');
    expect((second?.atMs ?? 0) - before).toBeGreaterThanOrEqual(3_600_000);
  });

  test('a run that has finished cannot be paused', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }) });
    await engine.play();
    await engine.reopen({ kind: 'run.paused', by, why: 'too late' });
    expect((await engine.finish()).life.kind).toBe('finished');
  });

  test('a drained loop ends once its agents have, and the next one goes on where it was', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {}, b: { needs: ['a'] } }, { gates: { test: {} } }) });
    engine.whenTask('a', 'working', () => {
      engine.drain();
    });
    await engine.start();
    expect((await engine.run()).kind).toBe('drained');
    expect(engine.processes.running).toEqual([]);
    await engine.reopen();
    expect((await engine.finish()).life).toMatchObject({ outcome: 'done' });
  });
});

describe('another leader', () => {
  test('takes the run over with the gates that are under way: none is run twice and none is red', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }, { gates: { test: {} } }) });
    engine.whenTask('a', 'verifying', () => {
      engine.clock.after(100, () => {
        engine.loseLeadership();
      });
    });
    await engine.start();
    expect(await engine.run()).toMatchObject({ kind: 'error' });
    await engine.reopen();
    expect((await engine.finish()).life).toMatchObject({ outcome: 'done' });
    expect(engine.all('gates.finished').map((event) => event.verdict)).toEqual(['green', 'green']);
    expect(engine.processes.started.filter((spec) => spec.env['COPSE_GATE'] !== undefined)).toHaveLength(1);
  });

  test('finds a gate that was stopped and runs it again instead of calling it red', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }, { gates: { test: {} } }) });
    engine.onStart = () => {
      const gate = engine.processes.running.find((spec) => spec.env['COPSE_GATE'] !== undefined);
      if (gate === undefined) return;
      engine.onStart = () => undefined;
      engine.processes.at(gate.runDir).stop('stopped', { interruptMs: 1, terminateMs: 1 });
    };
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.task('a').attempts).toHaveLength(1);
  });
});
