/** A branch takes the moved target in between two turns of its agent. */
import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../../test/support/fake-engine.ts';
import { planOf, type TaskSketch } from '../../test/support/plan-builder.ts';
import type { MergePolicy } from '../core/plan/model.ts';

const scope = (...include: readonly string[]) => ({ include, exclude: [], origin: 'declared' }) as const;

/** `a` changes one file and lands; `b` works on two waves, the first of which ends long after that. */
function engineOf(
  update: MergePolicy['update'],
  b: TaskSketch,
  writes: Readonly<Record<string, string>>,
  aWrites = 'lib/a.txt',
): FakeEngine {
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(
      { a: {}, b: { waves: ['one', 'two'], stallMs: 3_600_000, timeoutMs: 3_600_000, ...b } },
      {
        merge: {
          into: null,
          strategy: 'merge',
          slots: 1,
          everyCommit: false,
          onFailure: 'eject',
          update,
          conflicts: ['human'],
          resolver: null,
          tag: null,
        },
        conflicts: { onOverlap: 'allow', enforceScope: 'off', ignore: [] },
      },
    ),
    files: { 'lib/a.txt': 'base\n', 'lib/b.txt': 'base\n', 'c.txt': 'base\n' },
    agent: (turn) => {
      if (turn.task === 'a') return engine.writes(turn, { [aWrites]: 'a\n' });
      const changes = turn.wave === 1 ? writes : { 'second.txt': 'b\n' };
      const late = engine.writes(turn, changes, 30_000);
      const edit = (): void => {
        for (const [path, content] of Object.entries(changes))
          engine.git.controls.write(turn.at, path, content);
      };
      return { ...late, actions: [{ afterMs: 1_000, run: edit }, ...(late.actions ?? [])] };
    },
  });
  return engine;
}

const order = (engine: FakeEngine): readonly string[] =>
  engine.events.flatMap((event) => {
    if (event.kind === 'attempt.started' && event.task === 'b') return [`wave ${event.wave}`];
    return event.kind === 'workspace.updated' || event.kind === 'workspace.conflicted' ? [event.kind] : [];
  });

describe('merge.update: auto', () => {
  test('takes in what landed in its scope, after the turn and before the next', async () => {
    const engine = engineOf('auto', { scope: scope('lib/**') }, { 'lib/b.txt': 'b\n' });
    await engine.play();
    expect(order(engine)).toEqual(['wave 1', 'workspace.updated', 'wave 2']);
    const [landed] = engine.all('landed');
    expect(engine.all('workspace.updated')).toMatchObject([{ task: 'b', onto: landed?.to }]);
    expect(engine.all('intended').find(({ step }) => step.kind === 'update-workspace')?.because).toBe(
      'a has changed lib/a.txt on main',
    );
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
  });

  test('leaves a branch alone that has nothing to do with what landed', async () => {
    const engine = engineOf('auto', {}, { 'lib/b.txt': 'b\n' }, 'c.txt');
    await engine.play();
    expect(order(engine)).toEqual(['wave 1', 'wave 2']);
  });

  test('a conflict is told to the next turn, tried once for one commit, and settled where all are', async () => {
    const engine = engineOf('auto', {}, { 'lib/a.txt': 'b\n' });
    await engine.play();
    expect(order(engine)).toEqual(['wave 1', 'workspace.conflicted', 'wave 2']);
    const prompts = engine.requests.filter(({ task }) => task === 'b').map(({ prompt }) => prompt);
    expect(prompts[1]).toContain('the target has changed the same lines as this branch in lib/a.txt');
    expect(engine.task('b').progress.kind).not.toBe('landed');
    expect(engine.broken).toEqual([]);
  });
});

describe('merge.update: offer', () => {
  test('does it once somebody asked', async () => {
    const engine = engineOf('offer', {}, { 'lib/a.txt': 'b\n' });
    engine.when(
      (state) => state.overlaps.get('b')?.goneAtMs === null,
      () => {
        engine.tell({ kind: 'task.update_requested', task: 'b' as never, by: 'anna' });
      },
    );
    await engine.play();
    expect(order(engine)).toEqual(['wave 1', 'workspace.conflicted', 'wave 2']);
  });

  test('does nothing by itself', async () => {
    const engine = engineOf('offer', { scope: scope('lib/**') }, { 'lib/b.txt': 'b\n' });
    await engine.play();
    expect(order(engine)).toEqual(['wave 1', 'wave 2']);
  });
});

test('merge.update: never leaves the branch as it is', async () => {
  const engine = engineOf('never', { scope: scope('lib/**') }, { 'lib/a.txt': 'b\n' });
  await engine.play();
  expect(order(engine)).toEqual(['wave 1', 'wave 2']);
});
