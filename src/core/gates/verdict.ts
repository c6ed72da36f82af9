/**
 * What a gate's run means. Nothing here knows how the readings were made. Rules:
 * a gate that could not run, timed out, left by a signal or with a code other than 0, or changed tracked files has
 * failed, whatever its metrics say; a metric that cannot be read has failed; severity `warning` turns a failure of that
 * metric, or of the whole gate, into a warning.
 */
import type { GateSpec, MetricSpec } from '../plan/model.ts';
import { aggregate, formatNumber } from './measure.ts';
import type { GateResult, MetricResult } from './model.ts';

export interface MetricReading {
  readonly name: string;
  /** In order of appearance; NaN stands for a match that is no number (only `count` can use it). */
  readonly values: readonly number[];
  /** Why it could not be read (file missing, report malformed); null when `values` is the answer, if empty too. */
  readonly problem: string | null;
  /** null when there is none or it could not be measured. */
  readonly baseline: number | null;
}

export interface GateReadings {
  /** Why the command was never started: `checkout failed`, `sh not found`. Then the rest means nothing. */
  readonly couldNotRun: string | null;
  readonly exit: GateResult['exit'];
  readonly timedOut: boolean;
  /** Tracked files the command changed in its checkout. */
  readonly changedPaths: readonly string[];
  readonly metrics: readonly MetricReading[];
}

export interface Judgement extends Pick<GateResult, 'verdict' | 'reason' | 'metrics'> {
  /** Failed before the gate's own severity was applied; a red result may be tried again. */
  readonly isRed: boolean;
}

/** Failures named in `reason` before it says how many more there are. */
const REASONS_NAMED = 3;
const PATHS_NAMED = 3;

/** Metrics come in the order of the spec, one for each, read or not. */
export function judgeGate(spec: GateSpec, readings: GateReadings): Judgement {
  const ranToEnd = readings.couldNotRun === null && !readings.timedOut;
  const metrics = spec.metrics.map((metric) =>
    judgeMetric(
      metric,
      ranToEnd ? readings.metrics.find((reading) => reading.name === metric.name) : undefined,
    ),
  );
  const runFailures = failuresOfRun(spec, readings);
  // Unmeasured metrics of a gate that did not run to its end repeat what the first failure says.
  const failures = [...runFailures, ...(ranToEnd ? detailsOf(metrics, 'fail') : [])];
  const isRed = failures.length > 0 || metrics.some((metric) => metric.status === 'fail');
  const warnings = detailsOf(metrics, 'warn');
  if (isRed) {
    const reason = sentence(failures.length > 0 ? failures : detailsOf(metrics, 'fail'));
    return { verdict: spec.severity === 'warning' ? 'warn' : 'fail', reason, metrics, isRed };
  }
  if (warnings.length > 0) return { verdict: 'warn', reason: sentence(warnings), metrics, isRed };
  const passes = detailsOf(metrics, 'pass');
  return { verdict: 'pass', reason: passes.length > 0 ? sentence(passes) : 'exit code 0', metrics, isRed };
}

/** A missing reading, an unreadable one and an unknown baseline where one is needed are failures. */
export function judgeMetric(spec: MetricSpec, reading: MetricReading | undefined): MetricResult {
  const failed = spec.severity === 'warning' ? 'warn' : 'fail';
  const baseline = finiteOrNull(reading?.baseline ?? null);
  const unread = (problem: string): MetricResult => ({
    name: spec.name,
    value: null,
    baseline,
    status: failed,
    detail: `${spec.name} could not be read: ${problem}`,
  });
  if (reading === undefined) return unread('not measured');
  if (reading.problem !== null) return unread(reading.problem);
  const measured = aggregate(reading.values, spec.aggregate);
  if (!measured.ok) return unread(measured.error);
  const { value } = measured;
  const broken = [...brokenBounds(spec, value), ...brokenRegression(spec, value, baseline)];
  const needs = broken.length > 0 ? `, needs ${broken.join(' and ')}` : '';
  const detail = `${formatNumber(value)} ${spec.name}${needs}`;
  return { name: spec.name, value, baseline, status: broken.length > 0 ? failed : 'pass', detail };
}

