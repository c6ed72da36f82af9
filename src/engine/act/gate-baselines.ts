/** The numbers a gate's metrics are compared with: given, read from a file on the target, or measured on the base. */
import { assertNever } from '../../kit/assert.ts';
import type { TreeId } from '../../core/ids.ts';
import type { GateResult } from '../../core/gates/model.ts';
import type { GateSpec, MetricSpec } from '../../core/plan/model.ts';
import type { ActContext } from '../deps.ts';
import type { Baselines } from './gate-digests.ts';

/** `measureBase` runs the gate on the merge base; asked only when some metric needs it; null when cancelled. */
export async function baselinesOf(
  gate: GateSpec,
  context: ActContext,
  measureBase: () => Promise<GateResult | null>,
): Promise<Baselines | null> {
  const needsBase = gate.metrics.some((metric) => metric.baseline?.kind === 'base');
  const base = needsBase ? await measureBase() : null;
  if (needsBase && base === null) return null;
  const entries = await Promise.all(
    gate.metrics.map(async (metric) => [metric.name, await baselineOf(metric, base, context)] as const),
  );
  return Object.fromEntries(entries);
}

async function baselineOf(
  metric: MetricSpec,
  base: GateResult | null,
  context: ActContext,
): Promise<number | null> {
  const { baseline } = metric;
  if (baseline === null) return null;
  switch (baseline.kind) {
    case 'value':
      return baseline.value;
    case 'base':
      return base?.metrics.find((result) => result.name === metric.name)?.value ?? null;
    case 'file': {
      const text = await context.deps.git.readFile(context.state.queue.tip, baseline.path);
      if (text === null) return null;
      const source =
        baseline.json === null
          ? ({ kind: 'regex', pattern: String.raw`(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)`, file: null } as const)
          : ({ kind: 'json', path: baseline.json, file: null } as const);
      const read = await context.deps.metrics(source, {
        output: text,
        checkout: context.deps.paths.repository,
      });
      return read.kind === 'values' ? (read.values[0] ?? null) : null;
    }
    default:
      return assertNever(baseline);
  }
}

/** The tree that stands for a subject's base; kept apart from results that count. */
export function baseKey(tree: TreeId, gateDigest: string, environmentDigest: string): string {
  return `base|${tree}|${gateDigest}|${environmentDigest}`;
}
