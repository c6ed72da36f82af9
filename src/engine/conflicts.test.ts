/** Whole runs of the real engine over fakes in which changes and the target meet in the same lines. */
import { describe, expect, test } from 'vitest';
import { FakeEngine, type Turn } from '../../test/support/fake-engine.ts';
import { planOf } from '../../test/support/plan-builder.ts';
import type { ChangeId } from '../core/ids.ts';
import type { ConflictMeans, MergePolicy } from '../core/plan/model.ts';
import type { ChangeState } from '../core/run/state.ts';

const merge = (conflicts: readonly ConflictMeans[], rest: Partial<MergePolicy> = {}): MergePolicy => ({
  into: null,
  strategy: 'merge',
  slots: 1,
  everyCommit: false,
  update: 'auto',
  onFailure: 'eject',
  conflicts,
  resolver: null,
  tag: null,
  ...rest,
});
const GATES = { gates: { test: {} } };

const isResolver = (turn: Turn): boolean => turn.at.path.startsWith('/fake/resolutions/');

/** `a` lands first, `b` meets it in same.txt. */
function clash(
  conflicts: readonly ConflictMeans[],
  more: Partial<ConstructorParameters<typeof FakeEngine>[0]> & {
    readonly policy?: Partial<MergePolicy>;
  } = {},
): FakeEngine {
  const { policy, ...options } = more;
  const engine: FakeEngine = new FakeEngine({
    plan: planOf({ a: {}, b: {} }, { ...GATES, merge: merge(conflicts, policy) }),
    agent: (turn) => engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
    ...options,
  });
  return engine;
}

const stages = (engine: FakeEngine): readonly string[] =>
  engine.all('conflict.tried').map((event) => `${event.stage} ${event.outcome}`);

describe('the record of a conflict', () => {
  test('holds both sides, their base, the files and who is on the other side', async () => {
    const engine = clash(['human']);
    const state = await engine.play();
    const [opened] = engine.all('conflict.opened');
    expect(opened).toMatchObject({
      change: 'b',
      base: engine.git.controls.firstCommit,
      ours: state.queue.tip,
      files: ['same.txt'],
      company: ['a'],
    });
    expect(opened?.theirs).toBe(engine.task('b').head);
    expect(engine.task('b').progress).toMatchObject({ kind: 'needs-person', cause: 'conflict' });
    expect(state.life).toMatchObject({ outcome: 'conflict' });
    expect(engine.broken).toEqual([]);
  });

  test('the queue goes on while somebody works on it', async () => {
    const engine: FakeEngine = new FakeEngine({
      plan: planOf({ a: {}, b: {}, c: {} }, { ...GATES, merge: merge(['agent', 'human']) }),
      options: { parallel: 3 },
      agent: (turn) => {
        if (isResolver(turn)) return engine.writes(turn, { 'same.txt': 'a and b\n' }, 20_000);
        if (turn.task === 'c') return engine.writes(turn, { 'c.txt': 'c\n' }, 5_000);
        return engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000);
      },
    });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a', 'c', 'b#2']);
    expect(await engine.landed('same.txt')).toBe('a and b\n');
    expect(engine.broken).toEqual([]);
  });
});