/** Whether a try that ended red is followed by another. */
export function shouldRetry(spec: GateSpec, tries: readonly Judgement[]): boolean {
  return tries.length > 0 && tries.length <= spec.retries && tries.at(-1)?.isRed === true;
}

/** One judgement of all tries, in order: the first that is not red, else the last; flaky when both kinds occurred. */
export function foldTries(
  tries: readonly [Judgement, ...Judgement[]],
): Judgement & { readonly flaky: boolean } {
  const green = tries.find((one) => !one.isRed);
  const red = tries.find((one) => one.isRed);
  if (green === undefined) {
    const last = tries.at(-1) ?? tries[0];
    const reason = tries.length > 1 ? `${last.reason} (${tries.length} tries)` : last.reason;
    return { ...last, reason, flaky: false };
  }
  if (red === undefined) return { ...green, flaky: false };
  const reason = `flaky: passed on try ${tries.indexOf(green) + 1}, before that ${red.reason}`;
  return { ...green, reason, flaky: true };
}

function failuresOfRun(spec: GateSpec, readings: GateReadings): readonly string[] {
  if (readings.couldNotRun !== null) return [`could not run: ${readings.couldNotRun}`];
  if (readings.timedOut) return [`timed out after ${formatNumber(spec.timeoutMs / 1_000)} s`];
  const failures: string[] = [];
  const { code, signal } = readings.exit;
  if (signal !== null) failures.push(`ended by ${signal}`);
  else if (code === null) failures.push('ended without an exit code');
  else if (code !== 0) failures.push(`exit code ${code}`);
  if (readings.changedPaths.length > 0)
    failures.push(`changed tracked files: ${named(readings.changedPaths)}`);
  return failures;
}

function brokenBounds(spec: MetricSpec, value: number): readonly string[] {
  const broken: string[] = [];
  if (spec.min !== null && !(value >= spec.min)) broken.push(`at least ${formatNumber(spec.min)}`);
  if (spec.max !== null && !(value <= spec.max)) broken.push(`at most ${formatNumber(spec.max)}`);
  if (spec.equals !== null && value !== spec.equals) broken.push(`exactly ${formatNumber(spec.equals)}`);
  return broken;
}

function brokenRegression(spec: MetricSpec, value: number, baseline: number | null): readonly string[] {
  if (spec.maxRegression === null) return [];
  if (baseline === null) return ['a baseline to compare with, but there is none'];
  const room = Math.abs(baseline) * spec.maxRegression;
  // The limit is computed, so a value exactly on it may be off by a rounding error.
  const slack = room === 0 ? 0 : 4 * Number.EPSILON * (Math.abs(baseline) + room);
  const against = `baseline ${formatNumber(baseline)}, allowed ${formatNumber(spec.maxRegression * 100)} % worse`;
  if (spec.better === 'higher') {
    return value >= baseline - room - slack ? [] : [`at least ${formatNumber(baseline - room)} (${against})`];
  }
  return value <= baseline + room + slack ? [] : [`at most ${formatNumber(baseline + room)} (${against})`];
}

function detailsOf(metrics: readonly MetricResult[], status: MetricResult['status']): readonly string[] {
  return metrics.filter((metric) => metric.status === status).map((metric) => metric.detail);
}

function sentence(parts: readonly string[]): string {
  const more = parts.length - REASONS_NAMED;
  return parts.slice(0, REASONS_NAMED).join('; ') + (more > 0 ? `; and ${more} more` : '');
}

function named(paths: readonly string[]): string {
  const more = paths.length - PATHS_NAMED;
  return paths.slice(0, PATHS_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
