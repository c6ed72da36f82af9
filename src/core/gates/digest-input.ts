import { canonicalJson } from '../../kit/canonical-json.ts';
import type { GateSpec, MetricSpec } from '../plan/model.ts';

/** Raised when the same gate definition is to be judged by other rules. */
const RULES_VERSION = 1;

/**
 * Everything of a gate's definition that its result depends on, as one canonical text for the caller to hash. Two gates
 * with equal texts have equal results on equal trees; names, stages, locks and the order of metrics and variables do not
 * change it. `baselines` are the numbers the metrics are compared with (by metric name): the same tree may pass against
 * one and fail against another.
 */
export function gateDigestInput(spec: GateSpec, baselines: Readonly<Record<string, number | null>>): string {
  const { run, timeoutMs, retries, severity, env, cwd, metrics, ...scheduling } = spec;
  // A field added to GateSpec does not compile here until someone decides on which side it belongs.
  const classified: Pick<GateSpec, 'name' | 'at' | 'lock'> &
    Record<Exclude<keyof typeof scheduling, 'name' | 'at' | 'lock'>, never> = scheduling;
  void classified;
  return canonicalJson({
    rules: RULES_VERSION,
    run,
    timeout_ms: timeoutMs,
    retries,
    severity,
    env,
    cwd,
    metrics: metrics
      .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
      .map((metric) => metricInput(metric, baselines[metric.name] ?? null)),
  });
}

function metricInput(metric: MetricSpec, baseline: number | null): unknown {
  return { ...metric, compared_with: metric.maxRegression === null ? null : baseline };
}
