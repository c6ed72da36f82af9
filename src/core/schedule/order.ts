/** The order in which ready tasks start: invested work first, then priority, then the longest path behind them. */
import type { TaskId } from '../ids.ts';
import { bottomLevels, taskGraph } from '../plan/task-graph.ts';
import type { RunState, TaskState } from '../run/state.ts';

/** A comparator for tasks that could start; ties keep the plan's order. */
export function urgency(state: RunState): (a: TaskState, b: TaskState) => number {
  const tasks = [...state.tasks.values()].map((task) => task.task);
  const levels = bottomLevels(tasks, taskGraph(tasks));
  const levelOf = new Map<TaskId, number>(tasks.map((task, index) => [task.id, levels[index] ?? 0]));
  return (a, b) =>
    Number(isBegun(b)) - Number(isBegun(a)) ||
    a.task.priority - b.task.priority ||
    (levelOf.get(b.task.id) ?? 0) - (levelOf.get(a.task.id) ?? 0);
}

function isBegun(task: TaskState): boolean {
  return task.attempts.length > 0 || task.workspace !== null;
}
