/** Whole runs of the real engine over fakes: needs, waves, retries, limits. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import type { CommitId, TaskId } from '../core/ids.ts';

const GATES = { gates: { test: {} } };

describe('needs and waves', () => {
  test('a task starts only after what it needs is on the target', async () => {
    const engine = new FakeEngine({ plan: planOf({ b: { needs: ['a'] }, a: {} }, GATES) });
    const seen: (string | null)[] = [];
    engine.whenTask('b', 'working', () => seen.push(engine.git.controls.read(at(engine, 'b'), 'a.txt')));
    const state = await engine.play();
    expect(seen).toEqual(['a 1\n']);
    expect(state.life).toMatchObject({ kind: 'finished', outcome: 'done' });
    expect(await engine.landed('b.txt')).toBe('b 1\n');
    expect(engine.broken).toEqual([]);
  });

  test('waves of a task run in order on one branch and land as one change', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: { waves: ['types', 'api', 'docs'] } }, GATES),
      agent: (turn) => engine.writes(turn, { [`wave-${turn.wave}.txt`]: 'done\n' }),
    });
    const state = await engine.play();
    expect(engine.task('a').waves.map((wave) => wave.number)).toEqual([1, 2, 3]);
    expect(state.queue.landed).toEqual(['a']);
    for (const wave of [1, 2, 3]) expect(await engine.landed(`wave-${wave}.txt`)).toBe('done\n');
  });

  test('a task whose need was lost waits with the reason, and starts when that one is tried again', async () => {
    const plan = planOf({
      a: { retries: { max: 0, backoff: 'none', delayMs: 0, on: [] } },
      b: { needs: ['a'] },
    });
    const engine = new FakeEngine({
      plan,
      agent: (turn) =>
        turn.task === 'a' && turn.number === 1 ? { exit: { afterMs: 5, code: 9 } } : engine.works(turn),
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'failed' });
    expect(engine.task('b')).toMatchObject({ progress: { kind: 'waiting' }, hold: 'needs a, which failed' });
    await engine.reopen(
      { kind: 'run.resumed', by: 'anna' },
      { kind: 'task.reopened', task: 'a' as TaskId, by: 'anna', fresh: false, wave: null },
    );
    expect((await engine.finish()).life).toMatchObject({ outcome: 'done' });
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
  });
});

describe('retries', () => {
  test('a crash is retried after growing pauses of virtual time', async () => {
    const retries = { max: 2, backoff: 'exponential', delayMs: 60_000, on: ['crash'] } as const;
    const engine = new FakeEngine({
      plan: planOf({ a: { retries } }),
      agent: () => ({ exit: { afterMs: 10, code: 1 } }),
    });
    const state = await engine.play();
    const started = engine.all('attempt.started').map((event) => event.atMs);
    const pauses = started.slice(1).map((at, index) => at - (started[index] ?? 0));
    expect(pauses.map((pause) => Math.floor(pause / 60_000))).toEqual([1, 2]);
    expect(engine.task('a').progress).toMatchObject({ kind: 'failed', cause: 'crash' });
    expect(state.life).toMatchObject({ outcome: 'failed' });
  });

  test('an agent that says nothing and changes nothing is ended as stalled', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: { stallMs: 30_000, retries: { max: 0, backoff: 'none', delayMs: 0, on: [] } } }),
      agent: () => ({ exit: null }),
    });
    await engine.play();
    expect(engine.task('a').progress).toMatchObject({ kind: 'failed', cause: 'stall' });
  });

  test('a red gate is told to the next attempt, whose fix lands', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {} }, GATES),
      gate: ({ read }) =>
        read('a.txt') === 'a 1\n'
          ? { output: [{ afterMs: 1, text: 'expected 2, got 1\n' }], exit: { afterMs: 5, code: 1 } }
          : 0,
    });
    await engine.play();
    expect(engine.kinds()).toEqual({ a: 'landed' });
    expect(engine.requests.at(-1)?.prompt).toContain('expected 2, got 1');
  });

  test('an agent that never passes a gate of the merged tree is retried a bounded number of times', async () => {
    const engine = new FakeEngine({
      plan: planOf(
        { a: { gates: ['unit'] } },
        { gates: { unit: { at: ['task'] }, whole: { at: ['merge'], run: 'whole' } } },
      ),
      gate: ({ gate, read }) => (gate === 'whole' && read('a.txt') !== null ? 1 : 0),
    });
    await engine.play();
    expect(engine.task('a').progress).toMatchObject({ kind: 'failed', cause: 'gate' });
    expect(engine.task('a').attempts).toHaveLength(3);
  });

  test('the fallback agent takes over when the first one has used up its tries, and it stays', async () => {
    const engine = new FakeEngine({
      plan: planOf(
        { a: { fallback: ['second'], retries: { max: 1, backoff: 'none', delayMs: 0, on: ['crash'] } } },
        { agents: { demo: agent('demo'), second: agent('second') } },
      ),
      agent: () => ({ exit: { afterMs: 1, code: 1 } }),
    });
    await engine.play();
    expect(engine.requests.map((request) => request.agent.name)).toEqual([
      'demo',
      'demo',
      'second',
      'second',
    ]);
  });

  test('a cause that is not retried goes to the fallback agent, which has all its own tries', async () => {
    const engine = new FakeEngine({
      plan: planOf(
        { a: { fallback: ['second'], retries: { max: 2, backoff: 'none', delayMs: 0, on: ['gate'] } } },
        { agents: { demo: agent('demo'), second: agent('second') }, gates: { test: {} } },
      ),
      agent: (turn) => (turn.agent === 'demo' ? { exit: { afterMs: 1, code: 1 } } : engine.works(turn)),
      gate: ({ read }) => (read('a.txt') === null ? 0 : 1),
    });
    await engine.play();
    expect(engine.requests.map((request) => request.agent.name)).toEqual([
      'demo',
      'second',
      'second',
      'second',
    ]);
  });
});

describe('limits', () => {
  test('a full machine starts nothing, says why, and starts when there is room', async () => {
    const limits = {
      parallel: null,
      cpu: null,
      memory: null,
      diskFreeBytes: 5e9,
      agents: {},
      perTask: { cpus: null, memoryBytes: null },
    };
    const engine = new FakeEngine({ plan: planOf({ a: {} }, { limits }) });
    engine.machine.setLoad({ diskFreeBytes: 1e9 });
    const holds: (string | null)[] = [];
    engine.when(
      (state) => state.tasks.get('a' as TaskId)?.hold !== null,
      (state) => {
        holds.push(state.tasks.get('a' as TaskId)?.hold ?? null);
        engine.machine.setLoad({ diskFreeBytes: 9e9 });
      },
    );
    await engine.play();
    expect(holds).toEqual(['disk: 1.0 GB free, needs 5.0 GB (limits.disk_free)']);
    expect(engine.kinds()).toEqual({ a: 'landed' });
  });

  test('an exclusive task runs alone and a lock is held by one task at a time', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: { locks: ['db'] }, b: { locks: ['db'] }, c: { exclusive: true }, d: {} }),
      options: { parallel: 4 },
    });
    await engine.play();
    expect(Object.values(engine.kinds())).toEqual(['landed', 'landed', 'landed', 'landed']);
    expect(engine.broken).toEqual([]);
  });

  test.each([
    ['one slot', { parallel: 1 }, {}],
    ['a common lock', { parallel: 4 }, { locks: ['db'] }],
    ['both exclusive', { parallel: 4 }, { exclusive: true }],
  ])('two tasks that were both stopped half way go on one after the other: %s', async (_, options, task) => {
    const engine = new FakeEngine({
      plan: planOf({ a: { ...task, retries: NO_RETRY }, b: { ...task, retries: NO_RETRY } }),
      options,
      agent: (turn) => (turn.number === 1 ? { exit: { afterMs: 5, code: 1 } } : engine.works(turn)),
    });
    await engine.play();
    expect(engine.kinds()).toEqual({ a: 'failed', b: 'failed' });
    const again = (id: string) =>
      ({ kind: 'task.reopened', task: id as TaskId, by: 'anna', fresh: false, wave: null }) as const;
    await engine.reopen({ kind: 'run.resumed', by: 'anna' }, again('a'), again('b'));
    await engine.finish();
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
  });

  test('two worktrees prepared at the same time get different ports', async () => {
    const plan = planOf({ a: {}, b: {} });
    const engine = new FakeEngine({
      plan: { ...plan, workspace: { ...plan.workspace, ports: ['PORT', 'DEBUG_PORT'] } },
    });
    await engine.play();
    const ports = engine.all('workspace.prepared').flatMap((event) => Object.values(event.workspace.ports));
    expect(new Set(ports).size).toBe(4);
  });

  test('no two gates with the same lock run at once', async () => {
    const engine = new FakeEngine({
      plan: planOf(
        { a: {}, b: {}, c: {} },
        {
          gates: { test: { lock: 'db' }, late: { at: ['end'], lock: 'db' } },
          merge: {
            into: null,
            strategy: 'merge',
            slots: 3,
            everyCommit: false,
            onFailure: 'eject',
            update: 'auto',
            conflicts: ['auto', 'human'],
            resolver: null,
            tag: null,
          },
        },
      ),
      options: { parallel: 3 },
    });
    let most = 0;
    const count = (): void => {
      most = Math.max(
        most,
        engine.processes.running.filter((spec) => spec.env['COPSE_GATE'] !== undefined).length,
      );
    };
    engine.onStart = count;
    await engine.play();
    expect(most).toBe(1);
  });
});

describe('options', () => {
  test('no_merge ends with green branches and an unmoved target', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: { needs: ['a'] } }, GATES),
      options: { noMerge: true },
    });
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'verified', b: 'verified' });
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.tip).toBe(engine.git.controls.firstCommit);
  });

  test('only runs what was asked for and what that needs', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: { needs: ['a'] }, c: {} }),
      options: { only: ['b' as TaskId] },
    });
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed', c: 'waiting' });
    expect(state.life).toMatchObject({ outcome: 'done' });
  });

  test('prepare_only makes every worktree, also more than may run at once, and starts no agent', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: {}, c: {}, d: { needs: ['a'] } }),
      options: { prepareOnly: true, parallel: 1 },
    });
    const state = await engine.play();
    expect(engine.kinds()).toMatchObject({ a: 'prepared', b: 'prepared', c: 'prepared' });
    expect(engine.processes.started).toEqual([]);
    expect(state.life).toMatchObject({ outcome: 'done' });
  });

  test('a branch name that is taken is followed by another one', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }) });
    engine.git.controls.moveRefAsHuman('refs/heads/test/a', engine.git.controls.firstCommit);
    await engine.play();
    expect(engine.all('workspace.prepared').map((event) => event.workspace.branch)).toEqual(['test/a-2']);
    expect(engine.git.controls.ref('refs/heads/test/a')).toBe(engine.git.controls.firstCommit);
    expect(engine.kinds()).toEqual({ a: 'landed' });
  });

  test.each([
    ['never', 'landed', false],
    ['on_failure', 'landed', false],
    ['always', 'landed', true],
    ['never', 'failed', false],
    ['on_failure', 'failed', true],
  ] as const)(
    'keep %s: the worktree of a task that %s is there afterwards: %s',
    async (keep, how, isKept) => {
      const plan = planOf({ a: { retries: NO_RETRY } });
      const engine = new FakeEngine({
        plan: { ...plan, workspace: { ...plan.workspace, keep } },
        agent: (turn) => {
          if (how === 'landed') return engine.works(turn);
          return {
            actions: [
              { afterMs: 1, run: () => engine.git.controls.write(turn.at, 'half.txt', 'half done\n') },
            ],
            exit: { afterMs: 2, code: 1 },
          };
        },
      });
      const state = await engine.play();
      expect(engine.kinds()).toEqual({ a: how });
      expect(engine.task('a').workspace !== null).toBe(isKept);
      if (how === 'failed' && !isKept) {
        const kept = await engine.git.port.listKept('refs/copse/salvage/');
        const contents = await Promise.all(
          kept.map(({ commit }) => engine.git.port.readFile(commit, 'half.txt' as never)),
        );
        expect(contents).toContain('half done\n');
      }
      expect(state.intents.size).toBe(0);
    },
  );

  test('a worktree with unsaved files stays, is said to stay, and is asked about once', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }) });
    engine.whenTask('a', 'queued', () => {
      engine.git.controls.write(at(engine, 'a'), 'notes.txt', 'by a person\n');
    });
    await engine.play();
    expect(engine.all('workspace.removed').map((event) => event.outcome)).toEqual(['refused']);
    expect(engine.task('a')).toMatchObject({ progress: { kind: 'landed' } });
    expect(engine.task('a').workspaceKept).toContain('notes.txt');
  });
});

const NO_RETRY = { max: 0, backoff: 'none', delayMs: 0, on: [] } as const;

function agent(name: string) {
  return { kind: 'demo', name, parallel: null, instructions: null } as const;
}

function at(engine: FakeEngine, id: string) {
  const workspace = engine.task(id).workspace;
  if (workspace === null) throw new Error(`${id} has no worktree`);
  return {
    task: id,
    branch: workspace.branch,
    path: workspace.path,
    base: '' as CommitId,
    isolation: 'worktree',
  } as const;
}
