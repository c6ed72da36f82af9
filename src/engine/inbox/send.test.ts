/** Messages of people to a task's agent, over whole runs of the real engine with fakes. */
import { describe, expect, test } from 'vitest';
import { clients, saying } from '../../../test/support/clients.ts';
import { FakeEngine, type Turn } from '../../../test/support/fake-engine.ts';
import { planOf, type TaskSketch } from '../../../test/support/plan-builder.ts';
import { recording } from '../../../test/support/recordings.ts';
import type { TaskId } from '../../core/ids.ts';
import { MAX_WAITING_MESSAGES } from '../../core/inbox/model.ts';
import { messagesOf } from '../../core/inbox/messages.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import type { Progress, RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { factsOfMessage } from './send.ts';

const A = 'a' as TaskId;
const RETRIES = { max: 1, backoff: 'none', delayMs: 0, on: ['crash', 'gate', 'no_change'] } as const;

/** Nothing of it can be gone on with. */
const PLAIN: AgentSpec = {
  kind: 'command',
  name: 'plain',
  run: 'plain',
  promptVia: 'stdin',
  passEnv: [],
  env: {},
  parallel: null,
  instructions: null,
};

function said(text: string, isUrgent = false): Fact {
  return { kind: 'message.sent', task: A, by: 'Ada', text, isUrgent };
}

/** One task on an agent whose conversation goes on. */
function engineOf(
  more: {
    readonly task?: TaskSketch;
    readonly agent?: (turn: Turn, engine: FakeEngine) => ReturnType<FakeEngine['works']>;
    readonly gate?: (read: (path: string) => string | null) => number;
  } = {},
): FakeEngine {
  const { task, agent, gate } = more;
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(
      { a: { agent: 'codex', retries: RETRIES, timeoutMs: 3_600_000, ...task } },
      { agents: { ...clients('codex', 'claude'), plain: PLAIN }, gates: { test: {} } },
    ),
    agent: (turn) =>
      agent?.(turn, engine) ??
      saying(
        recording(turn.number === 1 ? 'codex' : 'codex.resumed'),
        engine.writes(turn, { 'a.txt': `${turn.number}\n` }),
      ),
    gate: ({ read }) => gate?.(read) ?? 0,
  });
  return engine;
}

function fates(state: RunState): readonly string[] {
  return messagesOf(state, A).map(({ fate }) => (fate.kind === 'told' ? fate.attempt : fate.kind));
}

/** Asks the engine as `copse send` does. */
function send(engine: FakeEngine, text: string, isUrgent = false): void {
  for (const fact of factsOfMessage(engine.state, { task: A, by: 'Ada', text, isUrgent })) engine.tell(fact);
}

