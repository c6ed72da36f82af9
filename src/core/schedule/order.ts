/** The order in which ready tasks start: invested work first, then priority, then the longest path behind them. */
import type { TaskId } from '../ids.ts';
import type { RunState, TaskState } from '../run/state.ts';

/**
 * Bottom level of each task in minutes: its own likely estimate plus the longest chain of tasks that need it. List
 * scheduling by it stays within a few percent of the lower bound even with estimates off by half
 * (docs/design/scheduling.md). A cycle, which the plan check refuses, counts each task once.
 */
export function bottomLevels(tasks: readonly TaskState[]): ReadonlyMap<TaskId, number> {
  const dependents = new Map<TaskId, TaskState[]>();
  for (const task of tasks) {
    for (const need of task.task.needs) {
      const list = dependents.get(need.task);
      if (list === undefined) dependents.set(need.task, [task]);
      else list.push(task);
    }
  }
  const levels = new Map<TaskId, number>();
  const visit = (task: TaskState): number => {
    const known = levels.get(task.task.id);
    if (known !== undefined) return known;
    levels.set(task.task.id, task.task.estimate.likelyMinutes);
    let longest = 0;
    for (const dependent of dependents.get(task.task.id) ?? []) longest = Math.max(longest, visit(dependent));
    const level = task.task.estimate.likelyMinutes + longest;
    levels.set(task.task.id, level);
    return level;
  };
  for (const task of tasks) visit(task);
  return levels;
}

/** A comparator for tasks that could start; ties keep the plan's order. */
export function urgency(state: RunState): (a: TaskState, b: TaskState) => number {
  const levels = bottomLevels([...state.tasks.values()]);
  return (a, b) =>
    Number(b.attempts.length > 0) - Number(a.attempts.length > 0) ||
    a.task.priority - b.task.priority ||
    (levels.get(b.task.id) ?? 0) - (levels.get(a.task.id) ?? 0);
}
