/** Whole runs of the real engine over fakes, with agents whose clients say what they use and what stops them. */
import { describe, expect, test } from 'vitest';
import { clients, saying } from '../../test/support/clients.ts';
import { FakeEngine, type Turn } from '../../test/support/fake-engine.ts';
import { planOf, type PlanSketch, type TaskSketch } from '../../test/support/plan-builder.ts';
import { recording } from '../../test/support/recordings.ts';
import { spendingOf } from '../core/agents/spending.ts';
import type { TaskId } from '../core/ids.ts';
import type { Budget } from '../core/plan/model.ts';
import type { RunState } from '../core/run/state.ts';

const RETRIES = { max: 2, backoff: 'none', delayMs: 0, on: ['crash', 'stall', 'gate', 'no_change'] } as const;

function plan(tasks: Readonly<Record<string, TaskSketch>>, sketch: PlanSketch = {}) {
  const withAgents = Object.fromEntries(
    Object.entries(tasks).map(([id, task]) => [
      id,
      { agent: 'codex', retries: RETRIES, timeoutMs: 3_600_000, ...task },
    ]),
  );
  return planOf(withAgents, { agents: clients('codex', 'claude', 'gemini'), gates: { test: {} }, ...sketch });
}

function attemptsOf(state: RunState, task: string) {
  return [...state.attempts.values()].filter((attempt) => attempt.task === task);
}

const CODEX_SESSION = '01a1f8e0-e18f-7880-90c9-79c693255335';