describe('the stages of the chain', () => {
  test('what was resolved and proven once is resolved again without anybody', async () => {
    const first = clash(['auto', 'agent', 'human'], {
      agent: (turn) =>
        isResolver(turn)
          ? first.writes(turn, { 'same.txt': 'a and b\n' })
          : first.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
    });
    const { port } = first.git;
    await first.play();
    await first.reopen();
    expect(stages(first)).toEqual(['recorded unresolved', 'agent resolved']);
    const [opened] = first.all('conflict.opened');
    if (opened === undefined) throw new Error('no conflict');
    const again = await port.resolveByRule({
      ours: opened.ours,
      theirs: opened.theirs,
      rule: 'recorded',
      message: 'm',
      dateMs: 1,
    });
    expect(again).toMatchObject({ kind: 'resolved', files: ['same.txt'] });
  });

  test('a structural tool is asked only when the plan names it', async () => {
    const without = clash(['auto', 'human']);
    without.git.controls.installTool(() => 'merged\n');
    await without.play();
    expect(stages(without)).toEqual(['recorded unresolved']);
    const engine = clash(['structural', 'human']);
    engine.git.controls.installTool((_, { ours, theirs }) => `${ours}${theirs}`);
    const state = await engine.play();
    expect(stages(engine)).toEqual(['structural resolved']);
    expect(state.queue.landed).toEqual(['a', 'b#2']);
    expect(await engine.landed('same.txt')).toBe('a\nb\n');
  });

  test('candidates are proven one after the other and the first green one lands, saying how', async () => {
    const engine = clash(['candidates', 'human'], {
      gate: ({ read }) => (read('same.txt') === 'a\nb\n' ? 1 : 0),
    });
    const state = await engine.play();
    expect(stages(engine)).toEqual(['both resolved', 'theirs resolved']);
    expect(state.queue.landed).toEqual(['a', 'b#3']);
    expect(await engine.landed('same.txt')).toBe('b\n');
    expect(state.queue.changes.get('b' as ChangeId)).toMatchObject({
      state: { kind: 'superseded', by: 'b#3' },
      conflict: {
        tries: [
          { outcome: 'red', change: 'b#2' },
          { outcome: 'resolved', change: 'b#3' },
        ],
      },
    });
    const [landing] = await engine.git.port.firstParents(state.queue.tip, 1);
    expect(landing?.message).toContain('Conflict in same.txt, resolved by: the side of the change');
    expect(engine.task('b').progress.kind).toBe('landed');
    expect(state.life).toMatchObject({ outcome: 'done' });
    expect(engine.broken).toEqual([]);
  });

  test.each(['squash', 'rebase'] as const)('a resolution lands whole with strategy %s', async (strategy) => {
    const engine = clash(['candidates'], { policy: { strategy } });
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a', 'b#2']);
    expect(await engine.landed('same.txt')).toBe('a\nb\n');
    const [landing] = await engine.git.port.firstParents(state.queue.tip, 1);
    expect(landing?.parents).toHaveLength(1);
  });

  test('the agent is told both sides and both tasks, and its result is proven like any other', async () => {
    const engine = clash(['agent', 'human'], {
      agent: (turn) =>
        isResolver(turn)
          ? engine.writes(turn, { 'same.txt': 'a with b\n' })
          : engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
    });
    const state = await engine.play();
    const prompt = engine.requests.at(-1)?.prompt ?? '';
    const [opened] = engine.all('conflict.opened');
    for (const text of ['same.txt', opened?.base, opened?.ours, opened?.theirs, '> a', '> b'])
      expect(prompt).toContain(text);
    expect(state.queue.landed).toEqual(['a', 'b#2']);
    const resolved = engine.all('conflict.tried').at(-1)?.head;
    const [commit] = await engine.git.port.firstParents(resolved ?? state.queue.tip, 1);
    expect(commit?.parents).toEqual([opened?.ours, opened?.theirs]);
    const built = engine
      .all('build.made')
      .filter((event) => event.commits.some((one) => one.change === 'b#2'));
    expect(built).toHaveLength(1);
    expect(engine.broken).toEqual([]);
  });

  test.each([
    ['leaves the markers', {}, 'demo left conflict markers in same.txt'],
    ['changes what was not in conflict', { 'same.txt': 'x\n', 'other.txt': 'x\n' }, 'other.txt'],
  ])('an agent that %s is not believed, twice, and then a person is asked', async (_, changes, why) => {
    const engine = clash(['agent', 'human'], {
      agent: (turn) =>
        isResolver(turn)
          ? engine.writes(turn, changes)
          : engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
    });
    const state = await engine.play();
    expect(stages(engine)).toEqual(['agent unresolved', 'agent unresolved']);
    expect(engine.all('conflict.tried')[0]?.detail).toContain(why);
    expect(engine.task('b').progress).toMatchObject({ kind: 'needs-person', cause: 'conflict' });
    expect(state.queue.landed).toEqual(['a']);
  });

  test('the second turn begins with the merge as git left it', async () => {
    const engine = clash(['agent', 'human'], {
      agent: (turn) => {
        if (!isResolver(turn))
          return engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000);
        const junk = turn.number === 1 ? { 'junk.txt': 'x\n' } : {};
        return engine.writes(turn, { 'same.txt': 'settled\n', ...junk });
      },
    });
    const state = await engine.play();
    expect(stages(engine)).toEqual(['agent unresolved', 'agent resolved']);
    expect(state.queue.landed).toEqual(['a', 'b#2']);
    expect(await engine.landed('junk.txt')).toBeNull();
  });

  test('an agent whose resolution is red is told the gate output and may try once more', async () => {
    const engine = clash(['agent', 'human'], {
      agent: (turn) =>
        isResolver(turn)
          ? engine.writes(turn, { 'same.txt': `try ${turn.number}\n` })
          : engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
      gate: ({ read }) => (read('same.txt') === 'try 1\n' ? 1 : 0),
    });
    const state = await engine.play();
    expect(engine.requests.at(-1)?.prompt).toContain('failed on the merged result');
    expect(state.queue.landed).toEqual(['a', 'b#3']);
    expect(await engine.landed('same.txt')).toBe('try 2\n');
  });

  test('a resolution that meets a target which moved on is resolved again, from where it was', async () => {
    const engine = clash(['agent', 'human'], {
      agent: (turn) =>
        isResolver(turn)
          ? engine.writes(turn, { 'same.txt': `resolved ${turn.number}\n` }, 10_000)
          : engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
    });
    const { controls } = engine.git;
    engine.when(
      (state) => state.intents.size > 0 && state.queue.changes.get('b' as ChangeId)?.conflict?.round === 1,
      (state) => {
        controls.commitAsHuman('main' as never, state.queue.tip, { 'same.txt': 'human\n' });
      },
    );
    const state = await engine.play();
    const opened = engine.all('conflict.opened');
    expect(opened.map((event) => event.change)).toEqual(['b', 'b']);
    expect(opened[1]?.theirs).toBe(engine.all('conflict.tried')[0]?.head);
    expect(await engine.landed('same.txt')).toBe('resolved 2\n');
    expect(state.queue.landed).toEqual(['a', 'b#3']);
    expect(engine.broken).toEqual([]);
  });
});

