/** Whole runs of the real engine over fakes, with reviewers that follow a script. */
import { expect, test } from 'vitest';
import { clients, saying } from '../../test/support/clients.ts';
import { FakeEngine, type Turn } from '../../test/support/fake-engine.ts';
import { planOf, type PlanSketch, type TaskSketch } from '../../test/support/plan-builder.ts';
import { recording } from '../../test/support/recordings.ts';
import type { ReviewPolicy } from '../core/review/model.ts';
import type { TaskId } from '../core/ids.ts';

const POLICY: ReviewPolicy = { agent: 'checker', minScore: 10, maxIterations: 5, onFail: 'escalate' };
const AGENTS = {
  demo: { kind: 'demo', name: 'demo', parallel: null, instructions: null },
  checker: { kind: 'demo', name: 'checker', parallel: null, instructions: 'Be strict.' },
} as const;

function plan(tasks: Readonly<Record<string, TaskSketch>> = { a: {} }, sketch: PlanSketch = {}) {
  const reviewed = Object.entries(tasks).map(([id, task]) => [id, { review: POLICY, ...task }] as const);
  return planOf(Object.fromEntries(reviewed), { agents: AGENTS, gates: { test: {} }, ...sketch });
}

const finding = (title: string, severity = 'major') => ({
  severity,
  file: 'a.txt',
  line: 1,
  title,
  detail: '',
});
const resolved = (...ids: readonly string[]) => ids.map((id) => ({ id, status: 'resolved' }));

/** Works in turn, and judges by the round. */
function playing(
  engine: () => FakeEngine,
  judge: (round: number, turn: Turn) => object,
): (turn: Turn) => ReturnType<FakeEngine['works']> {
  return (turn) =>
    turn.review === null
      ? engine().writes(turn, { 'a.txt': `${turn.number}\n` })
      : engine().judges(turn, judge(turn.review.round, turn));
}

test('gates come first: a red gate is never put before a reviewer, and a review never makes it green', async () => {
  const engine: FakeEngine = new FakeEngine({
    plan: plan(),
    agent: playing(
      () => engine,
      () => ({ score: 10 }),
    ),
    gate: ({ read }) => (read('a.txt') === '1\n' ? 1 : 0),
  });
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'done' });
  const [round] = engine.task('a').review.rounds;
  expect(round?.tree).toBe(engine.task('a').tree);
  expect(engine.all('review.finished')).toHaveLength(1);
  expect(engine.broken).toEqual([]);
});

test('each wave is judged from where the one before was complete, and one that is not reviewed is seen by the next', async () => {
  const made = plan(
    { a: { waves: ['one', 'two', 'three'] } },
    { gates: { test: { at: ['wave', 'merge'] } } },
  );
  const waves = made.tasks[0]?.waves.map((wave) =>
    wave.number === 2 ? { ...wave, isReviewed: false } : wave,
  );
  const engine: FakeEngine = new FakeEngine({
    plan: { ...made, tasks: made.tasks.map((task) => ({ ...task, waves: waves as never })) },
    agent: playing(
      () => engine,
      () => ({ score: 10 }),
    ),
  });
  await engine.play();
  const { review, waves: complete } = engine.task('a');
  expect(review.rounds.map(({ wave }) => wave)).toEqual([1, 3]);
  expect(review.rounds[1]?.since).toBe(complete.find(({ number }) => number === 2)?.head);
  expect(engine.kinds()).toEqual({ a: 'landed' });
});

test.each([
  [1, ['a', 'b', 'review a', 'review b', 'c', 'review c']],
  [2, null],
] as const)(
  'with %i slots reviews take their share of them, and come before new work',
  async (parallel, wanted) => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan({ a: {}, b: {}, c: {} }),
      options: { parallel },
      agent: (turn) =>
        turn.review === null ? engine.works(turn) : engine.judges(turn, { score: 10 }, 20_000),
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    let most = 0;
    let atWork = 0;
    const order: string[] = [];
    for (const event of engine.events) {
      const isReview = event.kind === 'intended' && event.step.kind === 'run-review';
      if (isReview || event.kind === 'attempt.started') atWork += 1;
      if (event.kind === 'review.finished' || event.kind === 'attempt.exited') atWork -= 1;
      if (event.kind === 'attempt.started') order.push(event.task);
      if (isReview && 'task' in event.step) order.push(`review ${event.step.task}`);
      most = Math.max(most, atWork);
    }
    expect(most).toBe(parallel);
    if (wanted !== null) expect(order).toEqual(wanted);
  },
);

