import type { GateSpec, MetricSpec, Plan } from './model.ts';
import type { PlanProblem } from './problem.ts';

/** Gates that cannot stop anything, and metrics whose thresholds contradict each other or judge nothing. */
export function checkGates(plan: Plan): readonly PlanProblem[] {
  const gates = Object.values(plan.gates);
  const problems = gates.flatMap((gate) => gate.metrics.flatMap((metric) => checkMetric(gate, metric)));
  return [...problems, ...checkBlockers(plan, gates)];
}

function checkBlockers(plan: Plan, gates: readonly GateSpec[]): readonly PlanProblem[] {
  if (plan.tasks.length === 0) return [];
  const blockers = gates.filter((gate) => gate.severity === 'blocker');
  const about = { code: 'E0331', severity: 'warning' as const, place: ['gates'] };
  if (blockers.length === 0) {
    const message = gates.length === 0 ? 'the plan has no gates' : 'every gate of the plan is only a warning';
    const fix = gates.length === 0 ? 'gates: {test: npm test}' : 'remove severity: warning from one of them';
    return [{ ...about, message, why: 'work would land unproven', fix }];
  }
  if (blockers.some((gate) => gate.at.includes('merge'))) return [];
  const message = 'no blocker gate runs on the merged result';
  const why = 'two changes that pass alone can break each other';
  return [{ ...about, message, why, fix: 'give one gate at: [task, merge]' }];
}

function checkMetric(gate: GateSpec, metric: MetricSpec): readonly PlanProblem[] {
  const place = ['gates', gate.name, 'metrics', metric.name];
  const name = `metric "${metric.name}" of gate "${gate.name}"`;
  const problems: PlanProblem[] = [];
  const error = (message: string, field: string, fix: string): void => {
    const at = [...place, field];
    problems.push({
      code: 'E0208',
      severity: 'error',
      message: `${name} ${message}`,
      place: at,
      why: '',
      fix,
    });
  };
  if (metric.min !== null && metric.max !== null && metric.min > metric.max) {
    error(`can never pass: min ${metric.min} is above max ${metric.max}`, 'min', 'swap them');
  }
  if (metric.equals !== null && (metric.min !== null || metric.max !== null)) {
    error('has equals beside min or max', 'equals', 'keep one of them');
  }
  if (metric.baseline !== null && metric.maxRegression === null) {
    error('has a baseline but no max_regression', 'baseline', 'add max_regression: 0%');
  }
  const judges = metric.min ?? metric.max ?? metric.equals ?? metric.maxRegression;
  if (judges === null && problems.length === 0) {
    const message = `${name} has no threshold`;
    const why = 'it is recorded and fails only when it cannot be read';
    problems.push({ code: 'E0335', severity: 'warning', message, place, why, fix: 'add min, max or equals' });
  }
  return problems;
}
