/** Approvals of people, over whole runs of the real engine with fakes. */
import { describe, expect, test } from 'vitest';
import { FakeEngine, type Turn } from '../../../test/support/fake-engine.ts';
import { planOf, type TaskSketch } from '../../../test/support/plan-builder.ts';
import type { TaskId } from '../../core/ids.ts';
import { inboxItems } from '../../core/inbox/items.ts';
import type { Approval } from '../../core/plan/model.ts';
import type { RunState } from '../../core/run/state.ts';
import { requireWorkspace } from '../act/workspace-spec.ts';
import { factsOfVerdict, movedSince, requireItem } from './answer.ts';

const A = 'a' as TaskId;
const ANYONE: Approval = { required: 1, from: [] };

function engineOf(
  more: {
    readonly task?: TaskSketch & { readonly approval?: Approval };
    readonly gate?: (read: (path: string) => string | null, gate: string) => number;
    readonly noMerge?: boolean;
    readonly agent?: (turn: Turn, engine: FakeEngine) => ReturnType<FakeEngine['works']>;
  } = {},
): FakeEngine {
  const engine: FakeEngine = new FakeEngine({
    plan: planOf(
      { a: { approval: ANYONE, ...more.task }, b: {} },
      { gates: { test: {}, whole: { at: ['merge'], run: 'whole' } } },
    ),
    options: { noMerge: more.noMerge ?? false },
    agent: (turn) => more.agent?.(turn, engine) ?? engine.works(turn),
    gate: ({ read, gate }) => more.gate?.(read, gate) ?? 0,
  });
  return engine;
}

function say(
  engine: FakeEngine,
  kind: 'approve' | 'reject',
  { by = 'Ada', message = null, id = 'a' }: { by?: string; message?: string | null; id?: string } = {},
): void {
  const item = requireItem(engine.state, id, String);
  for (const fact of factsOfVerdict(engine.state, item, { kind, by, message })) engine.tell(fact);
}

function waits(state: RunState): boolean {
  return state.tasks.get(A)?.progress.kind === 'awaiting-approval';
}

/** Somebody commits on the branch of the task, in its worktree. */
function commitByHand(engine: FakeEngine, content: string): void {
  const spec = requireWorkspace(engine.state, A);
  engine.git.controls.write(spec, 'a.txt', content);
  engine.git.controls.commitAsAgent(spec, 'by hand');
}

