import { Failure } from '../../kit/failure.ts';
import type { TaskId } from '../../core/ids.ts';
import type { RunState, TaskState } from '../../core/run/state.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';

/** The task, which must be in the run. */
export function requireTask(state: RunState, id: TaskId): TaskState {
  const task = state.tasks.get(id);
  if (task === undefined) throw new Failure('task-unknown', `there is no task ${id} in this run`);
  return task;
}

/** Where the task works, as git wants it. */
export function requireWorkspace(state: RunState, id: TaskId): WorkspaceSpec {
  const { workspace } = requireTask(state, id);
  if (workspace === null) throw new Failure('workspace-missing', `task ${id} has no worktree`);
  const { branch, path, base, isolation } = workspace;
  return { task: `${state.id}/${id}`, branch, path, base, isolation };
}
