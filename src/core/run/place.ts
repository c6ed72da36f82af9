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
  const values: Readonly<Record<string, string>> = {
    plan: state.plan.name,
    task: `${task.task.id}${suffix}`,
    repo,
    run: state.id,
  };
  // One pass with a function: a value may itself hold `{run}` or `$&`.
  const fill = (template: string): string =>
    template.replaceAll(/\{(plan|task|repo|run)\}/g, (_, name: string) => values[name] ?? '');
  return { branch: fill(state.plan.workspace.branch), path: fill(state.plan.workspace.path) };
}
