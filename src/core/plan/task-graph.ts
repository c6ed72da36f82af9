import { assert } from '../../kit/assert.ts';
import type { Task } from './model.ts';

/** One need as an edge between task indexes. `fromStart`: it holds once the other task has begun, not ended. */
export interface Edge {
  readonly task: number;
  readonly fromStart: boolean;
}

/** Tasks by index with their needs in both directions, in an order that puts every need first. */
export interface TaskGraph {
  readonly needs: readonly (readonly Edge[])[];
  readonly dependents: readonly (readonly Edge[])[];
  readonly order: readonly number[];
}

/** The graph of a checked plan: unknown needs are left out, a cycle is a bug of the caller. */
export function taskGraph(tasks: readonly Task[]): TaskGraph {
  const indexOf = new Map(tasks.map((task, index) => [task.id, index]));
  const dependents: Edge[][] = tasks.map(() => []);
  const needs = tasks.map((task, index) => {
    const edges: Edge[] = [];
    for (const need of task.needs) {
      const target = indexOf.get(need.task);
      if (target === undefined || edges.some((edge) => edge.task === target)) continue;
      const fromStart = need.when === 'started';
      edges.push({ task: target, fromStart });
      dependents[target]?.push({ task: index, fromStart });
    }
    return edges;
  });
  return { needs, dependents, order: orderByNeeds(needs, dependents) };
}

/**
 * Minutes from the start of each task to the end of the longest chain that it begins: its own work and that of what
 * waits for it.
 */
export function bottomLevels(tasks: readonly Task[], graph: TaskGraph): readonly number[] {
  const levels = tasks.map((task) => task.estimate.likelyMinutes);
  for (const index of graph.order.toReversed()) {
    const own = levels[index] ?? 0;
    let level = own;
    for (const edge of graph.dependents[index] ?? []) {
      level = Math.max(level, (edge.fromStart ? 0 : own) + (levels[edge.task] ?? 0));
    }
    levels[index] = level;
  }
  return levels;
}

function orderByNeeds(needs: TaskGraph['needs'], dependents: TaskGraph['dependents']): readonly number[] {
  const open = needs.map((edges) => edges.length);
  const order = [...open.keys()].filter((index) => open[index] === 0);
  for (let head = 0; head < order.length; head += 1) {
    for (const edge of dependents[order[head] ?? 0] ?? []) {
      const left = (open[edge.task] ?? 0) - 1;
      open[edge.task] = left;
      if (left === 0) order.push(edge.task);
    }
  }
  assert(order.length === needs.length, 'a plan with a cycle has no order');
  return order;
}
