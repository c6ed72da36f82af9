/** Landing on a branch of a remote, over fakes: races, refusals and kills between the push and its record. */
import { expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import type { BranchName } from '../core/ids.ts';
import { Failure } from '../kit/failure.ts';

function landing(...branches: readonly string[]): FakeEngine {
  const engine = new FakeEngine({
    plan: planOf({}, { gates: { test: {} } }),
    branches,
    options: { remote: 'origin' },
  });
  const { controls } = engine.git;
  for (const branch of branches)
    controls.commitAsHuman(branch as BranchName, controls.firstCommit, { [branch]: branch });
  controls.setRemote('origin/main', controls.firstCommit);
  return engine;
}

const fileOnRemote = async (engine: FakeEngine, path: string): Promise<string | null> => {
  const tip = engine.git.controls.remote('origin/main');
  return tip === null ? null : engine.git.port.readFile(tip, path as never);
};

test('branches land on the remote and leave the branch of that name here alone', async () => {
  const engine = landing('a', 'b');
  const state = await engine.play();
  expect(state.queue.landed).toEqual(['a', 'b']);
  expect(engine.git.controls.remote('origin/main')).toBe(state.queue.tip);
  expect(engine.tip).toBe(engine.git.controls.firstCommit);
  expect(engine.broken).toEqual([]);
});

test('commits that somebody else pushed meanwhile stay, and everything is tested again on top of them', async () => {
  const engine = landing('a');
  let foreign: string | null = null;
  engine.when(
    (state) => [...state.intents.values()].some(({ step }) => step.kind === 'run-gates'),
    () => {
      const { controls } = engine.git;
      const commit = controls.commitAsHuman('elsewhere' as BranchName, controls.firstCommit, { other: 'x' });
      foreign = commit;
      controls.setRemote('origin/main', commit);
    },
  );
  const state = await engine.play();
  expect(foreign).not.toBeNull();
  expect(state.queue.landed).toEqual(['a']);
  expect(await fileOnRemote(engine, 'other')).toBe('x');
  expect(await fileOnRemote(engine, 'a')).toBe('a');
  expect(engine.all('target.moved')).toMatchObject([{ to: foreign, how: 'forward' }]);
  expect(engine.all('gates.finished').length).toBe(2);
});

test('a push that is refused is tried again after growing pauses', async () => {
  const engine = landing('a');
  for (let count = 0; count < 2; count += 1)
    engine.git.controls.failNext('pushRemote', new Failure('git-remote', 'the network is down'));
  const before = engine.clock.now();
  const state = await engine.play();
  expect(state.queue.landed).toEqual(['a']);
  expect(engine.clock.now() - before).toBeGreaterThan(3_500);
  expect(engine.all('abandoned').map((event) => event.code)).toEqual(['git-remote', 'git-remote']);
});

test('a remote that cannot be looked at does not end the merge', async () => {
  const engine = landing('a');
  engine.when(
    (state) => state.queue.builds.size > 0,
    () => engine.git.controls.failNext('fetchRemoteTip', new Failure('git-remote', 'the network is down')),
  );
  expect((await engine.play()).queue.landed).toEqual(['a']);
});

test('killed between the push and its record, it finds the push done', async () => {
  const engine = landing('a');
  let isKilled = false;
  engine.killsAt = (name) => !isKilled && name === 'after:act.publish' && (isKilled = true);
  await engine.start();
  expect((await engine.run()).kind).toBe('crashed');
  const pushed = engine.git.controls.remote('origin/main');
  expect(pushed).not.toBe(engine.git.controls.firstCommit);
  await engine.reopen();
  const state = await engine.finish();
  expect(state.queue.landed).toEqual(['a']);
  expect(engine.git.controls.remote('origin/main')).toBe(pushed);
});
