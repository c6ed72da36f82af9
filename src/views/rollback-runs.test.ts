/** Whole runs of the real engine over fakes: landings taken back, and a target that turned red at the end. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import { bayesPlanner } from '../core/mergequeue/index.ts';
import type { ChangeId } from '../core/ids.ts';
import type { MergePolicy } from '../core/plan/model.ts';
import { companyOf } from '../core/run/company.ts';
import { dependentsOf, landedChange, rollbackEntry } from '../core/run/rollback.ts';
import { reportView } from '../views/report-view.ts';

const merge = (rest: Partial<MergePolicy> = {}): MergePolicy => ({
  into: null,
  strategy: 'merge',
  slots: 1,
  everyCommit: false,
  update: 'auto',
  onFailure: 'eject',
  conflicts: ['human'],
  resolver: null,
  tag: null,
  ...rest,
});

function entry(engine: FakeEngine, name: string) {
  const landed = landedChange(engine.state, name);
  if (landed === null) throw new Error(`${name} has not landed`);
  const { change, commit, parent } = landed;
  const because = 'it was wrong';
  const { paths, title } = change;
  return rollbackEntry(engine.state, { commit, parent, of: change, title, paths, by: 'ann', because });
}

async function rolledBack(engine: FakeEngine, name: string) {
  await engine.reopen(entry(engine, name));
  return engine.finish();
}

describe('a rollback', () => {
  test.each(['merge', 'squash', 'rebase'] as const)(
    'takes exactly one landing back, gated like everything (%s)',
    async (strategy) => {
      const engine = new FakeEngine({
        plan: planOf({ a: {}, b: {} }, { gates: { test: {} }, merge: merge({ strategy }) }),
      });
      await engine.play();
      const runs = engine.state.queue.gateRuns;
      const state = await rolledBack(engine, 'a');
      expect(await engine.landed('a.txt')).toBeNull();
      expect(await engine.landed('b.txt')).toBe('b 1\n');
      expect(state.queue.gateRuns).toBe(runs + 1);
      expect(state.life).toMatchObject({ outcome: 'done' });
      const [commit] = await engine.git.port.firstParents(state.queue.tip, 1);
      expect(commit?.parents).toEqual([state.queue.landings.at(-2)?.to]);
      expect(commit?.message).toContain('asked for by ann: it was wrong');
      expect(engine.broken).toEqual([]);
      expect(reportView(state, 0).rollbacks).toMatchObject([{ of: 'a', state: 'landed', by: 'ann' }]);
    },
  );

  test('of a rollback brings the work back', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {} }, { gates: { test: {} }, merge: merge() }),
    });
    await engine.play();
    await rolledBack(engine, 'a');
    await rolledBack(engine, 'rollback/a');
    expect(await engine.landed('a.txt')).toBe('a 1\n');
    await rolledBack(engine, 'a');
    expect(await engine.landed('a.txt')).toBeNull();
    expect(engine.broken).toEqual([]);
  });

  test('that is red lands nothing', async () => {
    const engine = new FakeEngine({
      plan: planOf({ a: {}, b: { needs: ['a'] } }, { gates: { test: {} }, merge: merge() }),
      gate: ({ read }) => (read('b.txt') !== null && read('a.txt') === null ? 1 : 0),
    });
    await engine.play();
    const { tip } = engine;
    const state = await rolledBack(engine, 'a');
    expect(engine.tip).toBe(tip);
    expect(state.life).toMatchObject({ outcome: 'failed' });
  });

  test('names what landed since and builds on it: by a need, directly or not, or by the same files', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf(
        { a: {}, b: { needs: ['a'] }, c: { needs: ['b'] }, d: {}, e: {} },
        { gates: { test: {} }, merge: merge() },
      ),
      agent: (turn) => {
        if (turn.task === 'd') return engine.writes(turn, { 'd.txt': 'd\n', 'a.txt': 'a 1\n' }, 20_000);
        return engine.works(turn);
      },
    });
    const state = await engine.play();
    const landed = landedChange(state, 'a');
    if (landed === null) throw new Error('a has not landed');
    const { change, commit } = landed;
    const found = dependentsOf(state, { commit, task: change.task, paths: change.paths });
    expect(found.map(({ name, because }) => `${name}: ${because}`).toSorted()).toEqual([
      'b: needs a',
      'c: needs a',
      'd: changed a.txt too',
    ]);
  });

  test('that meets later work in the same lines moves nothing and needs a person', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: {}, b: { needs: ['a'] } }, { gates: { test: {} }, merge: merge() }),
      agent: (turn) => engine.writes(turn, { 'same.txt': `${turn.task}\n` }),
    });
    await engine.play();
    const { tip } = engine;
    const state = await rolledBack(engine, 'a');
    expect(engine.tip).toBe(tip);
    expect(state.queue.changes.get('rollback/a' as ChangeId)?.state).toMatchObject({
      kind: 'ejected',
      because: 'conflict',
      files: ['same.txt'],
    });
    expect(state.life).toMatchObject({ outcome: 'conflict' });
    expect(engine.all('conflict.tried')).toEqual([]);
  });

  test('goes before everything that waits', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: {}, b: {}, c: {} }, { gates: { test: { at: ['merge'] } }, merge: merge() }),
      options: { parallel: 3 },
      agent: (turn) => engine.writes(turn, { [`${turn.task}.txt`]: 'x\n' }, turn.task === 'a' ? 10 : 5_000),
      gate: () => ({ exit: { afterMs: 2_000, code: 0 } }),
    });
    engine.when(
      (state) => state.queue.landed.length === 1 && state.queue.changes.size === 3,
      () => engine.tell(entry(engine, 'a')),
    );
    const state = await engine.play();
    const { landed } = state.queue;
    expect(landed).toHaveLength(4);
    expect(landed.indexOf('rollback/a' as ChangeId)).toBeLessThan(3);
    expect(engine.broken).toEqual([]);
  });
});

const SOAK = { test: { at: ['merge'] as const }, soak: { at: ['end'] as const, run: 'soak' } };
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;

/** Eight tasks land; the gate at the end is red as soon as `e` is there. */
function soaked(rest: Partial<MergePolicy>, isRed: (read: (path: string) => string | null) => boolean) {
  return new FakeEngine({
    plan: planOf(Object.fromEntries(NAMES.map((name) => [name, {}])), { gates: SOAK, merge: merge(rest) }),
    planner: bayesPlanner,
    gate: ({ gate, read }) => (gate === 'soak' && isRed(read) ? 1 : 0),
  });
}

