/** `copse status`: reads the log without leading, so it works while a run is on and starts at once. */
import { Failure } from '../../../kit/failure.ts';
import type { StatusView } from '../../../views/status-view.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { findPlace } from '../place.ts';
import { WELCOME } from '../root-help.ts';
import { ownTask, withStore } from '../session.ts';

/** Rows of one zone on a screen; `--json` has them all. */
const MOST_ROWS = 200;

export interface StatusWish {
  /** null: all, or the task of the worktree the command was started in. */
  readonly task: string | null;
  /** Only what could start now. */
  readonly ready: boolean;
  /** `copse` alone: a repository without a run is told how to begin. */
  readonly welcome: boolean;
}

export async function showStatus(context: Context, wish: StatusWish): Promise<number> {
  const { out } = context;
  if (wish.welcome && !isInRepository(context)) {
    out.answer(...WELCOME);
    return EXIT.done;
  }
  const found = await withStore(context, async (store, place) => {
    const [{ loadLatest }, { statusView }] = await loadViews();
    const state = await loadLatest(store);
    if (state === null) return null;
    const nowMs = Date.now();
    const isLed = (await store.leader()) !== null;
    const view = statusView(state, { nowMs, isLed, eta: null });
    const chosen = choose(view, wish, ownTask(state, place));
    const { withConditions } = await import('./conditions.ts');
    return { view: await withConditions(context.world, place, state, chosen), nowMs };
  });
  if (found === null) return sayNothingYet(context, wish);
  if (out.json) out.envelope('status', found.view);
  else {
    const { statusText } = await import('../../../views/status-text.ts');
    out.answer(...statusText(found.view, { nowMs: found.nowMs, mostRows: MOST_ROWS }, out.paint));
  }
  return EXIT.done;
}

/** Loaded only where there is a log to show: the answer for a fresh repository needs none of it. */
function loadViews() {
  return Promise.all([import('../../../engine/load-latest.ts'), import('../../../views/status-view.ts')]);
}

function sayNothingYet({ out }: Context, wish: StatusWish): number {
  if (wish.task !== null)
    throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
  if (out.json) out.envelope('status', { run: null, tasks: [], queue: null, counts: null });
  else if (wish.welcome) out.answer(...WELCOME);
  else {
    out.answer('no run yet in this repository');
    out.note('copse run "what is to be done"');
  }
  return EXIT.done;
}

/** Counts stay those of the whole run; the rows are the ones asked for. */
function choose(view: StatusView, wish: StatusWish, own: string | null): StatusView {
  const id = wish.task ?? own;
  if (id !== null) {
    const tasks = view.tasks.filter((task) => task.id === id);
    if (tasks.length === 0) throw new Failure('task-unknown', `there is no task ${id} in ${view.run.id}`);
    return { ...view, tasks };
  }
  if (wish.ready) return { ...view, tasks: view.tasks.filter((task) => task.status === 'ready') };
  return view;
}

function isInRepository(context: Context): boolean {
  try {
    findPlace(context.cwd, context.world.env);
    return true;
  } catch {
    return false;
  }
}
