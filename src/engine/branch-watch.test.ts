/** A watched queue over fakes: branches come, move and go, and the run ends when nothing happens any more. */
import { expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import { bayesPlanner } from '../core/mergequeue/index.ts';
import type { BranchName } from '../core/ids.ts';

const IDLE_MS = 60_000;

function watching(): FakeEngine {
  return new FakeEngine({
    plan: planOf({}, { gates: { test: {} } }),
    branches: [],
    planner: bayesPlanner,
    options: { watch: { patterns: ['agent/*'], untilIdleMs: IDLE_MS } },
    gate: ({ read }) => (read('bad') === null ? 0 : 1),
  });
}

function branch(engine: FakeEngine, name: string, files: Readonly<Record<string, string | null>>): void {
  const { controls } = engine.git;
  const parent = controls.ref(`refs/heads/${name}`) ?? controls.firstCommit;
  controls.commitAsHuman(name as BranchName, parent, files);
}

test('branches that match enter when they are there, when they appear, and when they move', async () => {
  const engine = watching();
  branch(engine, 'agent/a', { a: '1' });
  branch(engine, 'other', { o: '1' });
  engine.git.controls.moveRefAsHuman('refs/heads/agent/behind', engine.git.controls.firstCommit);
  engine.when(
    (state) => state.queue.landed.length === 1,
    () => branch(engine, 'agent/b', { b: '1' }),
  );
  engine.when(
    (state) => state.queue.landed.length === 2,
    () => branch(engine, 'agent/a', { more: '1' }),
  );
  const state = await engine.play();
  expect(state.queue.landed).toEqual(['agent/a', 'agent/b', 'agent/a#2']);
  expect([...state.queue.changes.keys()]).toEqual(['agent/a', 'agent/b', 'agent/a#2']);
  expect(state.life).toMatchObject({ outcome: 'done' });
  expect(engine.broken).toEqual([]);
});

test('a branch that was ejected enters anew only when it has moved', async () => {
  const engine = watching();
  branch(engine, 'agent/a', { a: '1', bad: '1' });
  let fixed = false;
  engine.when(
    (state) => state.queue.changes.get('agent/a' as never)?.state.kind === 'ejected',
    () => {
      engine.clock.after(IDLE_MS / 2, () => {
        fixed = true;
        branch(engine, 'agent/a', { bad: null });
      });
    },
  );
  const state = await engine.play();
  expect(fixed).toBe(true);
  expect([...state.queue.changes.keys()]).toEqual(['agent/a', 'agent/a#2']);
  expect(state.queue.landed).toEqual(['agent/a#2']);
  expect(state.life).toMatchObject({ outcome: 'done' });
});

test('a branch that moves while it waits lands with what it holds then', async () => {
  const engine = watching();
  branch(engine, 'agent/a', { a: '1' });
  engine.when(
    (state) => state.queue.builds.size > 0,
    () => branch(engine, 'agent/a', { a: '2' }),
  );
  const state = await engine.play();
  expect(await engine.landed('a')).toBe('2');
  expect(state.queue.landed).toEqual(['agent/a#2']);
  expect(engine.all('change.ejected')).toMatchObject([{ change: 'agent/a', because: 'withdrawn' }]);
});

test('a watched queue that was killed goes on watching, and enters nothing twice', async () => {
  const engine = watching();
  branch(engine, 'agent/a', { a: '1' });
  engine.when(
    (state) => state.queue.landed.length === 1,
    () => engine.crash(),
  );
  await engine.start();
  expect((await engine.run()).kind).toBe('crashed');
  branch(engine, 'agent/b', { b: '1' });
  await engine.reopen();
  expect((await engine.finish()).queue.landed).toEqual(['agent/a', 'agent/b']);
});
