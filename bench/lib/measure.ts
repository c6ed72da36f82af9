/** What every bench needs: medians of repeated runs, ratios, and one line of JSON at the end. */

export interface Metric {
  readonly median: number;
  readonly unit: 'ms' | 'bytes' | 'per_second' | 'ratio' | 'percent' | 'count';
  readonly samples: number;
  readonly p95?: number;
  /** What the figure is compared with, and the quotient. */
  readonly baseline?: number;
  readonly ratio?: number;
  /** The goal the project has set itself, and whether it is met. */
  readonly goal?: { readonly max?: number; readonly min?: number; readonly met: boolean };
  readonly note?: string;
}

/** Milliseconds of each of `count` runs of `work`, after `warmups` that are not counted. */
export async function timeRuns(
  count: number,
  work: (index: number) => Promise<void> | void,
  warmups = 1,
): Promise<number[]> {
  const samples: number[] = [];
  for (let index = -warmups; index < count; index++) {
    const started = performance.now();
    await work(index);
    if (index >= 0) samples.push(performance.now() - started);
  }
  return samples;
}

/** The value below which `fraction` of `samples` lie; NaN for none. */
export function quantile(samples: readonly number[], fraction: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const position = (sorted.length - 1) * fraction;
  const low = sorted[Math.floor(position)] ?? Number.NaN;
  const high = sorted[Math.ceil(position)] ?? Number.NaN;
  return low + (high - low) * (position - Math.floor(position));
}

/** A metric from samples; `goal` is judged on the ratio when there is a baseline, else on the median. */
export function metric(
  samples: readonly number[],
  unit: Metric['unit'],
  options: { baseline?: readonly number[]; goal?: { max?: number; min?: number }; note?: string } = {},
): Metric {
  const median = quantile(samples, 0.5);
  const baseline = options.baseline === undefined ? undefined : quantile(options.baseline, 0.5);
  const ratio = baseline === undefined ? undefined : median / baseline;
  const judged = ratio ?? median;
  const { goal } = options;
  return {
    median: round(median),
    unit,
    samples: samples.length,
    p95: round(quantile(samples, 0.95)),
    ...(baseline === undefined ? {} : { baseline: round(baseline) }),
    ...(ratio === undefined ? {} : { ratio: round(ratio) }),
    ...(goal === undefined
      ? {}
      : { goal: { ...goal, met: judged <= (goal.max ?? Infinity) && judged >= (goal.min ?? -Infinity) } }),
    ...(options.note === undefined ? {} : { note: options.note }),
  };
}

/** The one line `npm run bench` reads. */
export function publish(metrics: Readonly<Record<string, Metric>>): void {
  process.stdout.write(`${JSON.stringify(metrics)}\n`);
}

function round(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(5)) : value;
}
