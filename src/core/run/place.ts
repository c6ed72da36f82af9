/** Names of a task's branch and worktree, from the plan's templates. */
import type { RunState, TaskState } from './state.ts';

export interface Place {
  readonly branch: string;
  /** As the template has it: absolute, or relative to the repository. */
  readonly path: string;
}

/** `repo` is the name of the repository's folder. A name that was taken is followed by `-2`, `-3` and so on. */
export function placeOf(state: RunState, task: TaskState, repo: string): Place {
  const suffix = task.placesTaken === 0 ? '' : `-${task.placesTaken + 1}`;
  const fill = (template: string): string =>
    template
      .replaceAll('{plan}', state.plan.name)
      .replaceAll('{task}', `${task.task.id}${suffix}`)
      .replaceAll('{repo}', repo)
      .replaceAll('{run}', state.id);
  return { branch: fill(state.plan.workspace.branch), path: fill(state.plan.workspace.path) };
}
