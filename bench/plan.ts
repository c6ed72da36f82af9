/**
 * `plan check` without the process around it: text to checked plan, three sizes; then forecast, edit and refusals.
 * Goals: 10,000 tasks in less than 500 ms, 10 MB and depth bombs refused in less than 100 ms.
 */
import { forecastPlan } from '../src/core/forecast/schedule.ts';
import { setTaskField } from '../src/formats/plan/edit.ts';
import { parsePlan } from '../src/formats/plan/parse.ts';

interface Metric {
  readonly median: number;
  readonly unit: 'ms';
  readonly samples: number;
  /** Processor time of the same runs: on a busy machine it says what the clock cannot. */
  readonly cpu_median: number;
  readonly goal?: { readonly max: number; readonly met: boolean };
}

const results: Record<string, Metric> = {};

function measure(name: string, samples: number, work: () => unknown, max?: number): void {
  const times: number[] = [];
  const cpu: number[] = [];
  for (let run = -1; run < samples; run += 1) {
    const before = process.cpuUsage();
    const start = performance.now();
    work();
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    if (run < 0) continue;
    times.push(elapsed);
    cpu.push((user + system) / 1_000);
  }
  const median = middle(times);
  results[name] = {
    median,
    unit: 'ms',
    samples,
    cpu_median: middle(cpu),
    ...(max === undefined ? {} : { goal: { max, met: median <= max } }),
  };
}

function middle(values: readonly number[]): number {
  const value = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return Math.round(value * 100) / 100;
}

function planText(size: number): string {
  const lines = ['version: 1', 'gates: {test: npm test}', 'agents: {mine: "agent {prompt}"}', 'tasks:'];
  for (let index = 0; index < size; index += 1) {
    const needs = index < 2 ? '' : `\n    needs: [t${index - 1 - (index % 7)}, t${Math.floor(index / 2)}]`;
    lines.push(
      `  t${index}:\n    prompt: Do thing number ${index}\n    scope: "src/m${index % 400}/**"\n    estimate: ${(index % 5) + 1}h${index % 7 === 0 ? '' : needs.replace(/t-?\d+, /, '')}`,
    );
  }
  return `${lines.join('\n')}\n`;
}

for (const [size, samples] of [
  [100, 31],
  [1_000, 15],
  [10_000, 9],
] as const) {
  const text = planText(size);
  const { plan, problems } = parsePlan(text, { file: 'copse.yaml' });
  if (plan === null) throw new Error(JSON.stringify(problems[0]));
  measure(
    `check_${size}`,
    samples,
    () => parsePlan(text, { file: 'copse.yaml' }),
    size === 10_000 ? 500 : undefined,
  );
  measure(`forecast_${size}_8_slots`, Math.min(samples, 5), () => forecastPlan(plan, 8));
  const change = { field: 'priority', value: 'high' } as const;
  measure(`edit_${size}`, Math.min(samples, 5), () => setTaskField(text, `t${size - 1}`, change));
}

const bombs: Readonly<Record<string, string>> = {
  '10_mb': 'tasks:\n' + '  - x\n'.repeat(1_750_000),
  flow_depth: `tasks: ${'['.repeat(3_900_000)}`,
  flow_map_depth: `tasks: ${'{a: '.repeat(900_000)}`,
  block_depth: Array.from({ length: 2_800 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'),
  dash_depth: `tasks:\n  ${'- '.repeat(1_900_000)}`,
  aliases: `a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\ntasks: [x]\n`,
  '100000_tasks': `tasks:\n${'  - x\n'.repeat(100_000)}`,
};
for (const [name, text] of Object.entries(bombs)) {
  measure(`refuse_${name}`, 9, () => parsePlan(text, { file: 'copse.yaml' }), 100);
}
process.stdout.write(`${JSON.stringify(results)}\n`);
