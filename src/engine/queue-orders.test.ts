/** Whole merges of the real engine over fakes, while people hold, move, take out and add changes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import { bayesPlanner, patient } from '../core/mergequeue/index.ts';
import type { BranchName, ChangeId, CommitId } from '../core/ids.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import { fold } from '../core/run/reduce.ts';
import type { RunState } from '../core/run/state.ts';
import { rankBeside } from '../core/schedule/queue-order.ts';

const GATES = { gates: { test: {} } };
const by = 'anna';
const change = (id: string): ChangeId => id as ChangeId;

interface MergeSketch {
  /** Files of each branch; `on`: the branch it is built on. */
  readonly branches: Readonly<Record<string, { readonly bad?: boolean; readonly on?: string }>>;
  readonly present?: readonly string[];
}

function mergeOf({ branches, present }: MergeSketch): FakeEngine {
  const { merge } = planOf({});
  const engine = new FakeEngine({
    plan: planOf({}, { ...GATES, merge: { ...merge, slots: 2 } }),
    branches: present ?? Object.keys(branches),
    planner: patient(bayesPlanner),
    gate: ({ read }) => (Object.keys(branches).some((name) => read(`${name}.bad`) !== null) ? 1 : 0),
  });
  for (const [name, { bad = false, on }] of Object.entries(branches)) {
    const base = on === undefined ? engine.git.controls.firstCommit : tipOf(engine, on);
    const files = { [`${name}.txt`]: name, ...(bad ? { [`${name}.bad`]: 'x' } : {}) };
    engine.git.controls.commitAsHuman(name as BranchName, base, files);
  }
  return engine;
}

function tipOf(engine: FakeEngine, branch: string): CommitId {
  const tip = engine.git.controls.ref(`refs/heads/${branch}`);
  if (tip === null) throw new Error(`no branch ${branch}`);
  return tip;
}

function entry(branch: string, wish: Partial<{ alone: boolean; needs: readonly ChangeId[] }> = {}): Fact {
  return {
    kind: 'queue.entered',
    change: change(branch),
    task: null,
    wave: null,
    branch: branch as BranchName,
    head: null,
    title: branch,
    paths: [],
    wish: { priority: null, alone: false, needs: [], ...wish },
  };
}

const placeOf = (engine: FakeEngine, id: string): string | undefined =>
  engine.state.queue.changes.get(change(id))?.state.kind;

test('the first tree is chosen among all branches that were named, however long one takes to be taken in', async () => {
  const engine = mergeOf({ branches: { slow: {}, quick: {}, quicker: {} } });
  const { port } = engine.git;
  const takeIn = port.takeIn.bind(port);
  Object.assign(port, {
    takeIn: async (...args: Parameters<typeof takeIn>) => {
      if (args[0].branch === ('slow' as BranchName))
        await new Promise<void>((resolve) => {
          engine.clock.after(5_000, resolve);
        });
      return takeIn(...args);
    },
  });
  await engine.play();
  const kinds = engine.events.map((event) => event.kind);
  expect(kinds.lastIndexOf('queue.taken_in')).toBeLessThan(kinds.indexOf('build.made'));
  expect(engine.all('queue.taken_in')).toHaveLength(3);
});

describe('what a person says to the queue', () => {
  test('a held change stays out of every build until it is released, and the run waits for that', async () => {
    const engine = mergeOf({ branches: { a: {}, b: {} } });
    engine.tell({ kind: 'change.held', change: change('b'), by });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a']);
    expect(placeOf(engine, 'b')).toBe('pending');
    expect(state.life).toMatchObject({ kind: 'finished', outcome: 'waiting' });
    await engine.reopen({ kind: 'run.resumed', by }, { kind: 'change.released', change: change('b'), by });
    expect((await engine.finish()).queue.landed).toEqual(['a', 'b']);
    expect(engine.broken).toEqual([]);
  });

  test('a change held while its tree is tested does not land with it', async () => {
    const engine = mergeOf({ branches: { a: {} } });
    engine.when(
      (state) => [...state.intents.values()].some(({ step }) => step.kind === 'run-gates'),
      () => engine.tell({ kind: 'change.held', change: change('a'), by }),
    );
    const state = await engine.play();
    expect(state.queue.landed).toEqual([]);
    expect(state.life).toMatchObject({ outcome: 'waiting' });
  });

  test('an ejected change leaves branch and target as they are, and is no failure', async () => {
    const engine = mergeOf({ branches: { a: {}, b: {} } });
    engine.tell({ kind: 'change.eject_requested', change: change('b'), by });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a']);
    expect(engine.all('change.ejected')).toMatchObject([{ change: 'b', because: 'withdrawn' }]);
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(tipOf(engine, 'b')).not.toBeNull();
  });

  test('a change that was asked to leave while it was being published has landed', async () => {
    const engine = mergeOf({ branches: { a: {} } });
    engine.when(
      (state) => [...state.intents.values()].some(({ step }) => step.kind === 'publish'),
      () => engine.tell({ kind: 'change.eject_requested', change: change('a'), by }),
    );
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a']);
    expect(engine.all('change.ejected')).toEqual([]);
  });

  test('a closed queue lands nothing until it is opened', async () => {
    const engine = mergeOf({ branches: { a: {}, b: {} } });
    engine.tell({ kind: 'queue.closed', by, below: null });
    const state = await engine.play();
    expect(state.queue.landed).toEqual([]);
    expect(state.queue.builds.size).toBe(0);
    await engine.reopen({ kind: 'run.resumed', by }, { kind: 'queue.opened', by });
    expect((await engine.finish()).queue.landed.toSorted()).toEqual(['a', 'b']);
  });

  test('a queue closed below a priority lands what is as urgent', async () => {
    const engine = mergeOf({ branches: { a: {}, b: {} } });
    engine.tell({ kind: 'queue.closed', by, below: 1 });
    engine.tell({ kind: 'change.ranked', change: change('b'), by, priority: 1, order: 0 });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['b']);
    expect(placeOf(engine, 'a')).toBe('pending');
  });

  test('a branch that enters while the queue is at work lands as well, once', async () => {
    const engine = mergeOf({ branches: { a: {}, late: {} }, present: ['a'] });
    engine.when(
      (state) => state.queue.builds.size > 0,
      () => {
        engine.tell(entry('late'));
        engine.tell(entry('late'));
      },
    );
    const state = await engine.play();
    expect(state.queue.landed.toSorted()).toEqual(['a', 'late']);
    expect(await engine.landed('late.txt')).toBe('late');
  });
});

