/**
 * Whether a task's branch takes the target in before its next attempt (`merge.update`): between two turns of an agent, never
 * during one, and only with a reason. A merge that does not work out leaves the branch as it is, and the agent is told.
 */
import type { CommitId } from '../ids.ts';
import { overlapKey } from '../run/overlaps.ts';
import type { RunState, TaskState } from '../run/state.ts';
import { allowsPath, readScope } from '../separation/scope.ts';

export interface TargetTaking {
  readonly onto: CommitId;
  readonly because: string;
}

/** null: the next attempt starts on the branch as it is. */
export function targetTaking(task: TaskState, state: RunState): TargetTaking | null {
  const { tip, isOpen } = state.queue;
  // What was refused once is not worth an agent's turn: it starts on the branch as it is.
  if (task.workspace === null || task.trouble !== null || !isOpen || state.options.noMerge) return null;
  if (task.updateRequested !== null) return { onto: tip, because: `asked for by ${task.updateRequested}` };
  if (state.plan.merge.update !== 'auto' || task.targetTried === tip) return null;
  const because = conflictNow(task, state) ?? landedNear(task, state);
  return because === null ? null : { onto: tip, because };
}

function conflictNow(task: TaskState, state: RunState): string | null {
  const overlap = state.overlaps.get(overlapKey(task.task.id, null));
  if (overlap === undefined || overlap.goneAtMs !== null) return null;
  return `its work conflicts with ${state.target} in ${overlap.files[0] ?? 'some file'}`;
}

/** Something landed since, in a file that the task changed or may change: the agent should see it. */
function landedNear(task: TaskState, state: RunState): string | null {
  const { landings, changes } = state.queue;
  const last = landings.findIndex(({ to }) => to === task.targetTried);
  const changed = new Set<string>(task.changedPaths);
  const scope = readScope(task.task.scope, state.plan.conflicts.ignore);
  for (const landing of landings.slice(last + 1)) {
    for (const id of landing.changes) {
      const change = changes.get(id);
      if (change === undefined || change.task === task.task.id) continue;
      const near = change.paths.find(
        (path) => changed.has(path) || (scope.include.length > 0 && allowsPath(scope, path)),
      );
      if (near !== undefined) return `${change.task ?? change.branch} has changed ${near} on ${state.target}`;
    }
  }
  return null;
}
