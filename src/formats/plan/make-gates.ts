import type { BranchName, GateName, RepoPath } from '../../core/ids.ts';
import { planDefaults } from '../../core/plan/defaults.ts';
import type { GateSpec, MetricSource, MetricSpec } from '../../core/plan/model.ts';
import type { PlanContext } from './context.ts';
import { report } from './context.ts';
import { durationMs, listOf, shareOf } from './quantities.ts';
import type { GateFile, MetricFile } from './schema-gate.ts';

const REPORT_FIELDS = { junit: 'passed', tap: 'passed', lcov: 'lines' } as const;

/** The gates of the plan, or the detected ones when it has none. */
export function makeGates(context: PlanContext): Readonly<Record<string, GateSpec>> {
  const gates = context.file.gates ?? context.detected.gates ?? {};
  return Object.fromEntries(
    Object.entries(gates).map(([name, gate]) => [name, makeGate(context, name, gate)]),
  );
}

/** A branch name as written; `checkPlan` says when git would refuse it. */
export function branchName(text: string): BranchName {
  return text as BranchName;
}

function makeGate(context: PlanContext, name: string, gate: GateFile): GateSpec {
  const given = typeof gate === 'string' ? { run: gate } : gate;
  const severity = given.severity ?? planDefaults.severity.value;
  const metrics = Object.entries(given.metrics ?? {});
  return {
    name: name as GateName,
    run: given.run,
    timeoutMs: given.timeout === undefined ? planDefaults.gateTimeoutMs.value : durationMs(given.timeout),
    retries: given.retries ?? planDefaults.gateRetries.value,
    at: given.at === undefined ? planDefaults.gateAt.value : [...new Set(listOf(given.at))],
    severity,
    lock: given.lock ?? null,
    env: textValues(given.env),
    cwd: repoPathOf(given.cwd),
    metrics: metrics.map(([key, metric]) =>
      makeMetric(context, { path: ['gates', name, 'metrics', key], name: key, metric, severity }),
    ),
  };
}

interface MetricInput {
  readonly path: readonly string[];
  readonly name: string;
  readonly metric: MetricFile;
  readonly severity: GateSpec['severity'];
}

function makeMetric(context: PlanContext, { path, name, metric, severity }: MetricInput): MetricSpec {
  const maxRegression = metric.max_regression === undefined ? null : shareOf(metric.max_regression);
  return {
    name,
    source: makeSource(context, path, metric),
    aggregate: metric.aggregate ?? planDefaults.aggregate.value,
    min: metric.min ?? null,
    max: metric.max ?? null,
    equals: metric.equals ?? null,
    maxRegression,
    better: metric.better ?? planDefaults.better.value,
    baseline: makeBaseline(metric.baseline, maxRegression),
    severity: metric.severity ?? severity,
  };
}

function makeSource(context: PlanContext, path: readonly string[], metric: MetricFile): MetricSource {
  const given = (['regex', 'json', 'report'] as const).filter((key) => metric[key] !== undefined);
  if (given.length !== 1) {
    report(context, given[1] === undefined ? path : [...path, given[1]], {
      code: given.length === 0 ? 'E0204' : 'E0208',
      message: `metric "${path.at(-1)}" of gate "${path[1]}" ${given.length === 0 ? 'reads no value' : `has ${given.join(' and ')}`}`,
      why: 'a metric takes its value from one place',
      fix: given.length === 0 ? "add regex: '(\\d+) passed', json: or report:" : 'keep one of them',
    });
  }
  const file = repoPathOf(metric.file);
  if (metric.json !== undefined) return { kind: 'json', path: metric.json, file };
  if (metric.report !== undefined) {
    return {
      kind: 'report',
      format: metric.report,
      field: metric.field ?? REPORT_FIELDS[metric.report],
      file,
    };
  }
  if (metric.regex !== undefined) checkPattern(context, [...path, 'regex'], metric.regex);
  return { kind: 'regex', pattern: metric.regex ?? '', file };
}

function checkPattern(context: PlanContext, path: readonly string[], pattern: string): void {
  try {
    // An empty alternative always matches, so the number of groups can be read from the result.
    const groups = (new RegExp(`${pattern}|`).exec('')?.length ?? 1) - 1;
    if (groups > 0) return;
    report(context, path, {
      code: 'E0207',
      message: `the pattern ${JSON.stringify(pattern)} has no group`,
      why: 'the value is what its first group matches',
      fix: String.raw`put the number in parentheses: '(\d+) passed'`,
    });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const message = `the pattern ${JSON.stringify(pattern)} is no regular expression`;
    report(context, path, { code: 'E0207', message, why: error.message, fix: null });
  }
}

function makeBaseline(given: MetricFile['baseline'], maxRegression: number | null): MetricSpec['baseline'] {
  if (given === undefined) return maxRegression === null ? null : { kind: 'base' };
  if (given === 'base') return { kind: 'base' };
  if (typeof given === 'number') return { kind: 'value', value: given };
  if (typeof given === 'string') return { kind: 'file', path: given as RepoPath, json: null };
  return { kind: 'file', path: given.file as RepoPath, json: given.json ?? null };
}

/** Environment values as text. */
export function textValues(
  values: Readonly<Record<string, string | number | boolean>> | undefined,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, String(value)]));
}

/** A path that the schema has accepted, without `./` and double separators. */
function repoPathOf(path: string | undefined): RepoPath | null {
  if (path === undefined) return null;
  const clean = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  return clean === '' ? null : (clean as RepoPath);
}