describe('a task with approval', () => {
  test('waits after its gates, and the run ends waiting for a person', async () => {
    const engine = engineOf();
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'awaiting-approval', b: 'landed' });
    expect(state.life).toMatchObject({ outcome: 'waiting' });
    const [item] = inboxItems(state);
    expect(item).toMatchObject({ kind: 'approval', id: 'a.a1', approval: { head: engine.task('a').head } });
    expect(await engine.landed('a.txt')).toBeNull();
    expect(engine.all('queue.entered').map(({ task }) => task)).toEqual(['b']);
  });

  test.each([true, false])('goes on once a person said yes (while the run is on: %s)', async (isOn) => {
    const engine = engineOf();
    if (isOn) engine.when(waits, () => say(engine, 'approve', { message: 'fine' }));
    await engine.play();
    if (!isOn) {
      await engine.reopen({ kind: 'run.resumed', by: 'Ada' });
      say(engine, 'approve');
      await engine.finish();
    }
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    expect(engine.all('approval.given')).toMatchObject([{ by: 'Ada', item: 'a.a1' }]);
    expect(engine.all('approval.asked')).toHaveLength(1);
    expect(engine.broken).toEqual([]);
  });

  test('is verified only then, where nothing is merged', async () => {
    const engine = engineOf({ noMerge: true });
    engine.when(waits, () => say(engine, 'approve'));
    await engine.play();
    expect(engine.kinds()).toEqual({ a: 'verified', b: 'verified' });
  });

  test('needs as many different people as the plan says, of those it names', async () => {
    const engine = engineOf({ task: { approval: { required: 2, from: ['Ada', 'Ben', 'Cy'] } } });
    engine.when(waits, (state) => {
      const item = requireItem(state, 'a', String);
      const approve = (by: string) => () =>
        factsOfVerdict(engine.state, item, { kind: 'approve', by, message: null });
      expect(approve('Eve')).toThrowError(/Eve may not approve a: the plan names Ada, Ben, Cy/);
      say(engine, 'approve');
      engine.when(
        (next) => next.inbox.approvals.get(item.id)?.given.length === 1,
        (next) => {
          expect(waits(next)).toBe(true);
          const again = requireItem(next, 'a', String);
          const twice = { kind: 'approve', by: 'Ada', message: null } as const;
          expect(() => factsOfVerdict(next, again, twice)).toThrowError(/Ada has approved a.a1 already/);
          // Told past the check, it does not count either.
          engine.tell({
            kind: 'approval.given',
            task: A,
            item: item.id,
            head: next.tasks.get(A)?.head as never,
            by: 'Ada',
            message: null,
          });
          engine.tell({
            kind: 'approval.given',
            task: A,
            item: item.id,
            head: next.tasks.get(A)?.head as never,
            by: 'Eve',
            message: null,
          });
          say(engine, 'approve', { by: 'Ben' });
        },
      );
    });
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'landed', b: 'landed' });
    const [approval] = state.inbox.approvals.values();
    expect(approval?.given.map(({ by }) => by)).toEqual(['Ada', 'Ben']);
  });

  test('goes back to its agent with the reason when it is rejected, and is asked about again', async () => {
    const engine = engineOf();
    engine.when(waits, () => say(engine, 'reject', { message: 'no tests' }));
    const state = await engine.play();
    expect(engine.requests.findLast(({ task }) => task === 'a')?.prompt).toContain('not approved: no tests');
    expect(inboxItems(state)).toMatchObject([{ id: 'a.a2', approval: { head: engine.task('a').head } }]);
    expect(() => requireItem(state, 'a.a1', () => '1m ago')).toThrowError('a.a1 was rejected by Ada, 1m ago');
    expect(engine.task('a').retriesUsed).toBe(0);
  });

  test('has failed when it is rejected without a reason', async () => {
    const engine = engineOf();
    engine.when(waits, () => say(engine, 'reject'));
    const state = await engine.play();
    expect(engine.task('a').progress).toEqual({
      kind: 'failed',
      cause: 'approval',
      detail: 'rejected by Ada',
    });
    expect(state.life).toMatchObject({ outcome: 'failed' });
  });

  test('counts for one commit: a yes for the one before is void once there is another', async () => {
    const engine = engineOf({
      // Merged with b, the first try of a is red.
      gate: (read, gate) => (gate === 'whole' && read('a.txt') === 'a 1\n' && read('b.txt') !== null ? 1 : 0),
    });
    engine.when(
      (state) => waits(state) && state.tasks.get('b' as TaskId)?.progress.kind === 'landed',
      () => say(engine, 'approve'),
    );
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: 'awaiting-approval', b: 'landed' });
    expect(inboxItems(state)).toMatchObject([{ id: 'a.a2' }]);
    // The old word, told once more, moves nothing.
    const first = state.inbox.approvals.get('a.a1' as never);
    await engine.reopen(
      { kind: 'run.resumed', by: 'Ada' },
      {
        kind: 'approval.given',
        task: A,
        item: 'a.a1' as never,
        head: first?.head as never,
        by: 'Ben',
        message: null,
      },
      {
        kind: 'approval.given',
        task: A,
        item: 'a.a2' as never,
        head: first?.head as never,
        by: 'Ben',
        message: null,
      },
    );
    await engine.finish();
    expect(engine.kinds()).toEqual({ a: 'awaiting-approval', b: 'landed' });
  });

  test('is void when somebody moved the branch; what is there now is tested and asked about', async () => {
    const engine = engineOf({ gate: (read) => (read('a.txt') === 'broken\n' ? 1 : 0) });
    await engine.play();
    commitByHand(engine, 'better\n');
    const item = requireItem(engine.state, 'a', String);
    const moved = await movedSince(item, engine.state, { git: engine.git.port });
    expect(moved).toMatchObject({ kind: 'approval.void', item: 'a.a1' });
    if (moved === null) return;
    await engine.reopen({ kind: 'run.resumed', by: 'Ada' }, moved);
    const state = await engine.finish();
    expect(inboxItems(state)).toMatchObject([{ id: 'a.a2' }]);
    await engine.reopen({ kind: 'run.resumed', by: 'Ada' });
    const next = requireItem(engine.state, 'a', String);
    expect(await movedSince(next, engine.state, { git: engine.git.port })).toBeNull();
    say(engine, 'approve');
    await engine.finish();
    expect(await engine.landed('a.txt')).toBe('better\n');
    expect(engine.requests.filter(({ task }) => task === 'a')).toHaveLength(1);
  });

  test('of a wave holds the next one back', async () => {
    const task: TaskSketch = { waves: ['one', 'two'] };
    const engine = new FakeEngine({
      plan: withWaveApproval(planOf({ a: task }, { gates: { test: { at: ['wave', 'task'] } } })),
    });
    const state = await engine.play();
    expect(engine.task('a')).toMatchObject({ wave: 1, progress: { kind: 'awaiting-approval' } });
    expect(state.life).toMatchObject({ outcome: 'waiting' });
    await engine.reopen({ kind: 'run.resumed', by: 'Ada' });
    say(engine, 'approve');
    await engine.finish();
    expect(engine.kinds()).toEqual({ a: 'landed' });
  });

  test.each(['stopped', 'skipped'] as const)('can be %s, and asks for nothing then', async (end) => {
    const engine = engineOf();
    const kind = end === 'stopped' ? 'task.stop_requested' : 'task.skip_requested';
    engine.when(waits, () => engine.tell({ kind, task: A, by: 'Ada' }));
    const state = await engine.play();
    expect(engine.kinds()).toEqual({ a: end, b: 'landed' });
    expect(inboxItems(state)).toEqual([]);
    expect(engine.all('approval.void')).toHaveLength(1);
  });

  test('is asked about once and lands once, wherever the orchestrator is killed', async () => {
    const points = new Set<string>();
    const probe = engineOf();
    probe.when(waits, () => say(probe, 'approve'));
    probe.killsAt = (name) => {
      if (probe.all('gates.finished').length > 0) points.add(name);
      return false;
    };
    await probe.play();
    for (const point of points) {
      const engine = engineOf();
      let isKilled = false;
      engine.when(waits, () => say(engine, 'approve'));
      engine.killsAt = (name) =>
        engine.all('gates.finished').length > 0 && !isKilled && name === point && (isKilled = true);
      await engine.start();
      let ending = await engine.run();
      if (ending.kind === 'crashed') {
        await engine.reopen();
        if (waits(engine.state)) say(engine, 'approve');
        else engine.when(waits, () => say(engine, 'approve'));
        ending = await engine.run();
      }
      expect([point, ending.kind, engine.kinds()]).toEqual([point, 'finished', { a: 'landed', b: 'landed' }]);
      expect([point, engine.state.inbox.approvals.size]).toEqual([point, 1]);
      expect(engine.broken).toEqual([]);
    }
  });
});