describe('a message to a task', () => {
  test('waits for the end of the turn, then is the next one of the same conversation', async () => {
    const engine = engineOf();
    engine.whenTask('a', 'working', () => {
      send(engine, 'Use tabs');
    });
    const state = await engine.play();
    const [first, second] = engine.requests;
    expect(engine.requests).toHaveLength(2);
    expect(first?.prompt).not.toContain('Use tabs');
    expect(second).toMatchObject({ session: '01a1f8e0-e18f-7880-90c9-79c693255335' });
    expect(second?.prompt).toContain('### Ada\n\nUse tabs');
    expect(second?.prompt).not.toContain('What went wrong');
    expect(fates(state)).toEqual(['a.2']);
    expect(await engine.landed('a.txt')).toBe('2\n');
    expect(engine.task('a').retriesUsed).toBe(0);
    expect(engine.all('landed')).toHaveLength(1);
    expect(engine.broken).toEqual([]);
  });

  test('that is urgent ends the turn under way', async () => {
    const engine = engineOf({
      agent: (turn, self) =>
        turn.number === 1
          ? saying(recording('codex'), { exit: { afterMs: 3_000_000, code: 0 } })
          : saying(recording('codex.resumed'), self.works(turn)),
    });
    engine.whenTask('a', 'working', () => {
      send(engine, 'Not like this', true);
    });
    const state = await engine.play();
    expect([...state.attempts.values()].map(({ verdict }) => verdict)).toEqual(['stopped', 'committed']);
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.requests[1]?.prompt).toContain('Not like this');
  });

  test('takes what waits in the merge queue out of it again', async () => {
    const engine = engineOf();
    engine.whenTask('a', 'queued', () => {
      send(engine, 'One more thing');
    });
    const state = await engine.play();
    expect(fates(state)).toEqual(['a.2']);
    expect(await engine.landed('a.txt')).toBe('2\n');
    expect(engine.all('landed')).toHaveLength(1);
  });

  test('that no conversation can hear again comes with brief and diff', async () => {
    const engine = engineOf({
      task: { agent: 'plain', prompt: 'Greet the user' },
      agent: (turn, self) => self.works(turn),
    });
    engine.whenTask('a', 'working', () => {
      send(engine, 'In French');
    });
    await engine.play();
    const second = engine.requests[1];
    expect(second?.session).toBeNull();
    for (const part of ['Greet the user', 'What is on the branch already', 'In French'])
      expect(second?.prompt).toContain(part);
  });

  test('is said again to a conversation that begins anew, and not to one that heard it', async () => {
    const engine = engineOf({
      task: { agent: 'claude', retries: { ...RETRIES, max: 3 } },
      agent: (turn, self) =>
        turn.number === 3
          ? saying('No conversation found with session ID: 58876f88\n', null, 1)
          : saying(recording('claude'), self.writes(turn, { 'a.txt': `${turn.number}\n` })),
      gate: (read) => (read('a.txt') === '4\n' ? 0 : 1),
    });
    engine.whenTask('a', 'working', () => {
      send(engine, 'Use tabs');
    });
    await engine.play();
    const heard = engine.requests.map(({ prompt }) => prompt.includes('Use tabs'));
    expect(heard).toEqual([false, true, false, true]);
  });

  test('gives a failed task another try', async () => {
    const engine = engineOf({
      task: { retries: { ...RETRIES, max: 0 } },
      gate: (read) => (read('a.txt') === '1\n' ? 1 : 0),
    });
    await engine.play();
    expect(engine.kinds()).toEqual({ a: 'failed' });
    await engine.reopen(
      { kind: 'run.resumed', by: 'Ada' },
      ...factsOfMessage(engine.state, {
        task: A,
        by: 'Ada',
        text: 'The test is right',
        isUrgent: false,
      }),
    );
    const state = await engine.finish();
    expect(engine.requests[1]?.prompt).toContain('The test is right');
    expect(state.life).toMatchObject({ outcome: 'done' });
  });

  test('that comes when the last try is used up is one more turn, not a failure', async () => {
    const engine = engineOf({
      task: { retries: { ...RETRIES, max: 0 } },
      gate: (read) => (read('a.txt') === '1\n' ? 1 : 0),
    });
    engine.when(
      (state) => state.intents.size > 0 && isVerifying(state),
      () => {
        send(engine, 'Look at the test first');
      },
    );
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(fates(state)).toEqual(['a.2']);
  });

  test('to a task that lands at that moment reaches nobody, and says so', async () => {
    const engine = engineOf();
    engine.whenTask('a', 'landed', () => {
      engine.tell(said('too late'));
    });
    const state = await engine.play();
    expect(fates(state)).toEqual(['dropped']);
    expect(engine.all('message.dropped')).toHaveLength(1);
  });

  test.each(['landed', 'skipped'] as const)('is refused when the task is %s', async (kind) => {
    const engine = engineOf();
    if (kind === 'skipped')
      engine.whenTask('a', 'working', () => {
        engine.tell({ kind: 'task.skip_requested', task: A, by: 'Ada' });
      });
    const state = await engine.play();
    expect(() => factsOfMessage(state, { task: A, by: 'Ada', text: 'x', isUrgent: false })).toThrowError(
      kind === 'landed' ? /has landed/ : /left out/,
    );
  });

  test('is refused when it is empty, too long, or one too many', async () => {
    const engine = engineOf();
    await engine.play();
    let state: RunState = { ...engine.state, tasks: new Map() };
    const task = engine.task('a');
    const progress: Progress = { kind: 'prepared' };
    state = { ...state, tasks: new Map([[A, { ...task, progress }]]) };
    const message = { task: A, by: 'Ada', text: 'x', isUrgent: false };
    expect(() => factsOfMessage(state, { ...message, text: ' \n' })).toThrowError(/empty/);
    expect(() => factsOfMessage(state, { ...message, text: 'é'.repeat(8_001) })).toThrowError(/16002 bytes/);
    const waiting = Array.from({ length: MAX_WAITING_MESSAGES }, (_, index) => ({
      ...message,
      number: index + 1,
      sentAtMs: 0,
      fate: { kind: 'waiting' } as const,
    }));
    const full = { ...state, inbox: { ...state.inbox, messages: new Map([[A, waiting]]) } };
    expect(() => factsOfMessage(full, message)).toThrowError(/wait for a already/);
  });

  test('is told once, whenever the orchestrator is killed', async () => {
    const points = new Set<string>();
    const probe = engineOf();
    probe.killsAt = (name) => {
      points.add(name);
      return false;
    };
    probe.whenTask('a', 'working', () => {
      send(probe, 'Use tabs');
    });
    await probe.play();
    for (const point of points) {
      const engine = engineOf();
      let isSent = false;
      let isKilled = false;
      engine.whenTask('a', 'working', () => {
        send(engine, 'Use tabs');
        isSent = true;
      });
      engine.killsAt = (name) => isSent && !isKilled && name === point && (isKilled = true);
      await engine.start();
      let ending = await engine.run();
      if (ending.kind === 'crashed') {
        await engine.reopen();
        ending = await engine.run();
      }
      expect([point, ending.kind]).toEqual([point, 'finished']);
      // Killed before it was durable, it was not acknowledged either.
      const told = engine.requests.filter(({ prompt }) => prompt.includes('Use tabs'));
      const attempts = new Set(told.map(({ attempt }) => attempt));
      expect([point, attempts.size]).toEqual([point, messagesOf(engine.state, A).length]);
      expect(engine.broken).toEqual([]);
    }
  });
});

function isVerifying(state: RunState): boolean {
  return state.tasks.get(A)?.progress.kind === 'verifying';
}
