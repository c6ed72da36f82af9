/** Permissions that living agents ask for, over whole runs of the real engine with fakes. */
import { describe, expect, test } from 'vitest';
import { clients, saying } from '../../../test/support/clients.ts';
import { FakeEngine, type Turn } from '../../../test/support/fake-engine.ts';
import { planOf } from '../../../test/support/plan-builder.ts';
import type { AbsolutePath, TaskId } from '../../core/ids.ts';
import type { ItemId } from '../../core/inbox/events.ts';
import { inboxItems } from '../../core/inbox/items.ts';
import type { AgentSpec, Plan } from '../../core/plan/model.ts';
import type { RunState } from '../../core/run/state.ts';
import { factsOfVerdict, isHeard, requireItem } from './answer.ts';

type Script = ReturnType<FakeEngine['works']>;

const FOLDER = '/state/runs/run-1/attempts/a.1/questions';
const RETRIES = { max: 0, backoff: 'none', delayMs: 0, on: [] } as const;
const DEADLINE = 1_800_000;

/** An agent over ACP that asks people. */
function asking(): Plan['agents'] {
  const { 'gemini-acp': agent } = clients('gemini-acp') as { 'gemini-acp': AgentSpec };
  if (agent.kind !== 'command' || agent.acp === undefined) throw new Error('not an agent over ACP');
  return { 'gemini-acp': { ...agent, acp: { ...agent.acp, permissions: 'ask' } } };
}

function engineOf(agent: (turn: Turn, engine: FakeEngine) => Script): FakeEngine {
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(
      { a: { agent: 'gemini-acp', retries: RETRIES, timeoutMs: 3_600_000, stallMs: 3_600_000 }, b: {} },
      { agents: { ...planOf({ a: {} }).agents, ...asking() }, gates: { test: {} } },
    ),
    agent: (turn) => (turn.task === 'a' ? agent(turn, engine) : engine.works(turn)),
  });
  return engine;
}

function put(engine: FakeEngine, name: string, content: object): void {
  void engine.files.write(`${FOLDER}/${name}` as AbsolutePath, JSON.stringify(content));
}

function ask(engine: FakeEngine, name = 'q1', title = 'npm test'): void {
  put(engine, `${name}.json`, {
    what: `execute: ${title}`,
    kind: 'execute',
    title,
    input: '{}',
    paths: ['src/a.ts'],
    asked_at_ms: engine.clock.now(),
    deadline_at_ms: engine.clock.now() + DEADLINE,
  });
}

/** Asks after a second, looks for the answer again and again, and commits what it was allowed. */
function waits(turn: Turn, engine: FakeEngine, answers: string[]): Script {
  const look = async (): Promise<void> => {
    const text = await engine.files.read(`${FOLDER}/q1.answer.json`);
    if (text === null || answers.includes(text)) return;
    answers.push(text);
    engine.git.controls.write(turn.at, 'a.txt', text);
    engine.git.controls.commitAsAgent(turn.at, 'allowed');
  };
  const looks = Array.from({ length: 10 }, (_, index) => ({
    afterMs: 2_000 * (index + 2),
    run: () => void look(),
  }));
  return {
    actions: [{ afterMs: 1_000, run: () => ask(engine) }, ...looks],
    exit: { afterMs: 30_000, code: 0 },
  };
}

function isOpen(state: RunState): boolean {
  return inboxItems(state).some((item) => item.kind === 'permission');
}

function allow(engine: FakeEngine, by = 'Ada'): void {
  const item = requireItem(engine.state, 'a', String);
  for (const fact of factsOfVerdict(engine.state, item, { kind: 'approve', by, message: null }))
    engine.tell(fact);
}

