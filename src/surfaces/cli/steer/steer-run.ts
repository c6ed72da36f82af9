/** pause, resume, stop, retry, skip: what a person says to a run. */
import type { RunState } from '../../../core/run/state.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import { Failure } from '../../../kit/failure.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { isLeftOpen, reopening, resumeLatest } from '../run/perform-run.ts';
import { type Session, withSession } from '../session.ts';
import { askLeader, isLed, requireRun, requireTasks, tellRun } from './tell-run.ts';

export function pauseRun(context: Context, why: string): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    if (state.life.kind === 'paused') return done(session, 'pause', `${state.id} is paused already`, []);
    requireOpen(state);
    await tellRun(session, [{ kind: 'run.paused', by: session.by, why }]);
    return done(
      session,
      'pause',
      `${state.id} paused: nothing new starts, what runs goes on`,
      [],
      'copse resume',
    );
  });
}

/** Wakes the leader, or goes on with the run here. */
export function resumeRunNow(context: Context, takeover: boolean): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    if (!takeover && (await isLed(session))) {
      if (state.life.kind !== 'paused') return done(session, 'resume', `${state.id} is on already`, []);
      await askLeader(session, { kind: 'tell', facts: [{ kind: 'run.resumed', by: session.by }] });
      return done(session, 'resume', `${state.id} goes on`, [], 'copse pause');
    }
    if (state.life.kind === 'finished' && state.queue.held === null && !isLeftOpen(state)) requireOpen(state);
    return resumeLatest(session, state, paused(state, session.by), takeover);
  });
}

function paused(state: RunState, by: string): readonly Fact[] {
  return state.life.kind === 'paused' ? [{ kind: 'run.resumed', by }] : [];
}

export function stopTasks(context: Context, ids: readonly string[]): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const isAll = ids.length === 0;
    const tasks = requireTasks(state, ids);
    const ended = new Set(['landed', 'failed', 'stopped', 'skipped', 'verified']);
    const open = [...state.tasks.values()].filter((task) => !ended.has(task.progress.kind));
    const wanted = isAll ? open.map((task) => task.task.id) : tasks;
    const facts: Fact[] = wanted.map((task) => ({ kind: 'task.stop_requested', task, by: session.by }));
    if (isAll) requireOpen(state);
    if (facts.length > 0) await tellRun(session, facts);
    if (isAll && (await isLed(session))) await askLeader(session, { kind: 'drain' });
    const what = isAll ? `${state.id}: stopping ${wanted.length} tasks` : `stopping ${tasks.join(', ')}`;
    return done(session, 'stop', what, wanted, `copse retry ${wanted.join(' ')}`.trim());
  });
}

export function skipTasks(context: Context, ids: readonly string[]): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const tasks = requireTasks(state, ids);
    const landed = tasks.filter((id) => state.tasks.get(id)?.progress.kind === 'landed');
    if (landed.length > 0)
      throw new Failure('usage-landed', `${landed.join(', ')} has landed: copse undo takes it back`);
    await tellRun(
      session,
      tasks.map((task) => ({ kind: 'task.skip_requested', task, by: session.by })),
    );
    return done(session, 'skip', `skipping ${tasks.join(', ')}`, tasks, `copse retry ${tasks.join(' ')}`);
  });
}

/** At the next turn boundary; a task that has no next attempt lands or ends as it is. */
export function updateTasks(context: Context, ids: readonly string[]): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const tasks = requireTasks(state, ids);
    const over = new Set(['landed', 'verified', 'failed', 'stopped', 'skipped', 'queued']);
    const ended = tasks.filter((id) => over.has(state.tasks.get(id)?.progress.kind ?? ''));
    if (ended.length > 0) {
      const hint = `copse retry ${ended.join(' ')}`;
      throw new Failure('usage-ended', `${ended.join(', ')}: no next attempt is planned`, { hint });
    }
    await tellRun(
      session,
      tasks.map((task) => ({ kind: 'task.update_requested', task, by: session.by })),
    );
    const text = `${tasks.join(', ')}: ${state.target} is taken in before the next attempt`;
    return done(session, 'update', text, tasks);
  });
}

/** Another try: by the leader when there is one, else the run goes on here. */
export function retryTasks(
  context: Context,
  ids: readonly string[],
  options: { readonly fresh: boolean; readonly from: number | null },
): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const tasks = requireTasks(state, ids);
    for (const id of tasks) refuseLive(state, id);
    const how = { fresh: options.fresh, wave: options.from };
    const facts = tasks.map((task) => reopening(task, session.by, how));
    if (await isLed(session)) {
      await tellRun(session, facts);
      return done(
        session,
        'retry',
        `trying ${tasks.join(', ')} again`,
        tasks,
        `copse stop ${tasks.join(' ')}`,
      );
    }
    return resumeLatest(session, state, facts, false);
  });
}

function refuseLive(state: RunState, id: string): void {
  const task = [...state.tasks.values()].find((one) => one.task.id === id);
  const kind = task?.progress.kind;
  if (kind === 'landed')
    throw new Failure('usage-landed', `${id} has landed`, { hint: 'copse undo    # takes the landing back' });
  if (
    kind === 'working' ||
    kind === 'collecting' ||
    kind === 'judging' ||
    kind === 'verifying' ||
    kind === 'queued'
  )
    throw new Failure('usage-active', `${id} is at work (${kind})`, { hint: `copse stop ${id}` });
}

function requireOpen(state: RunState): void {
  if (state.life.kind !== 'finished') return;
  throw new Failure('usage-finished', `${state.id} has finished (${state.life.outcome})`, {
    hint: 'copse retry ID    # or: copse run, a new one',
  });
}

/** Every change ends with what changed and how to take it back. */
function done(
  { context: { out } }: Session,
  verb: string,
  text: string,
  tasks: readonly string[],
  undo?: string,
): number {
  if (out.json) out.envelope(verb, { tasks, message: text, ...(undo === undefined ? {} : { undo }) });
  else out.answer(text);
  if (undo !== undefined) out.note(`to take it back: ${undo}`);
  return EXIT.done;
}
