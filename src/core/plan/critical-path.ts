import type { TaskId } from '../ids.ts';
import type { Task } from './model.ts';
import { bottomLevels, taskGraph } from './task-graph.ts';

export interface TaskTiming {
  readonly id: TaskId;
  /** Minutes from the start of the run, with as many slots as there are tasks. */
  readonly earliestStart: number;
  readonly earliestEnd: number;
  /** Minutes it may be late before the whole run is. */
  readonly slack: number;
  readonly isCritical: boolean;
}

export interface CriticalPath {
  /** One longest chain of needs, first task first. */
  readonly path: readonly TaskId[];
  /** Its length: no number of slots makes the run shorter. */
  readonly minutes: number;
  /** In the order of the plan. */
  readonly timings: readonly TaskTiming[];
}

/** Differences below a thousandth of a minute come from adding fractions. */
const ROUNDING_MINUTES = 0.001;

/** The longest chain of needs by likely estimates, and how late every task may be. The plan must have no cycle. */
export function criticalPath(tasks: readonly Task[]): CriticalPath {
  const graph = taskGraph(tasks);
  const levels = bottomLevels(tasks, graph);
  const minutes = Math.max(0, ...chunkMaxima(levels));
  const starts = tasks.map(() => 0);
  const cameFrom = tasks.map(() => -1);
  for (const index of graph.order) {
    for (const need of graph.needs[index] ?? []) {
      const own = need.fromStart ? 0 : (tasks[need.task]?.estimate.likelyMinutes ?? 0);
      const from = (starts[need.task] ?? 0) + own;
      if (from > (starts[index] ?? 0) || cameFrom[index] === -1) {
        starts[index] = Math.max(from, starts[index] ?? 0);
        cameFrom[index] = need.task;
      }
    }
  }
  const timings = tasks.map((task, index): TaskTiming => {
    const earliestStart = starts[index] ?? 0;
    const late = minutes - earliestStart - (levels[index] ?? 0);
    const slack = late < ROUNDING_MINUTES ? 0 : late;
    const earliestEnd = earliestStart + task.estimate.likelyMinutes;
    return { id: task.id, earliestStart, earliestEnd, slack, isCritical: slack === 0 };
  });
  const last = timings.findIndex(
    (timing) => minutes - timing.earliestEnd < ROUNDING_MINUTES && timing.isCritical,
  );
  return { path: chainTo(last, cameFrom, tasks), minutes, timings };
}

function chainTo(last: number, cameFrom: readonly number[], tasks: readonly Task[]): readonly TaskId[] {
  const chain: TaskId[] = [];
  for (let index = last; index !== -1; index = cameFrom[index] ?? -1) {
    const task = tasks[index];
    if (task === undefined) break;
    chain.push(task.id);
  }
  return chain.toReversed();
}

/** Maxima of slices: spreading 20,000 arguments at once is near the limit of the stack. */
function chunkMaxima(values: readonly number[]): readonly number[] {
  const maxima: number[] = [];
  for (let at = 0; at < values.length; at += 1_000) maxima.push(Math.max(...values.slice(at, at + 1_000)));
  return maxima;
}