describe('a permission', () => {
  test('is an item, is answered once, and the agent goes on and lands', async () => {
    const answers: string[] = [];
    const engine = engineOf((turn, self) => waits(turn, self, answers));
    engine.when(isOpen, (state) => {
      expect(inboxItems(state)).toMatchObject([
        { kind: 'permission', id: 'a.1.q1', task: 'a', question: { what: 'execute: npm test' } },
      ]);
      allow(engine);
    });
    const state = await engine.play();
    expect(answers).toEqual(['{"answer":"allow","by":"Ada"}\n']);
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    const kinds = engine.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('question.'));
    expect(kinds).toEqual(['question.asked', 'question.answered', 'question.delivered']);
    expect(inboxItems(state)).toEqual([]);
    expect(engine.broken).toEqual([]);
  });

  test('that was answered says by whom, and the first answer holds', async () => {
    const answers: string[] = [];
    const engine = engineOf((turn, self) => waits(turn, self, answers));
    engine.when(isOpen, () => {
      const item = requireItem(engine.state, 'a.1.q1', String);
      const facts = factsOfVerdict(engine.state, item, { kind: 'reject', by: 'Ben', message: 'no net' });
      allow(engine);
      for (const fact of facts) engine.tell(fact);
      engine.when(
        (state) => !isOpen(state),
        (state) => {
          expect(isHeard(state, facts)).toBe(false);
          expect(() => requireItem(state, 'a.1.q1', () => '4m ago')).toThrowError(
            'a.1.q1 was allowed by Ada, 4m ago',
          );
        },
      );
    });
    await engine.play();
    expect(answers).toHaveLength(1);
    expect(engine.all('question.answered')).toHaveLength(2);
  });

  test('is withdrawn when the turn ends without an answer', async () => {
    const engine = engineOf((_turn, self) => ({
      actions: [{ afterMs: 1_000, run: () => ask(self) }],
      exit: { afterMs: 60_000, code: 1 },
    }));
    const state = await engine.play();
    expect(engine.all('question.withdrawn')).toMatchObject([{ because: 'its turn has ended' }]);
    expect(inboxItems(state)).toEqual([]);
    expect(() => requireItem(state, 'a.1.q1', () => '1s ago')).toThrowError(
      /needs no answer any more, 1s ago/,
    );
  });

  test('that the agent asks no more, or that nobody answered in time, is withdrawn with the reason', async () => {
    const gone = (name: string, self: FakeEngine) => () => void self.files.remove(`${FOLDER}/${name}.json`);
    const engine = engineOf((turn, self) => ({
      ...self.works(turn),
      actions: [
        { afterMs: 1_000, run: () => ask(self) },
        { afterMs: 60_000, run: gone('q1', self) },
        { afterMs: 120_000, run: () => ask(self, 'q2') },
        { afterMs: 120_000 + DEADLINE, run: gone('q2', self) },
      ],
      exit: { afterMs: 2_400_000, code: 0 },
    }));
    await engine.play();
    expect(engine.all('question.withdrawn').map(({ question, because }) => [question, because])).toEqual([
      ['q1', 'its agent does not ask any more'],
      ['q2', 'nobody answered in time'],
    ]);
  });

  test('that somebody answered by hand is known as answered', async () => {
    const answers: string[] = [];
    const engine = engineOf((turn, self) => waits(turn, self, answers));
    engine.when(isOpen, () => {
      put(engine, 'q1.answer.json', { answer: 'allow', by: 'Eve' });
    });
    await engine.play();
    expect(engine.all('question.answered')).toMatchObject([{ by: 'Eve', isDelivered: true }]);
    expect(engine.all('question.delivered')).toEqual([]);
    expect(answers).toHaveLength(1);
  });

  test.each([
    ['nothing', ''],
    ['half of a file', '{"what": "execu'],
    ['a list', '[1]'],
    ['what nobody asked for', '{"what": 7, "paths": [1, {}], "asked_at_ms": -1, "deadline_at_ms": "x"}'],
  ])('whose file holds %s hurts nobody', async (_name, text) => {
    const engine = engineOf((turn, self) => ({
      ...self.works(turn),
      actions: [
        { afterMs: 10, run: () => void self.files.write(`${FOLDER}/q1.json`, text) },
        ...(self.works(turn).actions ?? []),
      ],
      exit: { afterMs: 5_000, code: 0 },
    }));
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.all('question.asked').length).toBeLessThanOrEqual(1);
  });

  test('is asked once and answered once, wherever the orchestrator is killed', async () => {
    const points = new Set<string>();
    const probe = engineOf((turn, self) => waits(turn, self, []));
    probe.when(isOpen, () => allow(probe));
    probe.killsAt = (name) => {
      if (probe.all('question.asked').length > 0) points.add(name);
      return false;
    };
    await probe.play();
    for (const point of ['', ...points]) {
      const answers: string[] = [];
      const engine = engineOf((turn, self) => waits(turn, self, answers));
      let isKilled = false;
      // Killed while the question is open, or at a point of the way of its answer.
      engine.when(isOpen, () => (point === '' ? engine.crash() : allow(engine)));
      engine.killsAt = (name) =>
        engine.all('question.asked').length > 0 && !isKilled && name === point && (isKilled = true);
      await engine.start();
      let ending = await engine.run();
      if (ending.kind === 'crashed') {
        await engine.reopen();
        if (isOpen(engine.state)) allow(engine);
        ending = await engine.run();
      }
      expect([point, ending.kind, answers.length]).toEqual([point, 'finished', 1]);
      expect([point, engine.all('question.asked').length]).toEqual([point, 1]);
      const answered = engine.state.inbox.questions.get('a.1.q1' as ItemId)?.standing;
      expect([point, answered]).toMatchObject([point, { kind: 'answered', delivery: 'delivered' }]);
      expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    }
  });
});

describe('a turn that ends with a question', () => {
  const line = (event: object): string => `${JSON.stringify(event)}\n`;

  function speaker(...turns: readonly string[]): FakeEngine {
    const engine: FakeEngine = engineOf((turn, self) => {
      const text = turns[turn.number - 1];
      return text === undefined ? self.works(turn) : saying(text, null, 0);
    });
    return engine;
  }

  test('and without a commit waits for the answer, which is the next turn', async () => {
    const engine = speaker(
      line({ type: 'started', session: 's1', model: null }) +
        line({ type: 'ask', id: '1', what: 'Which port?' }) +
        line({ type: 'done', ok: true, reason: 'end_turn' }),
    );
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'waiting' });
    expect(inboxItems(state)).toMatchObject([{ kind: 'question', id: 'a.e1', asked: 'Which port?' }]);
    const item = requireItem(state, 'a', String);
    const facts = factsOfVerdict(state, item, { kind: 'answer', by: 'Ada', text: '8080' });
    await engine.reopen({ kind: 'run.resumed', by: 'Ada' }, ...facts);
    const end = await engine.finish();
    expect(engine.requests.findLast(({ task }) => task === 'a')?.prompt).toContain('### Ada\n\n8080');
    expect(end.life).toMatchObject({ outcome: 'done' });
  });

  test('says what was denied when that is why there is no commit', async () => {
    const engine = speaker(
      line({ type: 'started', session: 's1', model: null }) +
        line({ type: 'denied', what: 'execute: git commit' }) +
        line({ type: 'done', ok: true, reason: 'end_turn' }),
    );
    const state = await engine.play();
    expect(inboxItems(state)).toMatchObject([
      { kind: 'escalation', cause: 'permission', task: 'a' as TaskId },
    ]);
    expect(JSON.stringify(inboxItems(state))).toContain('execute: git commit');
  });
});