describe('what people say to the queue about a change in conflict', () => {
  const b = 'b' as ChangeId;
  const isConflicted = ({
    queue,
  }: {
    readonly queue: { readonly changes: ReadonlyMap<ChangeId, ChangeState> };
  }) => queue.changes.get(b)?.conflict !== null && queue.changes.get(b) !== undefined;

  test('held, it stays out of the target however it is resolved, until it is released', async () => {
    const engine = clash(['candidates']);
    engine.when(isConflicted, () => engine.tell({ kind: 'change.held', change: b, by: 'ann' }));
    const held = await engine.play();
    expect(held.queue.landed).toEqual(['a']);
    expect(held.life).toMatchObject({ outcome: 'waiting' });
    const stands = [...held.queue.changes.values()].find(({ state }) => state.kind === 'pending');
    expect(stands?.standing.heldBy ?? held.queue.changes.get(b)?.standing.heldBy).toBe('ann');
    await engine.reopen(
      { kind: 'run.resumed', by: 'ann' },
      { kind: 'change.released', change: stands?.id ?? b, by: 'ann' },
    );
    expect((await engine.finish()).queue.landed).toHaveLength(2);
  });

  test('taken out, it is withdrawn: nothing resolves it any more and its branch stays', async () => {
    const engine = clash(['candidates']);
    engine.when(isConflicted, () => engine.tell({ kind: 'change.eject_requested', change: b, by: 'ann' }));
    const state = await engine.play();
    expect(state.queue.landed).toEqual(['a']);
    expect(engine.all('change.ejected').at(-1)).toMatchObject({ because: 'withdrawn' });
    expect(engine.git.controls.ref('refs/heads/copse/b') ?? engine.task('b').head).not.toBeNull();
    expect(engine.broken).toEqual([]);
  });

  test('its priority goes over to what stands for it', async () => {
    const engine = clash(['candidates']);
    engine.when(isConflicted, () =>
      engine.tell({ kind: 'change.ranked', change: b, by: 'ann', priority: 0, order: -5 }),
    );
    const state = await engine.play();
    const landed = [...state.queue.changes.values()].find(({ origin }) => origin?.kind === 'resolution');
    expect(landed?.standing).toMatchObject({ priority: 0, order: -5 });
    expect(state.queue.landed).toHaveLength(2);
  });
});

