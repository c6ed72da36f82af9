/** Whether what a task needs is there, will still come, or can no longer come. */
import { assertNever } from '../../kit/assert.ts';
import type { Need } from '../plan/model.ts';
import type { TaskId } from '../ids.ts';
import type { RunState, TaskState } from '../run/state.ts';

export type NeedState =
  | { readonly kind: 'met' }
  | { readonly kind: 'open'; readonly why: string }
  | { readonly kind: 'lost'; readonly why: string };

/** The first need that is not met, else `met`. */
export function needsState(task: TaskState, state: RunState): NeedState {
  let open: NeedState | null = null;
  for (const need of task.task.needs) {
    const found = needState(need, state);
    if (found.kind === 'lost') return found;
    if (found.kind === 'open') open ??= found;
  }
  return open ?? { kind: 'met' };
}

function needState(need: Need, state: RunState): NeedState {
  const other = state.tasks.get(need.task);
  if (other === undefined) return { kind: 'lost', why: `needs ${need.task}, which is not in this run` };
  if (isMet(need, other, state)) return { kind: 'met' };
  const { progress } = other;
  if (need.when !== 'completed' && isGone(other))
    return { kind: 'lost', why: `needs ${need.task}, which ${gone(progress.kind)}` };
  return { kind: 'open', why: `needs ${need.task} ${need.when === 'merged' ? 'on the target' : need.when}` };
}

function isMet(need: Need, other: TaskState, state: RunState): boolean {
  if (need.wave !== null && other.waves.some((wave) => wave.number === need.wave) && need.when === 'verified')
    return true;
  const { kind } = other.progress;
  switch (need.when) {
    case 'merged':
      // With --no-merge nothing lands; green on its own branch is then the most that can be had.
      return kind === 'landed' || (state.options.noMerge && kind === 'verified');
    case 'verified':
      return kind === 'landed' || kind === 'verified' || kind === 'queued';
    case 'started':
      return other.attempts.length > 0;
    case 'completed':
      return kind === 'landed' || kind === 'verified' || isGone(other);
    default:
      return assertNever(need.when);
  }
}

/** Ended without landing; a person may still reopen it. */
export function isGone(task: TaskState): boolean {
  return (
    task.progress.kind === 'failed' || task.progress.kind === 'stopped' || task.progress.kind === 'skipped'
  );
}

function gone(kind: TaskState['progress']['kind']): string {
  return kind === 'failed' ? 'failed' : kind === 'stopped' ? 'was stopped' : 'was skipped';
}

/** The asked-for tasks and everything they need, directly or not; all tasks when `only` is null. */
export function wantedTasks(state: RunState): ReadonlySet<TaskId> {
  const only = state.options.only;
  if (only === null) return new Set(state.tasks.keys());
  const wanted = new Set<TaskId>();
  const queue = [...only];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const task = state.tasks.get(id);
    if (task === undefined || wanted.has(id)) continue;
    wanted.add(id);
    queue.push(...task.task.needs.map((need) => need.task));
  }
  return wanted;
}