describe('the conversation', () => {
  test('goes on after a red gate, told only what is new, and is counted once', async () => {
    const engine = new FakeEngine({
      plan: plan({ a: {} }),
      agent: (turn) =>
        saying(
          recording(turn.number === 1 ? 'codex' : 'codex.resumed'),
          engine.writes(turn, { 'a.txt': `${turn.number}\n` }),
        ),
      gate: ({ read }) => (read('a.txt') === '1\n' ? 1 : 0),
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    const [first, second] = attemptsOf(state, 'a');
    expect(first).toMatchObject({ session: null, spend: { tokens: { input: 4_000, output: 250 } } });
    expect(second).toMatchObject({
      session: CODEX_SESSION,
      spend: { tokens: { input: 1_600, cacheRead: 400, output: 100 }, isEstimated: true },
    });
    const prompt = engine.requests[1]?.prompt ?? '';
    expect(engine.requests[1]?.session).toBe(CODEX_SESSION);
    expect(prompt).toContain('What went wrong last time');
    expect(prompt.startsWith('# a, continued')).toBe(true);
    expect(spendingOf(attemptsOf(state, 'a')).tokens).toMatchObject({
      input: 5_600,
      cacheRead: 1_400,
      output: 350,
    });
    expect(engine.broken).toEqual([]);
  });

  test('that cannot be gone on with is begun anew with brief and diff, and uses up no try', async () => {
    const retries = { ...RETRIES, max: 1 };
    const engine = new FakeEngine({
      plan: plan({ a: { agent: 'claude', retries, prompt: 'Greet the user' } }),
      agent: (turn) => {
        if (turn.number === 2) return saying('No conversation found with session ID: 58876f88\n', null, 1);
        return saying(recording('claude'), engine.writes(turn, { 'a.txt': `${turn.number}\n` }));
      },
      gate: ({ read }) => (read('a.txt') === '1\n' ? 1 : 0),
    });
    const state = await engine.play();
    expect(attemptsOf(state, 'a').map((attempt) => attempt.verdict)).toEqual([
      'committed',
      'session',
      'committed',
    ]);
    expect(state.life).toMatchObject({ outcome: 'done' });
    const last = engine.requests[2];
    expect(last?.session).toBeNull();
    expect(last?.prompt).toContain('Greet the user');
    expect(last?.prompt).toContain('What is on the branch already');
  });

  test('is given up for a new one when going on with it hangs', async () => {
    const engine = new FakeEngine({
      plan: plan({ a: { stallMs: 60_000 } }),
      agent: (turn) =>
        turn.number < 3
          ? {
              output: [{ afterMs: 0, text: recording('codex').split('\n').slice(0, 4).join('\n') }],
              exit: null,
            }
          : saying(recording('codex'), engine.works(turn)),
    });
    const state = await engine.play();
    expect(attemptsOf(state, 'a').map(({ verdict, session }) => [verdict, session !== null])).toEqual([
      ['stall', false],
      ['stall', true],
      ['committed', false],
    ]);
  });
});

describe('an account at its limit', () => {
  const limited = (turn: Turn) => saying(recording('opencode.limited'), null, turn.number === 0 ? 0 : 1);

  test('is left alone until it is free again, by every task on it, and no try is used up', async () => {
    const retries = { ...RETRIES, max: 0 };
    const message = 'exceeded retry limit: try again in 2 hours';
    const tail = JSON.stringify({ type: 'turn.failed', error: { message } });
    const hit = `${recording('codex').split('\n').slice(0, 6).join('\n')}\n${tail}\n`;
    const started: Record<string, number> = {};
    const engine = new FakeEngine({
      plan: plan({ a: { retries }, b: { retries }, c: { agent: 'gemini', retries } }),
      options: { parallel: 2 },
      agent: (turn) => {
        started[`${turn.task}.${turn.number}`] = engine.clock.now();
        if (turn.task === 'a' && turn.number === 1)
          return saying(hit.replace('exceeded retry limit', '429 rate limit'), null, 1);
        return saying(recording(turn.agent), engine.works(turn));
      },
    });
    engine.whenTask('a', 'backing-off', () => expect(engine.state.accounts.get('codex')).toBeDefined());
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(attemptsOf(state, 'a').map(({ verdict, session }) => [verdict, session])).toEqual([
      ['rate_limit', null],
      ['committed', CODEX_SESSION],
    ]);
    const [parked] = engine.all('account.parked');
    const until = parked?.untilMs ?? 0;
    expect(until - (attemptsOf(state, 'a')[0]?.endedAtMs ?? 0)).toBe(2 * 3_600_000 + 1_000);
    expect(started['a.2']).toBeGreaterThanOrEqual(until);
    // b was already under way or had to wait; c works on another account meanwhile.
    expect(started['c.1']).toBeLessThan(until);
    expect(engine.broken).toEqual([]);
  });

  test('spills to the fallback at once', async () => {
    const engine = new FakeEngine({
      plan: plan({ a: { fallback: ['gemini'] } }),
      agent: (turn) =>
        turn.agent === 'codex'
          ? saying(recording('codex.limited'), null, 1)
          : saying(recording('gemini'), engine.works(turn)),
    });
    const state = await engine.play();
    expect(attemptsOf(state, 'a').map(({ agent, verdict }) => [agent, verdict])).toEqual([
      ['codex', 'rate_limit'],
      ['gemini', 'committed'],
    ]);
    expect(engine.clock.now() - state.startedAtMs).toBeLessThan(60_000);
  });

  test('that does not say when it ends is asked again after growing pauses', async () => {
    const engine = new FakeEngine({
      plan: plan({ a: {} }),
      agent: (turn) =>
        turn.number < 4
          ? saying(recording('codex.limited'), null, 1)
          : saying(recording('codex'), engine.works(turn)),
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    const ends = attemptsOf(state, 'a').map((attempt) => attempt.endedAtMs ?? 0);
    expect(
      engine.all('account.parked').map((event, index) => (event.untilMs ?? 0) - (ends[index] ?? 0)),
    ).toEqual([61_000, 121_000, 241_000]);
  });

  test('is believed whatever the exit code, but not what was overcome', async () => {
    const engine = new FakeEngine({
      plan: plan({ a: { agent: 'claude' } }),
      agent: (turn) => saying(recording('claude.recovers'), engine.works(turn)),
    });
    const state = await engine.play();
    expect(attemptsOf(state, 'a').map((attempt) => attempt.verdict)).toEqual(['committed']);
    expect(limited({ number: 1 } as Turn).exit).toEqual({ afterMs: 1_000, code: 1 });
  });
});

describe('a refused login', () => {
  test('needs a person, and nothing more is started on that account', async () => {
    const engine = new FakeEngine({
      plan: plan({ a: { agent: 'claude' }, b: { agent: 'claude' }, c: {} }),
      options: { parallel: 1 },
      agent: (turn) =>
        turn.agent === 'claude'
          ? saying(recording('claude.auth'), null, 1)
          : saying(recording('codex'), engine.works(turn)),
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'waiting' });
    expect(engine.task('a').progress).toMatchObject({ kind: 'needs-person', cause: 'login' });
    expect(attemptsOf(state, 'a')).toHaveLength(1);
    expect(attemptsOf(state, 'b')).toHaveLength(0);
    expect(engine.task('b').hold).toContain('account claude needs a login');
    expect(engine.kinds()['c']).toBe('landed');
    await engine.reopen({ kind: 'task.reopened', task: 'a' as TaskId, by: 'anna', fresh: false, wave: null });
    await engine.finish();
    expect(attemptsOf(engine.state, 'a')).toHaveLength(2);
  });
});

describe('budgets', () => {
  const budget = (more: Partial<Budget>): Budget => ({
    usd: null,
    tokens: null,
    timeMs: null,
    onExceed: 'pause',
    ...more,
  });
  const works = (engine: FakeEngine) => (turn: Turn) => saying(recording('claude'), engine.works(turn));
  const four = { a: {}, b: {}, c: {}, d: {} };
  const onClaude = Object.fromEntries(Object.keys(four).map((id) => [id, { agent: 'claude' }]));

  test('of the run in money: nothing starts beyond it, and the run can be let go on', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan(onClaude, { budget: budget({ usd: 0.03 }) }),
      options: { parallel: 1 },
      agent: (turn) => works(engine)(turn),
    });
    await engine.start();
    const ending = await engine.run();
    expect(ending).toMatchObject({ kind: 'drained', state: { life: { kind: 'paused' } } });
    expect(spendingOf([...engine.state.attempts.values()]).usd).toBe(0.0321);
    expect(engine.all('budget.exceeded')).toMatchObject([{ what: 'usd', limit: 0.03, action: 'pause' }]);
    await engine.reopen({ kind: 'run.resumed', by: 'anna' });
    expect((await engine.run()).kind).not.toBe('error');
    expect(spendingOf([...engine.state.attempts.values()]).usd).toBe(0.0642);
    expect(engine.broken).toEqual([]);
  });

  test('with many slots: turns that may use it up wait for those under way', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan(
        { ...onClaude, e: { agent: 'claude' }, f: { agent: 'claude' } },
        { budget: budget({ usd: 0.06 }) },
      ),
      options: { parallel: 3 },
      agent: (turn) => works(engine)(turn),
    });
    await engine.start();
    await engine.run();
    expect(spendingOf([...engine.state.attempts.values()]).usd).toBeLessThanOrEqual(0.06 + 0.01605 + 1e-9);
  });

  test('of the run in tokens, with stop: ends what runs, as a limit and not as a failure', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan(onClaude, { budget: budget({ tokens: 6_000, onExceed: 'stop' }) }),
      options: { parallel: 1 },
      agent: (turn) => works(engine)(turn),
    });
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'limit' });
    expect(state.attempts.size).toBe(2);
  });

  test('with warn: only says it', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan(onClaude, { budget: budget({ tokens: 1, onExceed: 'warn' }) }),
      agent: (turn) => works(engine)(turn),
    });
    expect((await engine.play()).life).toMatchObject({ outcome: 'done' });
    expect(engine.all('budget.exceeded')).toHaveLength(1);
  });

  test('of a task: what it has committed is judged, another turn needs a person', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan({ a: { agent: 'claude', budget: budget({ usd: 0.01 }) }, b: { agent: 'claude' } }),
      agent: (turn) => works(engine)(turn),
      gate: ({ read }) => (read('a.txt') === null ? 0 : 1),
    });
    const state = await engine.play();
    expect(attemptsOf(state, 'a')).toHaveLength(1);
    expect(engine.task('a').progress).toMatchObject({ kind: 'needs-person', cause: 'budget' });
    expect(engine.kinds()['b']).toBe('landed');
    expect(state.life).toMatchObject({ outcome: 'limit' });
  });

  test('of a task in time: its attempts are ended when it is used up', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: plan({ a: { budget: budget({ timeMs: 90_000 }) } }),
      agent: () => ({ exit: null, output: [{ afterMs: 0, text: recording('codex.hang') }] }),
    });
    const state = await engine.play();
    expect(spendingOf(attemptsOf(state, 'a')).timeMs).toBeLessThanOrEqual(91_000);
    expect(engine.task('a').progress).toMatchObject({ kind: 'needs-person', cause: 'budget' });
  });
});

test('an attempt is counted once, wherever the engine is killed', async () => {
  for (const point of ['before:act.collect-attempt', 'after:act.collect-attempt', 'after:intent.insert']) {
    const engine: FakeEngine = new FakeEngine({
      plan: plan({ a: {} }),
      agent: (turn) => saying(recording('codex'), engine.works(turn)),
    });
    let kills = 2;
    engine.killsAt = (name) =>
      name === point && engine.isStarted && engine.state.attempts.size > 0 && kills-- > 0;
    await engine.start();
    for (let ending = await engine.run(); ending.kind === 'crashed'; ending = await engine.run())
      await engine.reopen();
    expect(spendingOf([...engine.state.attempts.values()])).toMatchObject({
      attempts: 1,
      tokens: { input: 4_000 },
    });
  }
});
