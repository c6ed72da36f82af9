/** Conflicts that are noticed while agents run. */
import { describe, expect, test } from 'vitest';
import { type AgentPlay, FakeEngine, type Turn } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import { liveOverlaps } from '../core/run/overlaps.ts';

type Edits = Readonly<Record<number, Readonly<Record<string, string | null>>>>;

/** Writes files at some times without committing them, then commits all and exits at `endMs`. */
function edits(engine: FakeEngine, turn: Turn, at: Edits, endMs: number): ReturnType<AgentPlay> {
  const write = (changes: Readonly<Record<string, string | null>>): void => {
    for (const [path, content] of Object.entries(changes)) engine.git.controls.write(turn.at, path, content);
  };
  return {
    actions: [
      ...Object.entries(at).map(([afterMs, changes]) => ({
        afterMs: Number(afterMs),
        run: () => {
          write(changes);
        },
      })),
      { afterMs: endMs, run: () => void engine.git.controls.commitAsAgent(turn.at, `work of ${turn.task}`) },
    ],
    exit: { afterMs: endMs, code: 0 },
  };
}

function engineOf(
  plays: Readonly<Record<string, readonly [Edits, number]>>,
  ignore: readonly string[] = [],
  parallel = 8,
) {
  const tasks = Object.fromEntries(
    Object.keys(plays).map((id) => [id, { stallMs: 3_600_000, timeoutMs: 3_600_000 }]),
  );
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(tasks, { conflicts: { onOverlap: 'allow', enforceScope: 'off', ignore } }),
    options: { parallel },
    files: { 'shared.txt': 'base\n', 'other.txt': 'base\n' },
    agent: (turn) => {
      const [at, endMs] = plays[turn.task] ?? [{}, 1_000];
      return edits(engine, turn, at, endMs);
    },
  });
  return engine;
}

const startOf = (engine: FakeEngine): number => engine.all('attempt.started').at(-1)?.atMs ?? 0;

describe('two running tasks', () => {
  test('that change the same lines are noticed within five seconds of the second edit, before any commit', async () => {
    const engine = engineOf({
      a: [{ 1_000: { 'shared.txt': 'a\n' } }, 60_000],
      b: [{ 20_000: { 'shared.txt': 'b\n' } }, 60_000],
    });
    await engine.play();
    const [seen] = engine.all('overlap.seen');
    expect(seen).toMatchObject({ a: 'a', b: 'b', files: ['shared.txt'], fileCount: 1 });
    const delayMs = (seen?.atMs ?? 0) - (startOf(engine) + 20_000);
    expect(delayMs).toBeGreaterThanOrEqual(0);
    expect(delayMs).toBeLessThanOrEqual(5_000);
    expect(engine.all('overlap.seen').filter(({ b }) => b === 'b')).toHaveLength(1);
  });

  test('stop conflicting when one takes its change back', async () => {
    const engine = engineOf({
      a: [{ 1_000: { 'shared.txt': 'a\n', 'a.txt': 'a\n' } }, 60_000],
      b: [{ 2_000: { 'shared.txt': 'b\n', 'b.txt': 'b\n' }, 30_000: { 'shared.txt': 'base\n' } }, 60_000],
    });
    const state = await engine.play();
    expect(engine.all('overlap.seen')).toHaveLength(1);
    expect(engine.all('overlap.gone')).toMatchObject([{ a: 'a', b: 'b', because: 'clean' }]);
    expect(liveOverlaps(state)).toEqual([]);
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
  });

  test('that change different files cost no merge and are not told', async () => {
    const engine = engineOf({
      a: [{ 1_000: { 'shared.txt': 'a\n' } }, 30_000],
      b: [{ 1_000: { 'other.txt': 'b\n' } }, 30_000],
    });
    let merges = 0;
    const port = { ...engine.git.port };
    Object.assign(engine.git.port, {
      trialMerges: (pairs: Parameters<typeof port.trialMerges>[0]) => {
        merges += pairs.length;
        return port.trialMerges(pairs);
      },
    });
    await engine.play();
    expect(engine.all('overlap.seen')).toEqual([]);
    expect(merges).toBe(0);
  });

  test('that conflict in an ignored file alone are not told', async () => {
    const play = { 1_000: { 'shared.txt': 'mine\n' } };
    const engine = engineOf({ a: [play, 20_000], b: [{ 1_000: { 'shared.txt': 'other\n' } }, 20_000] }, [
      'shared.txt',
    ]);
    await engine.play();
    expect(engine.all('overlap.seen')).toEqual([]);
  });
});