describe('what a person types', () => {
  test('may be a whole id, a task, or a beginning that is not ambiguous', async () => {
    const engine = new FakeEngine({
      plan: planOf({ api: { approval: ANYONE }, 'api-docs': { approval: ANYONE } }),
    });
    const state = await engine.play();
    expect(requireItem(state, 'api', String).id).toBe('api.a1');
    expect(requireItem(state, 'api-', String).id).toBe('api-docs.a1');
    expect(requireItem(state, 'api-docs.a1', String).id).toBe('api-docs.a1');
    expect(() => requireItem(state, 'ap', String)).toThrowError('ap may be api.a1 or api-docs.a1');
    expect(() => requireItem(state, 'x', String)).toThrowError(
      'nothing named x waits for a person; api.a1, api-docs.a1 do',
    );
    expect(() => requireItem(state, '', String)).toThrowError(/nothing named/);
  });

  test('is refused where it does not fit', async () => {
    const engine = engineOf();
    const state = await engine.play();
    const item = requireItem(state, 'a', String);
    const answer = (text: string) => () => factsOfVerdict(state, item, { kind: 'answer', by: 'Ada', text });
    expect(answer('perhaps')).toThrowError(/is approved or rejected/);
    expect(answer('Yes')()).toMatchObject([{ kind: 'approval.given' }]);
    expect(answer('no')()).toMatchObject([{ kind: 'approval.rejected' }]);
  });
});

function withWaveApproval(plan: ReturnType<typeof planOf>): ReturnType<typeof planOf> {
  const [task] = plan.tasks;
  if (task === undefined) return plan;
  const [first, ...rest] = task.waves;
  return { ...plan, tasks: [{ ...task, waves: [{ ...first, approval: ANYONE }, ...rest] }] };
}
