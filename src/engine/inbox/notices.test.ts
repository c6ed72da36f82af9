/** People are told of each thing once, over whole runs of the real engine with fakes. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../../test/support/fake-engine.ts';
import { planOf, type TaskSketch } from '../../../test/support/plan-builder.ts';
import type { NotifyChannel } from '../../core/plan/model.ts';

const HOOK: NotifyChannel = {
  kind: 'webhook',
  on: ['needs_you', 'failed', 'done'],
  to: 'http://127.0.0.1:1/x',
  secretEnv: null,
};
const APPROVAL = { required: 1, from: [] };

function engineOf(
  tasks: Readonly<Record<string, TaskSketch & { readonly approval?: typeof APPROVAL }>>,
  notify: readonly NotifyChannel[] = [HOOK],
): FakeEngine {
  const engine: FakeEngine = new FakeEngine({
    plan: { ...planOf(tasks, { gates: { test: {} } }), notify },
    agent: (turn) => (turn.task === 'bad' ? { exit: { afterMs: 5, code: 1 } } : engine.works(turn)),
  });
  return engine;
}

const NO_RETRY = { max: 0, backoff: 'none', delayMs: 0, on: [] } as const;
const TASKS = { a: { approval: APPROVAL }, bad: { retries: NO_RETRY } };

function keys(engine: FakeEngine): readonly string[] {
  return engine.notify.sent.map(({ notice }) => notice.key.replace(/:\d+$/, '')).toSorted();
}

describe('notices', () => {
  test('are sent once per thing: what waits, what failed, and the end', async () => {
    const engine = engineOf(TASKS);
    await engine.play();
    expect(keys(engine)).toEqual(['done', 'failed:bad', 'needs_you:a.a1']);
    expect(engine.notify.sent.find(({ notice }) => notice.task === 'a')?.notice).toMatchObject({
      cause: 'needs_you',
      item: 'a.a1',
      title: 'a needs a person',
      command: 'copse inbox next a.a1',
    });
    expect(engine.broken).toEqual([]);
  });

  test('are sent on the channels that want them', async () => {
    const engine = engineOf(TASKS, [
      { ...HOOK, on: ['failed'] },
      { kind: 'desktop', on: ['needs_you', 'failed'] },
    ]);
    await engine.play();
    expect(
      engine.notify.sent.map(({ channel, notice }) => `${channel.kind} ${notice.cause}`).toSorted(),
    ).toEqual(['desktop failed', 'desktop needs_you', 'webhook failed']);
  });

  test('are tried three times at most, and a dead address changes nothing else', async () => {
    const engine = engineOf({ a: {} });
    const refused = { kind: 'refused', why: 'it cannot be reached', mayRetry: true } as const;
    engine.notify.answers.push(refused, refused, refused, refused);
    const state = await engine.play();
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.notify.sent).toHaveLength(3);
    expect(engine.all('notice.sent')).toMatchObject([{ outcome: 'refused', why: 'it cannot be reached' }]);
  });

  test.each([
    ['unsure', { kind: 'unsure', why: 'no answer' }],
    ['refused', { kind: 'refused', why: 'it answered 404', mayRetry: false }],
  ] as const)('are not tried again when the answer is %s', async (_name, answer) => {
    const engine = engineOf({ a: {} });
    engine.notify.answers.push(answer);
    await engine.play();
    expect(engine.notify.sent).toHaveLength(1);
  });

  test('of a thing that comes again are sent again', async () => {
    const engine = engineOf({ bad: { retries: NO_RETRY } });
    await engine.play();
    engine.clock.after(1, () => undefined);
    await engine.reopen(
      { kind: 'run.resumed', by: 'Ada' },
      { kind: 'task.reopened', task: 'bad' as never, by: 'Ada', fresh: false, wave: null },
    );
    await engine.finish();
    expect(keys(engine)).toEqual(['done', 'done', 'failed:bad', 'failed:bad']);
  });

  test('are never sent twice, wherever Copse is killed', async () => {
    const points = new Set<string>();
    const probe = engineOf(TASKS);
    probe.killsAt = (name) => {
      points.add(name);
      return false;
    };
    await probe.play();
    expect([...points].filter((name) => name.endsWith('act.notify'))).toHaveLength(2);
    for (const point of points) {
      const engine = engineOf(TASKS);
      let isKilled = false;
      engine.killsAt = (name) => engine.isStarted && !isKilled && name === point && (isKilled = true);
      await engine.start();
      let ending = await engine.run();
      if (ending.kind === 'crashed') {
        await engine.reopen();
        ending = await engine.run();
      }
      const sent = engine.notify.sent.map(({ notice }) => notice.key);
      expect([point, new Set(sent).size]).toEqual([point, sent.length]);
      // A run that was over when it was killed tells nothing more; everything else is told.
      expect([point, keys(engine)]).toEqual([
        point,
        expect.arrayContaining(['failed:bad', 'needs_you:a.a1']),
      ]);
    }
  });
});
