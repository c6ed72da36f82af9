/** `npm run bench:queue -- [--quick|--full] [--workload FILE] [--json] [--seed N] [--strategy a,b] [--cell TEXT]` */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { burstCells, otherCells, runCell, runOne, type Cell, type Scores, type Timing } from './grid.ts';
import { reportOf, tableOf } from './report.ts';
import { allStrategies, type StrategyName } from './strategies.ts';
import { parseWorkload } from './workload.ts';

/** Prints the report; 1 when a run broke an invariant. */
export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean' },
      full: { type: 'boolean' },
      workload: { type: 'string' },
      json: { type: 'boolean' },
      seed: { type: 'string', default: '900000' },
      strategy: { type: 'string' },
      cell: { type: 'string' },
      seeds: { type: 'string' },
    },
  });
  const names = (values.strategy?.split(',') as StrategyName[] | undefined) ?? allStrategies;
  const timing: Timing = { planMs: [] };
  if (values.workload !== undefined) {
    const workload = parseWorkload(readFileSync(values.workload, 'utf8'));
    const results = Object.fromEntries(names.map((name) => [name, runOne(name, workload, timing)]));
    print(
      `${JSON.stringify({ schema: 'copse.bench-queue-workload/1', workload: workload.name, slots: workload.slots, results }, null, 1)}\n`,
    );
    return Object.values(results).some(
      (result) => result.redStates + result.untestedLandings + result.wrongEjections > 0,
    )
      ? 1
      : 0;
  }
  const cells = cellsFor(values.full === true, Number(values.seeds ?? 0)).filter((cell) =>
    cell.name.includes(values.cell ?? ''),
  );
  const scores: { cell: Cell; scores: Scores }[] = [];
  for (const cell of cells) {
    scores.push({ cell, scores: runCell(cell, names, Number(values.seed), timing) });
    if (values.json !== true) process.stderr.write('.');
  }
  const report = reportOf(scores, timing);
  print(values.json === true ? `${JSON.stringify(report, null, 1)}\n` : tableOf(report));
  return report.faults.length > 0 ? 1 : 0;
}

function cellsFor(isFull: boolean, seeds: number): Cell[] {
  const seedsOf = (n: number): number => {
    const usual = isFull ? { 10: 60, 50: 20, 200: 6 } : { 10: 12, 50: 4, 200: 1 };
    return seeds > 0 ? seeds : (usual[n as 10 | 50 | 200] ?? 1);
  };
  const ns = isFull ? [10, 50, 200] : [10, 50];
  return [
    ...burstCells(ns, 0.01, seedsOf),
    ...(isFull ? burstCells([10, 50], 0.05, seedsOf) : burstCells([50], 0.05, () => 2)),
    ...otherCells(seeds > 0 ? seeds : isFull ? 10 : 2, isFull ? 200 : 60),
  ];
}

function print(text: string): void {
  process.stdout.write(text);
}
