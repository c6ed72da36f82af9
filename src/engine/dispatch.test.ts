/** Tasks that are likely to meet, by everything that is known before they begin. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf, type TaskSketch } from '../../test/support/plan-builder.ts';
import type { ConflictPolicy } from '../core/plan/model.ts';

const FILES = { 'src/users.ts': 'base\n', 'src/orders.ts': 'base\n' };

function engineOf(tasks: Record<string, TaskSketch>, policy: Partial<ConflictPolicy> = {}): FakeEngine {
  const conflicts: ConflictPolicy = { onOverlap: 'serialize', enforceScope: 'off', ignore: [], ...policy };
  return new FakeEngine({
    plan: planOf(tasks, { conflicts, gates: { test: {} } }),
    options: { parallel: 8 },
    files: FILES,
  });
}

/** Most agents at once. */
async function mostAtOnce(engine: FakeEngine): Promise<number> {
  let most = 0;
  engine.onStart = () => {
    const agents = engine.processes.running.filter((spec) => spec.env['COPSE_ATTEMPT'] !== undefined);
    most = Math.max(most, agents.length);
  };
  await engine.play();
  return most;
}

const USERS = { prompt: 'Add paging to src/users.ts' };

describe('with on_overlap: serialize', () => {
  test('two tasks whose texts name one file run one after the other, the second on the landed work of the first', async () => {
    const engine = engineOf({ a: USERS, b: USERS });
    expect(await mostAtOnce(engine)).toBe(1);
    const [, second] = engine.all('workspace.prepared');
    const [first] = engine.all('landed');
    expect(second?.workspace.base).toBe(first?.to);
    const reasons = engine.all('task.held').map(({ why }) => why);
    expect(reasons).toContainEqual(
      expect.stringMatching(/^overlaps a: src\/users\.ts: named in the text, of both \(text, 49 % likely\)$/),
    );
    expect(reasons).toContainEqual(expect.stringContaining('overlaps a, which has not landed'));
  });

  test('tasks that name different files run side by side', async () => {
    const engine = engineOf({ a: USERS, b: { prompt: 'Sort src/orders.ts' } });
    expect(await mostAtOnce(engine)).toBe(2);
    expect(engine.all('overlap.expected')).toEqual([]);
  });

  test('a file that is ignored keeps nobody apart', async () => {
    expect(await mostAtOnce(engineOf({ a: USERS, b: USERS }, { ignore: ['src/users.ts'] }))).toBe(2);
  });
});

describe('with on_overlap: warn', () => {
  test('they run side by side, and what is likely is told once', async () => {
    const engine = engineOf({ a: USERS, b: USERS }, { onOverlap: 'warn' });
    expect(await mostAtOnce(engine)).toBe(2);
    expect(engine.all('overlap.expected')).toMatchObject([
      { dropped: 0, pairs: [{ a: 'a', b: 'b', chance: 0.49, origin: ['text'], file: 'src/users.ts' }] },
    ]);
  });
});

describe('with on_overlap: allow', () => {
  test('nobody asks', async () => {
    const engine = engineOf({ a: USERS, b: USERS }, { onOverlap: 'allow' });
    expect(await mostAtOnce(engine)).toBe(2);
    expect(engine.all('overlap.expected')).toEqual([]);
  });
});

test('a resumed run keeps what was expected when it began', async () => {
  const engine = engineOf({ a: USERS, b: USERS });
  engine.whenTask('a', 'working', () => {
    engine.loseLeadership();
  });
  await engine.start();
  await engine.run();
  await engine.reopen();
  await engine.finish();
  expect(engine.all('overlap.expected')).toHaveLength(1);
  expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
});
