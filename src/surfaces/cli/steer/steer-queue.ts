/** hold, release, up, down, eject, close, open, add: what a person says to the merge queue of a run, live or resting. */
import type { BranchName } from '../../../core/ids.ts';
import type { EntryWish, Priority } from '../../../core/run/queue-orders.ts';
import type { RunState } from '../../../core/run/state.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import { type ChangeVerb, entriesFor, factsFor, requireWaiting } from '../../../engine/queue-orders.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { type Session, withSession } from '../session.ts';
import { requireRun, tellRun } from './tell-run.ts';

export function steerChanges(context: Context, verb: ChangeVerb, ids: readonly string[]): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const changes = ids.map((id) => requireWaiting(state, id));
    const facts = factsFor(verb, changes, state, session.by);
    const names = changes.map((change) => change.id);
    if (facts.length === 0)
      return done(session, state, { text: `${names.join(', ')}: no place further ${verb}`, names });
    await tellQueue(session, state, facts, verb === 'release');
    const tasks = changes.flatMap((change) => change.task ?? []);
    const said = SAID[verb](names.join(' '));
    const undo = verb === 'eject' && tasks.length > 0 ? `copse retry ${tasks.join(' ')}` : said.undo;
    return done(session, state, { names, text: said.text, undo });
  });
}

const SAID: Readonly<
  Record<ChangeVerb, (names: string) => { readonly text: string; readonly undo: string }>
> = {
  hold: (names) => ({ text: `${names} held: in no new build`, undo: `copse queue release ${names}` }),
  release: (names) => ({ text: `${names} released`, undo: `copse queue hold ${names}` }),
  up: (names) => ({ text: `${names} moved up`, undo: `copse queue down ${names}` }),
  down: (names) => ({ text: `${names} moved down`, undo: `copse queue up ${names}` }),
  eject: (names) => ({ text: `${names} leaves the merge queue`, undo: `copse queue add ${names}` }),
};

export function closeQueue(context: Context, below: Priority | null): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    await tellQueue(session, state, [{ kind: 'queue.closed', by: session.by, below }], false);
    const text =
      below === null
        ? 'merge queue closed: nothing more starts or lands'
        : `merge queue closed below priority ${below}`;
    return done(session, state, { text, names: [], undo: 'copse queue open' });
  });
}

export function openQueue(context: Context): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    await tellQueue(session, state, [{ kind: 'queue.opened', by: session.by }], true);
    return done(session, state, { text: 'merge queue open', names: [], undo: 'copse queue close' });
  });
}

/** A branch that was in the queue before enters as a new change, with what it holds now. */
export function addBranches(context: Context, given: readonly string[], wish: EntryWish): Promise<number> {
  return withSession(context, async (session) => {
    const state = await requireRun(session);
    const branches = [...new Set(given.map((name) => name.replace(/^refs\/heads\//, '')))] as BranchName[];
    const facts = await entriesFor(session.deps, branches, state, wish);
    await tellQueue(session, state, facts, true);
    const names = facts.flatMap((fact) => ('change' in fact ? [fact.change] : []));
    return done(session, state, {
      text: `${branches.join(', ')} entered the merge queue for ${state.target}`,
      names,
      undo: `copse queue eject ${names.join(' ')}`,
    });
  });
}

/** A run that has ended is opened again when there may be something to do; then it goes on by `copse resume`. */
async function tellQueue(
  session: Session,
  state: RunState,
  facts: readonly Fact[],
  mayGoOn: boolean,
): Promise<void> {
  const isOver = state.life.kind === 'finished';
  const wake: readonly Fact[] = isOver && mayGoOn ? [{ kind: 'run.resumed', by: session.by }] : [];
  const where = await tellRun(session, [...wake, ...facts]);
  if (where === 'log' && mayGoOn) session.context.out.note('nobody leads the run; to go on: copse resume');
}

function done(
  { context: { out } }: Session,
  state: RunState,
  what: { readonly text: string; readonly names: readonly string[]; readonly undo?: string },
): number {
  const { text, names, undo } = what;
  if (out.json)
    out.envelope('queue', {
      run: state.id,
      changes: names,
      message: text,
      ...(undo === undefined ? {} : { undo }),
    });
  else out.answer(text);
  if (undo !== undefined) out.note(`to take it back: ${undo}`);
  return EXIT.done;
}
