/** A command's hold on a repository: its place, and the engine or the store behind it, closed when the work is done. */
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { RunState } from '../../core/run/state.ts';
import type { Deps } from '../../engine/deps.ts';
import type { ControlPort } from '../../ports/control.ts';
import type { StorePort } from '../../ports/store.ts';
import type { Context } from './host.ts';
import { claimPlace, findPlace, type Place } from './place.ts';

export interface Session {
  readonly context: Context;
  readonly place: Place;
  readonly deps: Deps;
  readonly control: ControlPort;
  /** Who asks: recorded with every request. */
  readonly by: string;
}

/** Runs `work` with everything open; closes it whatever happens. */
export async function withSession<T>(context: Context, work: (session: Session) => Promise<T>): Promise<T> {
  const place = claimPlace(findPlace(context.cwd, context.world.env));
  const control = await context.world.openControl(place);
  const open = await context.world.openDeps(place);
  try {
    return await work({ context, place, deps: open.deps, control, by: personOf(context) });
  } finally {
    await open.close();
  }
}

/** The store alone, for questions: no git, no leadership. null when the repository has no state yet. */
export async function withStore<T>(
  context: Context,
  work: (store: StorePort & { readonly driver?: string }, place: Place) => Promise<T>,
): Promise<T | null> {
  const place = findPlace(context.cwd, context.world.env);
  if (!existsSync(join(place.state, 'store.db'))) return null;
  const store = await context.world.openStore(place);
  try {
    return await work(store, place);
  } finally {
    await store.close();
  }
}

/** The user's name, for the log. */
export function personOf(context: Context): string {
  const { env } = context.world;
  const named = env['COPSE_USER'] ?? env['USER'] ?? env['LOGNAME'];
  if (named !== undefined && named !== '') return named;
  try {
    return userInfo().username;
  } catch {
    return 'someone';
  }
}

/** The task whose worktree the command was started in; null elsewhere. */
export function ownTask(state: RunState, place: Place): string | null {
  if (!place.isTaskWorktree) return null;
  const own = [...state.tasks.values()].find((task) => task.workspace?.path === place.root);
  return own?.task.id ?? null;
}