describe('needs between changes', () => {
  test('a branch built on another never lands before it', async () => {
    const engine = mergeOf({ branches: { base: {}, top: { on: 'base' } }, present: ['top', 'base'] });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['base', 'top']);
    for (const { step } of engine.all('intended')) {
      if (step.kind !== 'make-build' || !step.members.includes(change('top'))) continue;
      const before = step.members.slice(0, step.members.indexOf(change('top')));
      expect([...before, ...landedBefore(engine, step.tip)]).toContain('base');
    }
  });

  test('a branch built on a broken one is refused with it, and the reason names it', async () => {
    const engine = mergeOf({ branches: { base: { bad: true }, top: { on: 'base' }, other: {} } });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['other']);
    expect(engine.all('change.ejected')).toMatchObject([
      { change: 'base', because: 'broken' },
      { change: 'top', because: 'rejected', detail: 'is built on base, which was ejected' },
    ]);
  });

  test('a declared need is kept, and a change that wants to be alone is never in a group', async () => {
    const engine = mergeOf({ branches: { a: {}, b: {}, c: {}, d: {} }, present: [] });
    engine.tell(entry('c', { alone: true }));
    engine.tell(entry('a', { needs: [change('d')] }));
    engine.tell(entry('b'));
    engine.tell(entry('d'));
    const { queue } = await engine.play();
    expect(queue.landed.toSorted()).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.landed.indexOf(change('d'))).toBeLessThan(queue.landed.indexOf(change('a')));
    for (const build of queue.builds.values())
      if (build.members.includes(change('c'))) expect(build.members).toEqual(['c']);
  });
});

test('whatever people say, every change that may land does, and the log folds to the same state', async () => {
  const names = ['a', 'b', 'c', 'd'];
  const order = fc.record({
    at: fc.integer({ min: 1, max: 40 }),
    id: fc.constantFrom(...names),
    verb: fc.constantFrom('hold', 'release', 'up', 'down', 'close', 'open'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(order, { maxLength: 8 }),
      fc.subarray(names, { maxLength: 2 }),
      async (orders, bad) => {
        const branches = Object.fromEntries(names.map((name) => [name, { bad: bad.includes(name) }]));
        const engine = mergeOf({ branches });
        let isOver = false;
        for (const { at, id, verb } of orders) {
          engine.when(
            () => !isOver && engine.events.length >= at,
            (state) => {
              const fact = factOf(verb, id, state);
              if (fact !== null && state.life.kind === 'running') engine.tell(fact);
            },
          );
        }
        await engine.play();
        isOver = true;
        await engine.reopen(
          { kind: 'run.resumed', by },
          { kind: 'queue.opened', by },
          ...names.map((name): Fact => ({ kind: 'change.released', change: change(name), by })),
        );
        const state = await engine.finish();
        expect(state.queue.landed.toSorted()).toEqual(names.filter((name) => !bad.includes(name)));
        expect(engine.broken).toEqual([]);
        expect(fold(engine.events)?.queue).toEqual(state.queue);
      },
    ),
    { numRuns: 25 },
  );
});

function factOf(verb: string, id: string, state: RunState): Fact | null {
  switch (verb) {
    case 'hold':
      return { kind: 'change.held', change: change(id), by };
    case 'release':
      return { kind: 'change.released', change: change(id), by };
    case 'close':
      return { kind: 'queue.closed', by, below: null };
    case 'open':
      return { kind: 'queue.opened', by };
    default: {
      const rank = rankBeside(state, change(id), verb === 'up' ? 'up' : 'down');
      return rank === null ? null : { kind: 'change.ranked', change: change(id), by, ...rank };
    }
  }
}

function landedBefore(engine: FakeEngine, tip: CommitId): readonly string[] {
  const { landings } = engine.state.queue;
  const last = landings.findIndex((landing) => landing.to === tip);
  return landings.slice(0, last + 1).flatMap((landing) => landing.changes);
}
