/** Whole runs of the real engine over fakes: ejection, conflicts, held landings, other people's commits. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import { bayesPlanner } from '../core/mergequeue/index.ts';
import { Failure } from '../kit/failure.ts';
import type { BranchName, ChangeId, TaskId } from '../core/ids.ts';
import type { MergePolicy } from '../core/plan/model.ts';

const MERGE: MergePolicy = {
  into: null,
  strategy: 'merge',
  slots: 1,
  everyCommit: false,
  onFailure: 'eject',
  update: 'auto',
  conflicts: ['auto', 'human'],
  resolver: null,
  tag: null,
};
const GATES = { gates: { test: {} } };
const NO_RETRY = { max: 0, backoff: 'none', delayMs: 0, on: [] } as const;

describe('conflicts and ejections', () => {
  test('a change that conflicts with what landed waits for a person with the files named', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: {} }, GATES),
      agent: (turn) => engine.writes(turn, { 'same.txt': `${turn.task}\n` }),
    });
    const state = await engine.play();
    expect(Object.values(engine.kinds()).toSorted()).toEqual(['landed', 'needs-person']);
    const loser = [...state.tasks.values()].find((task) => task.progress.kind === 'needs-person');
    expect(loser?.progress).toMatchObject({ cause: 'conflict', files: ['same.txt'] });
    expect(loser?.workspace).not.toBeNull();
    expect(state.life).toMatchObject({ outcome: 'conflict' });
  });

  test('a change that is red on the merged tree takes the target in, is fixed and lands', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: {} }, GATES),
      agent: (turn) =>
        turn.task === 'b' && turn.number > 1
          ? engine.writes(turn, { 'b.txt': 'b speaks with a\n' })
          : engine.works(turn),
      gate: ({ read }) => (read('a.txt') !== null && read('b.txt') === 'b 1\n' ? 1 : 0),
    });
    const state = await engine.play();
    expect(engine.all('change.ejected').map((event) => [event.change, event.because])).toEqual([
      ['b', 'broken'],
    ]);
    expect(engine.all('workspace.updated')).toHaveLength(1);
    expect(engine.requests.at(-1)?.prompt).toContain('failed on the merged result');
    expect(state.queue.landed).toEqual(['a', 'b#2']);
    expect(engine.broken).toEqual([]);
  });

  test('a target that fails its own gates is not blamed on the change', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {} }, { gates: { test: { at: ['merge'] } } }),
      gate: () => 1,
    });
    const state = await engine.play();
    expect(engine.task('a').progress).toMatchObject({ kind: 'needs-person', cause: 'target' });
    expect(engine.all('change.ejected').map((event) => event.because)).toEqual(['rejected']);
    expect(state.queue.tipProof).toBe('red');
    expect(engine.tip).toBe(engine.git.controls.firstCommit);
  });

  test('on_failure stop: what is queued behind an ejected change is not tested any more', async () => {
    const engine = new FakeEngine({
      plan: planOf(
        { a: { retries: NO_RETRY }, b: {} },
        { gates: { test: { at: ['merge'] } }, merge: { ...MERGE, onFailure: 'stop' } },
      ),
      agent: (turn) => engine.writes(turn, { [`${turn.task}.txt`]: 'x\n' }, turn.task === 'a' ? 10 : 5_000),
      gate: ({ read }) => (read('a.txt') === null ? 0 : 1),
    });
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'failed', b: 'queued' });
    expect(state.life).toMatchObject({ outcome: 'failed' });
    expect(engine.tip).toBe(engine.git.controls.firstCommit);
  });

  test.each([
    ['merge', false],
    ['squash', false],
    ['rebase', false],
    ['merge', true],
  ] as const)(
    'strategy %s, every commit %s: all land, each on a tree that was tested',
    async (strategy, everyCommit) => {
      const engine = new FakeEngine({
        plan: planOf(
          { a: {}, b: {}, c: {}, d: {} },
          { ...GATES, merge: { ...MERGE, strategy, everyCommit, slots: 3 } },
        ),
        planner: bayesPlanner,
        options: { parallel: 4 },
      });
      const state = await engine.play();
      expect(state.queue.landed.toSorted()).toEqual(['a', 'b', 'c', 'd']);
      if (everyCommit) expect(state.queue.landings).toHaveLength(4);
      expect(engine.broken).toEqual([]);
    },
  );

  test('of a small tree and a larger one that end almost together only the larger is published', async () => {
    const trees: readonly (readonly string[])[] = [['a'], ['a', 'b']];
    const engine = new FakeEngine({
      plan: planOf({}, { ...GATES, merge: { ...MERGE, slots: 2 } }),
      branches: ['a', 'b'],
      planner: (snapshot) =>
        snapshot.builds.length > 0
          ? []
          : trees.map((members) => ({
              kind: 'start',
              members: members as ChangeId[],
              because: 'both at once',
            })),
      gate: ({ read }) => ({ exit: { afterMs: read('b.txt') === null ? 1_000 : 1_050, code: 0 } }),
    });
    for (const name of ['a', 'b'])
      engine.git.controls.commitAsHuman(name as BranchName, engine.git.controls.firstCommit, {
        [`${name}.txt`]: name,
      });
    const state = await engine.play();
    expect(state.queue.landings).toHaveLength(1);
    expect(state.queue.landed).toEqual(['a', 'b']);
    expect(engine.broken).toEqual([]);
  });
});

describe('a target that others move', () => {
  test('their commit under the queue makes it prove the work again on top of it', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }, GATES) });
    const { controls } = engine.git;
    engine.whenTask('a', 'queued', () => {
      controls.commitAsHuman('main' as BranchName, controls.firstCommit, { 'human.txt': 'hello\n' });
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.all('target.moved').map((event) => event.how)).toEqual(['forward']);
    expect(await engine.landed('human.txt')).toBe('hello\n');
    expect(await engine.landed('a.txt')).toBe('a 1\n');
    expect(engine.broken).toEqual([]);
  });

  test.each([
    ['rewritten', (engine: FakeEngine) => engine.git.controls.firstCommit],
    ['deleted', () => null],
  ])('a target that is %s closes the queue and nothing more is landed', async (how, to) => {
    const engine = new FakeEngine({ plan: planOf({ a: {}, b: { needs: ['a'] } }, GATES) });
    engine.whenTask('b', 'queued', () => {
      engine.git.controls.moveRefAsHuman('refs/heads/main', to(engine));
    });
    const state = await engine.play();
    expect(engine.all('target.moved').map((event) => event.how)).toEqual([how]);
    expect(engine.task('b').progress).toMatchObject({ kind: 'needs-person', cause: 'target' });
    expect(state.life).toMatchObject({ outcome: 'waiting' });
    expect(engine.tip).toBe(to(engine));
  });

  test('a build that was being made when the target moved is not tested on the old one', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }, GATES) });
    const { controls } = engine.git;
    engine.when(
      (state) => [...state.intents.values()].some(({ step }) => step.kind === 'make-build'),
      () => {
        controls.commitAsHuman('main' as BranchName, controls.firstCommit, { 'human.txt': 'hello\n' });
      },
    );
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a']);
    for (const build of state.queue.builds.values())
      if (build.state === 'green' || build.state === 'red') expect(build.tip).not.toBe(controls.firstCommit);
    expect(await engine.landed('human.txt')).toBe('hello\n');
  });
});

describe('a held landing', () => {
  const held = (): FakeEngine => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: { needs: [{ task: 'a' as TaskId, wave: null, when: 'started' }] } }, GATES),
    });
    engine.git.controls.setCheckout({ branch: 'main' as BranchName, isDirty: true });
    return engine;
  };

  test('waits for the checkout to be clean, and a resumed run lands it without new gates', async () => {
    const engine = held();
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'waiting' });
    expect(state.queue.held).not.toBeNull();
    expect(engine.tip).toBe(engine.git.controls.firstCommit);
    engine.git.controls.setCheckout({ branch: 'main' as BranchName, isDirty: false });
    await engine.reopen({ kind: 'run.resumed', by: 'anna' });
    const after = await engine.finish();
    expect(after.life).toMatchObject({ outcome: 'done' });
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
  });

  test('of a change that is withdrawn does not keep the others back', async () => {
    const engine = held();
    await engine.play();
    const holder = engine.state.queue.builds.get(engine.state.queue.held?.build as never)?.members[0];
    engine.git.controls.setCheckout({ branch: 'elsewhere' as BranchName, isDirty: true });
    await engine.reopen(
      { kind: 'task.skip_requested', task: holder as unknown as TaskId, by: 'anna' },
      { kind: 'run.resumed', by: 'anna' },
    );
    await engine.finish();
    expect(Object.values(engine.kinds()).toSorted()).toEqual(['landed', 'skipped']);
  });
});

describe('plain branches', () => {
  const branches = (engine: FakeEngine, changes: Readonly<Record<string, Record<string, string>>>): void => {
    const { controls } = engine.git;
    for (const [branch, files] of Object.entries(changes))
      controls.commitAsHuman(branch as BranchName, controls.firstCommit, files);
  };

  test('made by anyone are landed, refused or ejected one by one', async () => {
    const names = ['good', 'bad', 'clash', 'nowhere', 'same'];
    const engine = new FakeEngine({
      plan: planOf({}, { gates: { test: { at: ['merge'] } } }),
      branches: names,
      gate: ({ read }) => (read('bad.txt') === null ? 0 : 1),
    });
    branches(engine, { good: { 'x.txt': '1' }, bad: { 'bad.txt': '1' }, clash: { 'x.txt': '2' } });
    engine.git.controls.moveRefAsHuman('refs/heads/same', engine.git.controls.firstCommit);
    const state = await engine.play();
    const kinds = Object.fromEntries(
      [...state.queue.changes].map(([id, { state: at }]) => [
        id,
        at.kind === 'ejected' ? at.because : at.kind,
      ]),
    );
    expect(kinds).toEqual({
      good: 'landed',
      bad: 'broken',
      clash: 'conflict',
      nowhere: 'rejected',
      same: 'landed',
    });
    expect(state.life).toMatchObject({ outcome: 'failed' });
    expect(engine.broken).toEqual([]);
  });
});

describe('a world that refuses', () => {
  test.each(['publish', 'merge', 'keep', 'checkoutSlot', 'branchTip'] as const)(
    'one refused %s is tried again and the work lands',
    async (method) => {
      const engine = new FakeEngine({ plan: planOf({ a: {} }, GATES) });
      engine.whenTask('a', 'queued', () => {
        engine.git.controls.failNext(method, new Failure('git-busy', 'another git holds the lock'));
      });
      await engine.start();
      for (let ending = await engine.run(); ending.kind !== 'finished'; ending = await engine.run())
        await engine.reopen();
      expect(Object.keys(engine.kinds())).toEqual(['a']);
      if (method !== 'checkoutSlot') expect(engine.kinds()).toEqual({ a: 'landed' });
    },
  );

  test.each(['publish', 'merge'] as const)(
    'a %s that is always refused ends the queue with the reason',
    async (method) => {
      const engine = new FakeEngine({ plan: planOf({ a: {} }, GATES) });
      for (let count = 0; count < 50; count += 1)
        engine.git.controls.failNext(method, new Failure('git-busy', 'another git holds the lock'));
      const state = await engine.play();
      expect(engine.task('a').progress).toMatchObject({ kind: 'needs-person' });
      expect(state.queue.closedBecause).toContain('another git holds the lock');
      expect(engine.all('intended').length).toBeLessThan(20);
    },
  );

  test('a worktree that cannot be removed is kept, after a few tries', async () => {
    const engine = new FakeEngine({ plan: planOf({ a: {} }) });
    for (let count = 0; count < 50; count += 1)
      engine.git.controls.failNext('removeWorkspace', new Failure('git-busy', 'a file is open'));
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'landed' });
    expect(engine.task('a').workspaceKept).toContain('a file is open');
    expect(state.life).toMatchObject({ outcome: 'done' });
  });

  test.each(['provision', 'takeSnapshot', 'takeIn', 'capture', 'verifySnapshot'] as const)(
    'a %s that is always refused fails the task, after growing pauses',
    async (method) => {
      const engine = new FakeEngine({ plan: planOf({ a: {} }) });
      for (let count = 0; count < 50; count += 1)
        engine.git.controls.failNext(method, new Failure('git-busy', 'the disk is full'));
      const before = engine.clock.now();
      await engine.play();
      expect(engine.task('a').progress).toMatchObject({ kind: 'failed', cause: 'environment' });
      expect(engine.clock.now() - before).toBeGreaterThan(10_000);
    },
  );
});

describe('gates at the end', () => {
  test('that are red fail the run, and are asked again when a later try lands more', async () => {
    let isRed = true;
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: { retries: NO_RETRY } }, { gates: { soak: { at: ['end'] } } }),
      agent: (turn) =>
        turn.task === 'b' && turn.number === 1 ? { exit: { afterMs: 1, code: 1 } } : engine.works(turn),
      gate: () => (isRed ? 1 : 0),
    });
    expect((await engine.play()).endGates).toBe('red');
    isRed = false;
    await engine.reopen(
      { kind: 'run.resumed', by: 'anna' },
      { kind: 'task.reopened', task: 'b' as TaskId, by: 'anna', fresh: false, wave: null },
    );
    const state = await engine.finish();
    expect(state.endGates).toBe('green');
    expect(state.life).toMatchObject({ outcome: 'done' });
  });
});
