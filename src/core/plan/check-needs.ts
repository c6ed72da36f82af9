import { closestTo } from '../../kit/closest.ts';
import { findCycles } from './cycles.ts';
import type { Task } from './model.ts';
import type { PlanProblem } from './problem.ts';
import { MAX_ALIKE } from './problem.ts';

/** Needs that name no task, the task itself or one task twice, and needs that go round in a circle. */
export function checkNeeds(tasks: readonly Task[]): readonly PlanProblem[] {
  const indexOf = new Map<string, number>();
  for (const [index, task] of tasks.entries()) if (!indexOf.has(task.id)) indexOf.set(task.id, index);
  const problems: PlanProblem[] = [];
  const graph = tasks.map((task, index) => {
    const targets: number[] = [];
    for (const [position, need] of task.needs.entries()) {
      const target = indexOf.get(need.task);
      const place = ['tasks', index, 'needs', position] as const;
      if (target === undefined) {
        if (problems.length < MAX_ALIKE) problems.push(unknownNeed(task, need.task, place, indexOf));
      } else if (target === index || need.task === task.id) problems.push(selfNeed(task, place));
      else if (targets.includes(target)) problems.push(repeatedNeed(task, need.task, place));
      else targets.push(target);
    }
    return targets;
  });
  return [...problems, ...cycleProblems(tasks, graph)];
}

function unknownNeed(
  task: Task,
  name: string,
  place: readonly (string | number)[],
  known: ReadonlyMap<string, number>,
): PlanProblem {
  const close = closestTo(name, known.keys());
  return {
    code: 'E0310',
    severity: 'error',
    message: `task "${task.id}" needs "${name}", and there is no such task`,
    place,
    why: close === null ? listOf([...known.keys()]) : `there is a task "${close}"`,
    fix: close === null ? null : `needs: ${close}`,
    ...(close === null ? {} : { replacement: close }),
  };
}

function selfNeed(task: Task, place: readonly (string | number)[]): PlanProblem {
  const message = `task "${task.id}" needs itself`;
  const why = 'it would wait for ever';
  return { code: 'E0311', severity: 'error', message, place, why, fix: 'remove the need' };
}

function repeatedNeed(task: Task, name: string, place: readonly (string | number)[]): PlanProblem {
  const message = `task "${task.id}" names "${name}" twice in its needs`;
  return {
    code: 'E0314',
    severity: 'warning',
    message,
    place,
    why: 'the first one counts',
    fix: 'remove one',
  };
}

function cycleProblems(
  tasks: readonly Task[],
  graph: readonly (readonly number[])[],
): readonly PlanProblem[] {
  return findCycles(graph)
    .slice(0, MAX_ALIKE)
    .map((cycle) => {
      const [first = 0, second = 0] = cycle;
      const next = tasks[second]?.id;
      const position = tasks[first]?.needs.findIndex((need) => need.task === next) ?? 0;
      return {
        code: 'E0313',
        severity: 'error' as const,
        message: `needs go round in a circle: ${circle(cycle.map((index) => tasks[index]?.id ?? ''))}`,
        place: ['tasks', first, 'needs', position],
        why: 'none of them could ever start',
        fix: 'remove one of these needs',
      };
    });
}

/** A long circle is cut in the middle; both ends are what one looks for. */
function circle(ids: readonly string[]): string {
  const shown =
    ids.length <= 12 ? ids : [...ids.slice(0, 6), `… ${ids.length - 11} more …`, ...ids.slice(-5)];
  return [...shown, ids[0] ?? ''].join(' → ');
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'there are no tasks';
  const more = names.length > 8 ? `, … (${names.length} in all)` : '';
  return `tasks there: ${names.slice(0, 8).join(', ')}${more}`;
}