describe('a running task and the target', () => {
  test('are compared once something has landed, and the pair of tasks is over then', async () => {
    const engine = engineOf({
      a: [{ 1_000: { 'shared.txt': 'a\n' } }, 10_000],
      b: [{ 2_000: { 'shared.txt': 'b\n' } }, 60_000],
    });
    const state = await engine.play();
    expect(engine.all('overlap.seen').map(({ a, b }) => [a, b])).toEqual([
      ['a', 'b'],
      ['b', null],
    ]);
    expect(engine.all('overlap.gone')).toContainEqual(
      expect.objectContaining({ a: 'a', b: 'b', because: 'ended' }),
    );
    expect(state.tasks.get('b' as never)?.progress.kind).toBe('needs-person');
  });
});

describe('what a look costs', () => {
  async function looksOf(isDeaf: boolean, isLying = false): Promise<number> {
    const play: Edits = { 5_000: { 'shared.txt': 'a\n' }, 100_000: { 'shared.txt': 'again\n' } };
    const engine = engineOf({ a: [play, 200_000], b: [{ 9_000: { 'b.txt': 'b\n' } }, 200_000] });
    engine.watch.isDeaf = isDeaf;
    let looks = 0;
    const port = { ...engine.git.port };
    Object.assign(engine.git.port, {
      sightWorktrees: (paths: Parameters<typeof port.sightWorktrees>[0]) => {
        looks += paths.length;
        return port.sightWorktrees(paths);
      },
    });
    const controls = { ...engine.git.controls };
    Object.assign(engine.git.controls, {
      write: (...args: Parameters<typeof controls.write>) => {
        controls.write(...args);
        if (!isLying) engine.watch.changed(args[0].path);
      },
    });
    await engine.play();
    expect(engine.watch.openCount).toBe(0);
    return looks;
  }

  test('is paid for what a watch told of, once a watch has proven itself', async () => {
    const polled = await looksOf(true);
    expect(polled).toBeGreaterThan(200);
    expect(await looksOf(false)).toBeLessThan(polled / 5);
  });

  test('is paid at every tick when watches keep silent', async () => {
    expect(await looksOf(false, true)).toBeGreaterThan(200);
  });

  test('does not keep news of two waiting until all have been looked at', async () => {
    const ids = Array.from({ length: 40 }, (_, at) => `t${String(at).padStart(2, '0')}`);
    const words = (id: string): Edits => ({ 60_000: { 'shared.txt': `${id}\n` } });
    const engine = engineOf(
      Object.fromEntries(ids.map((id) => [id, [id > 't37' ? words(id) : {}, 300_000] as const])),
      [],
      ids.length,
    );
    const port = { ...engine.git.port };
    Object.assign(engine.git.port, {
      sightWorktrees: async (paths: Parameters<typeof port.sightWorktrees>[0]) => {
        await new Promise<void>((resolve) => engine.clock.after(250 * paths.length, resolve));
        return port.sightWorktrees(paths);
      },
    });
    const controls = { ...engine.git.controls };
    Object.assign(engine.git.controls, {
      write: (...args: Parameters<typeof controls.write>) => {
        controls.write(...args);
        engine.watch.changed(args[0].path);
      },
    });
    await engine.play();
    const [seen] = engine.all('overlap.seen');
    expect(seen).toMatchObject({ a: 't38', b: 't39' });
    expect((seen?.atMs ?? 0) - (startOf(engine) + 60_000)).toBeLessThanOrEqual(5_000);
  });

  test('never is more than a quarter of the time, however slow git is', async () => {
    const engine = engineOf({ a: [{}, 200_000], b: [{}, 200_000] });
    let looks = 0;
    const port = { ...engine.git.port };
    Object.assign(engine.git.port, {
      sightWorktrees: async (paths: Parameters<typeof port.sightWorktrees>[0]) => {
        looks += 1;
        await new Promise<void>((resolve) => engine.clock.after(2_000, resolve));
        return port.sightWorktrees(paths);
      },
    });
    await engine.play();
    expect(looks).toBeGreaterThan(15);
    expect(looks).toBeLessThanOrEqual(26);
  });
});