describe('a target that turns red at the end', () => {
  const byE = (read: (path: string) => string | null): boolean => read('e.txt') !== null;

  test('is searched in halves to the change that did it, with both ends of the evidence', async () => {
    const engine = soaked({}, byE);
    const state = await engine.play();
    expect(state.bisect?.verdict).toMatchObject({ kind: 'culprit', change: 'e' });
    const tried = engine.all('gates.finished').filter((event) => event.subject.kind === 'bisect');
    expect(tried.length).toBeLessThanOrEqual(4);
    const report = reportView(state, 0);
    expect(report.red_target).toMatchObject({ gates: ['soak'], culprit: 'e' });
    expect(report.red_target?.evidence).toMatch(/without it is green.*with it is red/);
    expect(await engine.landed('e.txt')).not.toBeNull();
    expect(state.life).toMatchObject({ outcome: 'failed' });
    expect(engine.broken).toEqual([]);
  });

  test('with on_failure rollback that change alone is taken back, and the end is tested again', async () => {
    const engine = soaked({ onFailure: 'rollback', tag: 'good-{run}' }, byE);
    const state = await engine.play();
    expect(await engine.landed('e.txt')).toBeNull();
    for (const name of NAMES.filter((one) => one !== 'e'))
      expect(await engine.landed(`${name}.txt`)).not.toBeNull();
    expect(state.endGates).toBe('green');
    expect(state.life).toMatchObject({ outcome: 'failed' });
    expect(reportView(state, 0).rollbacks).toMatchObject([
      { of: 'e', state: 'landed', by: 'merge.on_failure' },
    ]);
    expect(engine.git.controls.ref('refs/tags/good-run-1')).toBeNull();
    expect(engine.broken).toEqual([]);
  });

  test('two culprits are found and taken back one after the other', async () => {
    const engine = soaked(
      { onFailure: 'rollback' },
      (read) => read('e.txt') !== null || read('b.txt') !== null,
    );
    const state = await engine.play();
    expect(await engine.landed('e.txt')).toBeNull();
    expect(await engine.landed('b.txt')).toBeNull();
    expect(await engine.landed('a.txt')).not.toBeNull();
    expect(state.endGates).toBe('green');
  });

  test('was it red before the run, nobody of it is to blame and nothing is taken back', async () => {
    const engine = soaked({ onFailure: 'rollback' }, () => true);
    const state = await engine.play();
    expect(state.bisect?.verdict).toMatchObject({ kind: 'red-before' });
    expect(state.queue.landed).toHaveLength(NAMES.length);
    expect(state.life).toMatchObject({ outcome: 'failed' });
  });

  test('a green end is tagged once, on the tip that was proven', async () => {
    const engine = soaked({ tag: 'milestone-{plan}' }, () => false);
    const state = await engine.play();
    expect(engine.git.controls.ref('refs/tags/milestone-test')).toBe(state.queue.tip);
    expect(reportView(state, 0).tag).toMatchObject({ name: 'milestone-test', outcome: 'tagged' });
    const taken = soaked({ tag: 'milestone-{plan}' }, () => false);
    taken.git.controls.moveRefAsHuman('refs/tags/milestone-test', taken.git.controls.firstCommit);
    const other = await taken.play();
    expect(taken.git.controls.ref('refs/tags/milestone-test')).toBe(taken.git.controls.firstCommit);
    expect(other.tagged).toMatchObject({ outcome: 'taken' });
  });
});

test('an ejected change is told with what it does not go together, never with what it went with', async () => {
  const engine: FakeEngine = new FakeEngine({
    plan: planOf({}, { gates: { test: {} }, merge: merge() }),
    branches: ['fine', 'rename', 'caller'],
    planner: bayesPlanner,
    gate: ({ read }) => (read('rename.txt') !== null && read('caller.txt') !== null ? 1 : 0),
  });
  for (const name of ['fine', 'rename', 'caller'])
    engine.git.controls.commitAsHuman(name as never, engine.git.controls.firstCommit, {
      [`${name}.txt`]: 'x\n',
    });
  const state = await engine.play();
  const ejected = [...state.queue.changes.values()].filter((one) => one.state.kind === 'ejected');
  expect(ejected).toHaveLength(1);
  const [loser] = ejected;
  if (loser === undefined) throw new Error('nothing was ejected');
  const winner = loser.id === 'rename' ? 'caller' : 'rename';
  expect(companyOf(loser, state)).toContain(winner);
  expect(reportView(state, 0).ejected[0]?.with).toContain(winner);
  expect(reportView(state, 0).ejected[0]).toMatchObject({ red_tree: expect.any(String) });
});
