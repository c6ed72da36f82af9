/**
 * A plan before it runs, as the `data` of `copse.plan/1` and as text: what depends on what, the longest chain, and how
 * long it would take on so many slots if every task took its likely estimate.
 */
import { forecastPlan } from '../core/forecast/schedule.ts';
import { criticalPath } from '../core/plan/critical-path.ts';
import type { Plan } from '../core/plan/model.ts';
import { planMermaid, planOutline } from '../core/plan/outline.ts';
import { cell, clean, cut, tint } from './paint.ts';
import type { Paint } from './paint.ts';

export interface PlanView {
  readonly name: string;
  readonly tasks: readonly PlanTaskView[];
  readonly critical_path: readonly string[];
  readonly critical_path_minutes: number;
  readonly parallel: number;
  readonly lower_bound_minutes: number;
  readonly makespan_minutes: number;
  readonly schedule: readonly {
    readonly task: string;
    readonly start_minute: number;
    readonly end_minute: number;
    readonly slot: number;
  }[];
}

export interface PlanTaskView {
  readonly id: string;
  readonly title: string;
  readonly agent: string;
  readonly needs: readonly string[];
  readonly waves: number;
  readonly scope: readonly string[];
  readonly gates: readonly string[];
  readonly estimate_minutes: number;
  readonly slack_minutes: number;
  readonly critical: boolean;
}

/** The plan must have no cycle. */
export function planView(plan: Plan, parallel: number): PlanView {
  const critical = criticalPath(plan.tasks);
  const forecast = forecastPlan(plan, parallel);
  return {
    name: plan.name,
    tasks: plan.tasks.map((task, index) => ({
      id: task.id,
      title: task.title,
      agent: task.agent,
      needs: task.needs.map((need) => (need.wave === null ? need.task : `${need.task}@${need.wave}`)),
      waves: task.waves.length,
      scope: task.scope.include,
      gates: [...new Set(task.waves.flatMap((wave) => wave.gates))],
      estimate_minutes: task.estimate.likelyMinutes,
      slack_minutes: rounded(critical.timings[index]?.slack ?? 0),
      critical: critical.timings[index]?.isCritical ?? false,
    })),
    critical_path: critical.path,
    critical_path_minutes: rounded(critical.minutes),
    parallel,
    lower_bound_minutes: rounded(forecast.lowerBoundMinutes),
    makespan_minutes: rounded(forecast.makespanMinutes),
    schedule: forecast.schedule.map((one) => ({
      task: one.task,
      start_minute: rounded(one.startMinute),
      end_minute: rounded(one.endMinute),
      slot: one.slot,
    })),
  };
}

/** As a tree: each task below the need it names first; `*` marks the critical path. */
export function planText(plan: Plan, view: PlanView, paint: Paint): readonly string[] {
  const byId = new Map(view.tasks.map((task) => [task.id, task]));
  const nodes = planOutline(plan);
  const widest = Math.max(4, ...nodes.map((node) => node.depth * 2 + node.id.length));
  const left = Math.min(widest, Math.max(12, Math.floor(paint.columns / 2)));
  const rows = nodes.map((node) => {
    const task = byId.get(node.id);
    const mark = task?.critical === true ? tint('*', 'yellow', paint) : ' ';
    const name = cell(`${'  '.repeat(node.depth)}${node.id}`, left, paint);
    const time = cell(minutes(task?.estimate_minutes ?? 0), 7, paint, 'right');
    const slack = task === undefined || task.critical ? '' : `slack ${minutes(task.slack_minutes)}`;
    const also = node.alsoNeeds.length === 0 ? '' : `also needs ${node.alsoNeeds.join(', ')}`;
    const waves = node.waves.length === 0 ? '' : `${node.waves.length} waves`;
    const rest = [slack, waves, also].filter((part) => part !== '').join(', ');
    const room = Math.max(0, paint.columns - left - 13);
    return `${mark} ${name}  ${time}  ${tint(cut(clean(rest, paint), room, paint), 'dim', paint)}`.trimEnd();
  });
  return [...rows, '', ...summaryLines(view, paint)];
}

/** The schedule as rows of slots. */
export function forecastText(view: PlanView, paint: Paint): readonly string[] {
  const width = Math.min(32, Math.max(4, ...view.schedule.map((one) => one.task.length)));
  const room = Math.max(10, paint.columns - width - 20);
  const scale = view.makespan_minutes === 0 ? 0 : room / view.makespan_minutes;
  const bar = paint.ascii ? '#' : '▓';
  const rows = view.schedule.map((one) => {
    const before = Math.floor(one.start_minute * scale);
    const length = Math.max(1, Math.round((one.end_minute - one.start_minute) * scale));
    const line = `${' '.repeat(before)}${bar.repeat(Math.min(length, room - before))}`;
    const times = cell(`${minutes(one.start_minute)}..${minutes(one.end_minute)}`, 16, paint);
    return `${cell(one.task, width, paint)}  ${tint(times, 'dim', paint)}${line}`;
  });
  return [...rows, '', ...summaryLines(view, paint)];
}

export function planFlowchart(plan: Plan): string {
  return planMermaid(plan);
}

function summaryLines(view: PlanView, paint: Paint): readonly string[] {
  const arrow = paint.ascii ? ' > ' : ' → ';
  return [
    cut(
      clean(`critical path ${minutes(view.critical_path_minutes)}: ${view.critical_path.join(arrow)}`, paint),
      paint.columns,
      paint,
    ),
    `${view.tasks.length} tasks on ${view.parallel} slots: ${minutes(view.makespan_minutes)}, not below ${minutes(view.lower_bound_minutes)}`,
  ];
}

/** `20m`, `1h 05m`, `3d 2h`: estimates are never finer than a minute. */
function minutes(value: number): string {
  const whole = Math.round(value);
  if (whole < 60) return `${whole}m`;
  const hours = Math.floor(whole / 60);
  if (hours < 48) return `${hours}h ${String(whole % 60).padStart(2, '0')}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
