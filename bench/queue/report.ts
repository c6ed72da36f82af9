/** What the cells say together: ratios to the oracle and to the best rival, the faults, the planning time. */
import { geomean, quantile, type Cell, type CellResult, type Scores, type Timing } from './grid.ts';
import { allStrategies, rivals, type StrategyName } from './strategies.ts';

export interface Report {
  readonly schema: 'copse.bench-queue/1';
  readonly cells: readonly { readonly name: string; readonly seeds: number; readonly scores: Scores }[];
  readonly summary: readonly SummaryRow[];
  /** Ours over the best rival of the cell, the worst cells first. */
  readonly overBestRival: readonly {
    readonly name: string;
    readonly makespan: number;
    readonly median: number;
    readonly p95: number;
    readonly rival: string;
  }[];
  readonly faults: readonly string[];
  readonly planMs: {
    readonly median: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
}

interface SummaryRow {
  readonly cells: string;
  readonly strategy: StrategyName;
  readonly makespanOverOracle: number;
  readonly makespanOverSubmitQueue: number;
  readonly medianOverOracle: number;
  readonly medianOverSubmitQueue: number;
  readonly runsPerChange: number;
}

export function reportOf(
  entries: readonly { readonly cell: Cell; readonly scores: Scores }[],
  timing: Timing,
): Report {
  const groups: readonly (readonly [string, (name: string) => boolean])[] = [
    ['burst N=10,50 c=0.01', (name) => /^N=(10|50) .*c=0\.01$/.test(name)],
    ['burst N=10,50,200 c=0.01', (name) => /^N=.*c=0\.01$/.test(name)],
    ['burst c=0.05', (name) => /^N=.*c=0\.05$/.test(name)],
    ['Poisson', (name) => name.startsWith('Poisson')],
    ['uneven', (name) => name.startsWith('uneven')],
    ...[1, 2, 4, 8, 16].map((k): [string, (name: string) => boolean] => [
      `burst K=${String(k)}`,
      (name) => name.startsWith('N=') && name.includes(`K=${String(k)} `) && name.endsWith('c=0.01'),
    ]),
  ];
  return {
    schema: 'copse.bench-queue/1',
    cells: entries.map(({ cell, scores }) => ({ name: cell.name, seeds: cell.seeds, scores })),
    summary: groups.flatMap(([cells, isIn]) =>
      summaryOf(
        cells,
        entries.filter(({ cell }) => isIn(cell.name)).map(({ scores }) => scores),
      ),
    ),
    overBestRival: entries
      .flatMap(({ cell, scores }) => overBest(cell.name, scores))
      .toSorted((a, b) => b.makespan - a.makespan),
    faults: entries.flatMap(({ cell, scores }) => faultsOf(cell.name, scores)),
    planMs: {
      median: quantile(timing.planMs, 0.5),
      p95: quantile(timing.planMs, 0.95),
      p99: quantile(timing.planMs, 0.99),
      max: Math.max(0, ...timing.planMs),
    },
  };
}

function summaryOf(cells: string, scores: readonly Scores[]): SummaryRow[] {
  return allStrategies.flatMap((strategy) => {
    const over = (yardstick: StrategyName, pick: (result: CellResult) => number): number =>
      geomean(
        scores.flatMap((row) => {
          const mine = row[strategy];
          const other = row[yardstick];
          return mine === undefined || other === undefined ? [] : [pick(mine) / pick(other)];
        }),
      );
    const runs = scores.flatMap((row) => row[strategy]?.runsPerChange ?? []);
    if (runs.length === 0) return [];
    return [
      {
        cells,
        strategy,
        makespanOverOracle: over('oracle-1', (result) => result.makespan),
        makespanOverSubmitQueue: over('submitqueue', (result) => result.makespan),
        medianOverOracle: over('oracle-1', (result) => result.medianTurnaround),
        medianOverSubmitQueue: over('submitqueue', (result) => result.medianTurnaround),
        runsPerChange: geomean(runs),
      },
    ];
  });
}

function overBest(name: string, scores: Scores): Report['overBestRival'][number][] {
  const ours = scores.copse;
  if (ours === undefined) return [];
  const others = rivals.flatMap((rival) => {
    const result = scores[rival];
    return result === undefined ? [] : [{ rival, result }];
  });
  if (others.length === 0) return [];
  const best = (pick: (result: CellResult) => number): number =>
    Math.min(...others.map(({ result }) => pick(result)));
  const fastest = others.toSorted((a, b) => a.result.makespan - b.result.makespan)[0];
  return [
    {
      name,
      makespan: ours.makespan / best((result) => result.makespan),
      median: ours.medianTurnaround / best((result) => result.medianTurnaround),
      p95: ours.p95Turnaround / best((result) => result.p95Turnaround),
      rival: fastest?.rival ?? '',
    },
  ];
}

function faultsOf(name: string, scores: Scores): string[] {
  const words = ['red states', 'untested landings', 'wrong ejections', 'undecided', 'refused proposals'];
  return Object.entries(scores).flatMap(([strategy, result]) =>
    result.faults.flatMap((count, index) =>
      count > 0 ? [`${name} ${strategy}: ${String(count)} ${words[index] ?? ''}`] : [],
    ),
  );
}

export function tableOf(report: Report): string {
  const lines = [
    '',
    '| cells | strategy | makespan / oracle | / submitqueue | median / oracle | / submitqueue | runs per change |',
    '|---|---|---|---|---|---|---|',
  ];
  for (const row of report.summary) {
    const numbers = [
      row.makespanOverOracle,
      row.makespanOverSubmitQueue,
      row.medianOverOracle,
      row.medianOverSubmitQueue,
      row.runsPerChange,
    ];
    lines.push(
      `| ${row.cells} | ${row.strategy} | ${numbers.map((value) => value.toFixed(3)).join(' | ')} |`,
    );
  }
  lines.push('', 'ours over the best rival (makespan / median / P95), worst first:');
  for (const row of report.overBestRival.slice(0, 16)) {
    lines.push(
      `  ${row.name}: ${row.makespan.toFixed(3)} / ${row.median.toFixed(3)} / ${row.p95.toFixed(3)} (${row.rival})`,
    );
  }
  const { median, p95, p99, max } = report.planMs;
  lines.push(
    '',
    `planning ms: median ${median.toFixed(1)}, P95 ${p95.toFixed(1)}, P99 ${p99.toFixed(1)}, max ${max.toFixed(1)}`,
  );
  lines.push(report.faults.length === 0 ? 'faults: none' : `faults:\n  ${report.faults.join('\n  ')}`, '');
  return lines.join('\n');
}