test('a stop ends the reviewer with the task', async () => {
  const engine: FakeEngine = new FakeEngine({
    plan: plan(),
    agent: (turn) => (turn.review === null ? engine.works(turn) : { exit: null }),
  });
  engine.when(
    (state) => [...state.intents.values()].some(({ step }) => step.kind === 'run-review'),
    () => engine.tell({ kind: 'task.stop_requested', task: 'a' as TaskId, by: 'ada' }),
  );
  await engine.play();
  expect(engine.kinds()).toEqual({ a: 'stopped' });
  expect(engine.all('review.finished')[0]?.outcome).toEqual({ kind: 'cancelled' });
  expect(engine.task('a').review.rounds).toEqual([]);
});

test('killed at every commit of a review, it ends as if it had not been, with every turn counted once', async () => {
  for (const failpoint of ['before:act.run-review', 'after:act.run-review', 'after:intent.insert']) {
    let kills = 3;
    const engine: FakeEngine = new FakeEngine({
      plan: plan(),
      agent: playing(
        () => engine,
        (round) =>
          round === 1 ? { score: 6, findings: [finding('x')] } : { score: 10, earlier: resolved('F1') },
      ),
    });
    engine.killsAt = (name) => name === failpoint && engine.isStarted && kills-- > 0;
    await engine.start();
    let ending = await engine.run();
    while (ending.kind === 'crashed') {
      expect(await engine.reopen()).toBe(true);
      ending = await engine.run();
    }
    expect(ending.kind).toBe('finished');
    expect(engine.kinds()).toEqual({ a: 'landed' });
    expect(engine.task('a').review.rounds.map(({ score }) => score)).toEqual([6, 10]);
    expect(engine.state.sideTurns).toHaveLength(2);
    expect(engine.broken).toEqual([]);
  }
});

test('an account at its limit makes the review wait, not fail, and uses up no round', async () => {
  let asked = 0;
  const engine: FakeEngine = new FakeEngine({
    plan: plan(
      { a: { agent: 'codex', review: { ...POLICY, agent: 'claude' } } },
      { agents: clients('codex', 'claude') },
    ),
    agent: (turn) => {
      if (turn.review === null) return saying(recording('codex'), engine.works(turn));
      asked += 1;
      if (asked === 1) return saying(recording('claude.limited'), null, 1);
      const verdict = { commit: turn.review.head, score: 10, findings: [], earlier: [] };
      const said = {
        type: 'assistant',
        message: { content: [{ type: 'text', text: JSON.stringify(verdict) }] },
      };
      return saying(`${recording('claude')}${JSON.stringify(said)}\n`, null, 0);
    },
  });
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'done' });
  expect(engine.all('review.finished').map(({ outcome }) => outcome.kind)).toEqual(['limit', 'verdict']);
  expect(engine.task('a').review.rounds).toHaveLength(1);
  expect(engine.all('attempt.started')).toHaveLength(1);
});

test('what the queue sends back is judged again from where it was accepted', async () => {
  const engine: FakeEngine = new FakeEngine({
    plan: plan({ b: { review: null }, a: {} }),
    agent: (turn) => {
      if (turn.review !== null) return engine.judges(turn, { score: 10 });
      return turn.task === 'b'
        ? engine.works(turn)
        : engine.writes(turn, { 'a.txt': `${turn.number}\n` }, 9_000);
    },
    gate: ({ read }) => (read('a.txt') === '1\n' && read('b.txt') !== null ? 1 : 0),
  });
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'done' });
  const rounds = engine.task('a').review.rounds;
  expect(rounds.map(({ number, isAccepted }) => [number, isAccepted])).toEqual([
    [1, true],
    [2, true],
  ]);
  expect(rounds[1]?.since).toBe(rounds[0]?.head);
});

