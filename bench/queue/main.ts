/**
 * `npm run bench:queue -- [FILE...] [--full] [--seeds 12,4,1] [--seed N] [--strategy a,b] [--cell TEXT] [--jitter PART] [--json]
 * [--merge [--page]]`
 *
 * FILE is a workload (`mergesim-workload/1`): every strategy runs it once. Without a file the seeded grid is run: N = 10 and
 * 50, with `--full` also 200 and longer streams. `--seeds` gives the workloads per cell for N = 10, 50, 200. `--jitter 0.05`:
 * each run takes up to 5 % longer than its gates' time. With `--merge`
 * the files are reports written by `--json` (of other strategies or other cells) and are put together into one report;
 * `--page` also writes its figures and its plot into `docs/design`.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { burstCells, otherCells, runCell, runOne, type Cell, type Scores, type Timing } from './grid.ts';
import { writePage } from './page.ts';
import { mergeReports, reportOf, tableOf, type Report } from './report.ts';
import { allStrategies, type StrategyName } from './strategies.ts';
import { parseWorkload } from './workload.ts';

/** Prints the report; 1 when a run broke an invariant. */
export async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      full: { type: 'boolean' },
      merge: { type: 'boolean' },
      page: { type: 'boolean' },
      workload: { type: 'string' },
      json: { type: 'boolean' },
      seed: { type: 'string', default: '900000' },
      strategy: { type: 'string' },
      cell: { type: 'string' },
      seeds: { type: 'string' },
      jitter: { type: 'string' },
    },
  });
  const names = (values.strategy?.split(',') as StrategyName[] | undefined) ?? allStrategies;
  const files = values.workload === undefined ? positionals : [values.workload, ...positionals];
  if (values.merge === true) {
    const reports = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
    const report = mergeReports(reports);
    if (values.page === true) writePage(report, 'docs/design');
    return printReport(report, values.json === true);
  }
  if (files.length > 0) return runFiles(files, names);
  const timing: Timing = {
    planMs: [],
    ...(values.jitter === undefined ? {} : { jitter: Number(values.jitter) }),
  };
  const scores: { cell: Cell; scores: Scores }[] = [];
  for (const cell of cellsFor(values.full === true, values.seeds)) {
    if (!cell.name.includes(values.cell ?? '')) continue;
    scores.push({ cell, scores: runCell(cell, names, Number(values.seed), timing) });
    process.stderr.write('.');
  }
  return printReport(reportOf(scores, timing.planMs), values.json === true);
}

function printReport(report: Report, asJson: boolean): number {
  print(asJson ? `${JSON.stringify(report, null, 1)}\n` : tableOf(report));
  return report.faults.length > 0 ? 1 : 0;
}

function runFiles(files: readonly string[], names: readonly StrategyName[]): number {
  let faults = 0;
  for (const file of files) {
    const workload = parseWorkload(readFileSync(file, 'utf8'));
    const results = Object.fromEntries(
      names.map((name) => [name, runOne(name, workload, { planMs: [] })] as const),
    );
    const { name, slots } = workload;
    print(
      `${JSON.stringify({ schema: 'copse.bench-queue-workload/1', workload: name, slots, results }, null, 1)}\n`,
    );
    for (const result of Object.values(results))
      faults += result.redStates + result.untestedLandings + result.wrongEjections + result.undecided;
  }
  return faults > 0 ? 1 : 0;
}

/** `counts`: workloads per cell for N = 10, 50 and 200, the last one also for streams. */
function cellsFor(isFull: boolean, counts: string | undefined): Cell[] {
  const usual = isFull ? [60, 20, 6] : [12, 4, 1];
  const given = counts?.split(',').map(Number) ?? [];
  const [small = 1, middle = 1, large = 1] = usual.map(
    (count, index) => given[index] ?? given.at(-1) ?? count,
  );
  const seedsOf = (n: number): number => (n <= 10 ? small : n <= 50 ? middle : large);
  return [
    ...burstCells(isFull ? [10, 50, 200] : [10, 50], 0.01, seedsOf),
    ...burstCells([50], 0.05, () => Math.ceil(middle / 2)),
    ...otherCells(isFull ? Math.max(2, large) : 2, isFull ? 200 : 60),
  ];
}

function print(text: string): void {
  process.stdout.write(text);
}
