import { closestTo } from '../../kit/closest.ts';
import type { Plan, Task } from './model.ts';
import type { PlanPlace, PlanProblem } from './problem.ts';
import { MAX_ALIKE, MAX_TASKS } from './problem.ts';

/** No tasks, too many, ids used twice, and names of agents and gates that nothing defines. */
export function checkNames(plan: Plan): readonly PlanProblem[] {
  if (plan.tasks.length === 0) return [emptyPlan()];
  if (plan.tasks.length > MAX_TASKS) return [tooManyTasks(plan.tasks.length)];
  const problems: PlanProblem[] = [];
  const seen = new Set<string>();
  for (const [index, task] of plan.tasks.entries()) {
    if (seen.has(task.id)) problems.push(repeatedTask(task, index));
    seen.add(task.id);
    problems.push(
      ...repeatedWaves(task, index),
      ...agentNames(plan, task, index),
      ...reviewerName(plan, task, index),
      ...gateNames(plan, task, index),
    );
    if (problems.length >= MAX_ALIKE) break;
  }
  for (const name of Object.keys(plan.limits.agents)) {
    if (!Object.hasOwn(plan.agents, name))
      problems.push(unknownAgent(plan, name, ['limits', 'agents', name], 'limits'));
  }
  const { resolver } = plan.merge;
  if (resolver !== null && !Object.hasOwn(plan.agents, resolver))
    problems.push(unknownAgent(plan, resolver, ['merge', 'resolver'], 'merge'));
  return problems;
}

function emptyPlan(): PlanProblem {
  const fix = 'tasks:\n  - Add a /health endpoint with a test';
  const message = 'the plan has no tasks';
  return { code: 'E0301', severity: 'error', message, place: ['tasks'], why: 'there is nothing to do', fix };
}

function tooManyTasks(count: number): PlanProblem {
  return {
    code: 'E0302',
    severity: 'error',
    message: `the plan has ${count} tasks, at most ${MAX_TASKS} are allowed`,
    place: ['tasks'],
    why: 'limits keep a plan checkable in less than a second',
    fix: 'split the work into several plans',
  };
}

function repeatedTask(task: Task, index: number): PlanProblem {
  return {
    code: 'E0303',
    severity: 'error',
    message: `two tasks have the id "${task.id}"`,
    place: ['tasks', index, 'id'],
    why: 'an id names one branch, one worktree and one history',
    fix: `give one another id, such as ${task.id}-2`,
  };
}

function repeatedWaves(task: Task, index: number): readonly PlanProblem[] {
  if (task.waves.length === 1) return [];
  const problems: PlanProblem[] = [];
  const seen = new Map<string, number>();
  for (const wave of task.waves) {
    const place = ['tasks', index, 'waves', wave.number - 1, 'id'] as const;
    const other = seen.get(wave.id);
    if (other !== undefined) {
      const message = `waves ${other} and ${wave.number} of task "${task.id}" have the id "${wave.id}"`;
      const why = 'a wave is addressed as task@wave';
      problems.push({ code: 'E0305', severity: 'error', message, place, why, fix: 'rename one of them' });
    } else if (/^\d+$/.test(wave.id) && wave.id !== String(wave.number)) {
      const message = `wave ${wave.number} of task "${task.id}" has the id "${wave.id}", a number that is not its own`;
      const why = 'waves are also addressed by number';
      problems.push({
        code: 'E0305',
        severity: 'error',
        message,
        place,
        why,
        fix: 'give it a word as its id',
      });
    }
    if (other === undefined) seen.set(wave.id, wave.number);
  }
  return problems;
}

function reviewerName(plan: Plan, task: Task, index: number): readonly PlanProblem[] {
  const agent = task.review?.agent;
  if (agent === undefined || agent === task.agent || Object.hasOwn(plan.agents, agent)) return [];
  return [unknownAgent(plan, agent, ['tasks', index, 'review'], `the review of task "${task.id}"`)];
}

function agentNames(plan: Plan, task: Task, index: number): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const whose = `task "${task.id}"`;
  if (!Object.hasOwn(plan.agents, task.agent)) {
    problems.push(unknownAgent(plan, task.agent, ['tasks', index, 'agent'], whose));
  }
  for (const [position, name] of task.fallback.entries()) {
    if (Object.hasOwn(plan.agents, name)) continue;
    problems.push(unknownAgent(plan, name, ['tasks', index, 'fallback', position], whose));
  }
  return problems;
}

function unknownAgent(plan: Plan, name: string, place: PlanPlace, whose: string): PlanProblem {
  return unknownName({ code: 'E0321', what: 'agent', name, known: Object.keys(plan.agents), place, whose });
}

function gateNames(plan: Plan, task: Task, index: number): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const reported = new Set<string>();
  for (const wave of task.waves) {
    for (const name of wave.gates) {
      if (Object.hasOwn(plan.gates, name) || reported.has(name)) continue;
      reported.add(name);
      const place = ['tasks', index, 'waves', wave.number - 1, 'gates', name];
      const known = Object.keys(plan.gates);
      problems.push(
        unknownName({ code: 'E0320', what: 'gate', name, known, place, whose: `task "${task.id}"` }),
      );
    }
  }
  return problems;
}

function unknownName(about: {
  readonly code: string;
  readonly what: 'agent' | 'gate';
  readonly name: string;
  readonly known: readonly string[];
  readonly place: PlanPlace;
  readonly whose: string;
}): PlanProblem {
  const { code, what, name, known, place, whose } = about;
  const close = closestTo(name, known);
  const listed =
    known.length === 0 ? `no ${what}s are defined` : `${what}s there: ${known.slice(0, 8).join(', ')}`;
  return {
    code,
    severity: 'error',
    message: `${whose} names the ${what} "${name}", which is not defined`,
    place,
    why: listed,
    fix: close ?? `define it under ${what}s:`,
    ...(close === null ? {} : { replacement: close }),
  };
}