test('a remark on work that is queued takes it out of the queue and to its author', async () => {
  const engine: FakeEngine = new FakeEngine({
    plan: plan(),
    agent: playing(
      () => engine,
      (round) => ({ score: 10, earlier: round === 1 ? [] : resolved('F1') }),
    ),
  });
  engine.whenTask('a', 'queued', () =>
    engine.tell({
      kind: 'review.commented',
      task: 'a' as TaskId,
      by: 'ada',
      severity: 'nit',
      file: null,
      line: null,
      text: 'one more thing',
    }),
  );
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'done' });
  expect(engine.all('change.ejected')[0]).toMatchObject({ because: 'withdrawn' });
  expect(engine.task('a').review.findings[0]?.state).toMatchObject({ kind: 'resolved', by: 'checker' });
  expect(await engine.landed('a.txt')).toBe('2\n');
});

/** `a` lands first; `b`, which is reviewed, meets it in same.txt, and an agent settles it. */
function settled(judge: (turn: Turn) => object, parallel = 2): FakeEngine {
  const merge = { ...plan().merge, conflicts: ['agent', 'human'] } as const;
  const made = plan({ a: { review: null }, b: {} }, { merge });
  let tries = 0;
  const engine: FakeEngine = new FakeEngine({
    plan: made,
    options: { parallel },
    agent: (turn) => {
      if (turn.review !== null) return engine.judges(turn, judge(turn));
      if (turn.at.path.startsWith('/fake/resolutions/'))
        return engine.writes(turn, { 'same.txt': `settled ${(tries += 1)}\n` });
      return engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000);
    },
  });
  return engine;
}

test('a conflict that an agent settled is judged before it is queued, on the files in conflict alone', async () => {
  const prompts: string[] = [];
  const engine = settled((turn) => {
    prompts.push(turn.prompt);
    if (turn.review?.round === 2)
      return { score: 4, findings: [{ ...finding('b is gone'), file: 'same.txt' }] };
    return { score: 10, earlier: turn.review?.round === 3 ? resolved('F1') : [] };
  });
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'done' });
  const { review } = engine.task('b');
  expect(review.rounds.map(({ score, isAccepted }) => [score, isAccepted])).toEqual([
    [10, true],
    [4, false],
    [10, true],
  ]);
  expect(prompts[1]).toContain('merges the accepted work with the target');
  expect(prompts[1]).toContain('- same.txt');
  const [opened] = engine.all('conflict.opened');
  expect(review.rounds[1]?.since).toBe(opened?.theirs);
  // The second turn of the resolver is told what was found in the first.
  const resolvers = engine.requests.filter((request) => request.attempt.includes('.resolve.'));
  expect(resolvers[1]?.prompt).toContain('reviewed 4/10: F1 major: b is gone');
  expect(await engine.landed('same.txt')).toBe('settled 2\n');
  expect(state.sideTurns.map(({ phase }) => phase)).toEqual([
    'review',
    'resolve',
    'review',
    'resolve',
    'review',
  ]);
  expect(engine.broken).toEqual([]);
});

test('a settled conflict that no reviewer accepts goes to a person, and lands nowhere', async () => {
  const engine = settled((turn) =>
    turn.review?.round === 1
      ? { score: 10 }
      : {
          score: 3,
          findings: [{ ...finding(`fault ${turn.review?.round}`), file: 'same.txt' }],
          earlier: turn.review?.round === 3 ? [{ id: 'F1', status: 'open' }] : [],
        },
  );
  const state = await engine.play();
  expect(state.life).toMatchObject({ outcome: 'conflict' });
  expect(state.queue.landed).toEqual(['a']);
  const { progress } = engine.task('b');
  expect(progress).toMatchObject({ kind: 'needs-person', cause: 'conflict' });
  expect('detail' in progress ? progress.detail : '').toContain('reviewed 3/10');
  expect(engine.broken).toEqual([]);
});