describe('a person at a conflict', () => {
  async function waiting(conflicts: readonly ConflictMeans[] = ['human']): Promise<FakeEngine> {
    const engine = clash(conflicts);
    await engine.play();
    expect(engine.task('b').progress.kind).toBe('needs-person');
    return engine;
  }

  test('what they made enters the queue again, is proven and lands', async () => {
    const engine = await waiting();
    await engine.reopen();
    const { conflict } = engine.state.queue.changes.get('b' as ChangeId) ?? {};
    if (conflict === undefined || conflict === null) throw new Error('no conflict');
    const made = await engine.git.port.resolveByRule({
      ours: conflict.ours,
      theirs: conflict.theirs,
      rule: 'both',
      message: 'by hand\n',
      dateMs: 1,
    });
    if (made.kind !== 'resolved') throw new Error(made.kind);
    const { ours: onto, files } = conflict;
    engine.tell({
      kind: 'conflict.resolved',
      change: 'b' as ChangeId,
      by: 'ann',
      onto,
      head: made.commit,
      files,
    });
    const state = await engine.finish();
    expect(state.queue.landed).toEqual(['a', 'b#2']);
    expect(engine.task('b').progress.kind).toBe('landed');
    expect(state.life).toMatchObject({ outcome: 'done' });
    const [landing] = await engine.git.port.firstParents(state.queue.tip, 1);
    expect(landing?.message).toContain('resolved by: a person (ann)');
    expect(engine.broken).toEqual([]);
  });

  test('they may ask an agent that the chain did not name', async () => {
    const engine = await waiting();
    await engine.reopen({ kind: 'conflict.asked', change: 'b' as ChangeId, by: 'ann', agent: 'demo' });
    const state = await engine.finish();
    expect(stages(engine)).toEqual(['agent resolved']);
    expect(state.queue.landed).toEqual(['a', 'b#2']);
  });

  test('they may give it up: branch and worktree stay, the task is stopped', async () => {
    const engine = await waiting();
    await engine.reopen(
      { kind: 'run.resumed', by: 'ann' },
      { kind: 'conflict.dropped', change: 'b' as ChangeId, by: 'ann' },
    );
    const state = await engine.finish();
    expect(engine.task('b').progress).toEqual({ kind: 'stopped', by: 'ann' });
    expect(engine.task('b').workspace).not.toBeNull();
    expect(state.queue.landed).toEqual(['a']);
  });

  test('a stop while an agent resolves ends the agent and lands nothing', async () => {
    const engine = clash(['agent', 'human'], {
      agent: (turn) =>
        isResolver(turn)
          ? { exit: null }
          : engine.writes(turn, { 'same.txt': `${turn.task}\n` }, turn.task === 'a' ? 100 : 2_000),
    });
    engine.when(
      (state) => state.intents.size > 0 && state.queue.changes.get('b' as ChangeId)?.conflict !== null,
      () => engine.tell({ kind: 'task.stop_requested', task: 'b' as never, by: 'ann' }),
    );
    const state = await engine.play();
    expect(engine.task('b').progress.kind).toBe('stopped');
    expect(state.queue.landed).toEqual(['a']);
    expect(state.intents.size).toBe(0);
  });
});
