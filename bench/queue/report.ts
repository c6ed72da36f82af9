/** What the cells say together: ratios to the oracle and to the best rival, the faults, the planning time. */
import { geomean, quantile, type CellResult, type Scores } from './grid.ts';
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
  /** CPU time of each call of our planner on the machine at hand. */
  readonly planMs: {
    readonly median: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
    readonly calls: number;
  };
}

interface SummaryRow {
  readonly cells: string;
  readonly strategy: StrategyName;
  readonly makespanOverOracle: number;
  readonly makespanOverSubmitQueue: number;
  readonly medianOverOracle: number;
  readonly medianOverSubmitQueue: number;
  readonly p95OverOracle: number;
  readonly runsPerChange: number;
}

export function reportOf(
  entries: readonly {
    readonly cell: { readonly name: string; readonly seeds: number };
    readonly scores: Scores;
  }[],
  planMs: readonly number[],
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
      median: quantile(planMs, 0.5),
      p95: quantile(planMs, 0.95),
      p99: quantile(planMs, 0.99),
      max: Math.max(0, ...planMs),
      calls: planMs.length,
    },
  };
}

/** One report of reports over the same seeds: cells of one name are joined, planning times are those of the one with most calls. */
export function mergeReports(reports: readonly Report[]): Report {
  const cells = new Map<string, { cell: { name: string; seeds: number }; scores: Scores }>();
  for (const { name, seeds, scores } of reports.flatMap((report) => report.cells)) {
    const known = cells.get(name);
    if (known !== undefined && known.cell.seeds !== seeds)
      throw new Error(
        `${name}: ${String(known.cell.seeds)} workloads in one report, ${String(seeds)} in another`,
      );
    cells.set(name, { cell: { name, seeds }, scores: { ...known?.scores, ...scores } });
  }
  const timed = reports.toSorted((a, b) => b.planMs.calls - a.planMs.calls)[0];
  const merged = reportOf([...cells.values()], []);
  return timed === undefined ? merged : { ...merged, planMs: timed.planMs };
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
        p95OverOracle: over('oracle-1', (result) => result.p95Turnaround),
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
  const { median, p95, p99, max, calls } = report.planMs;
  const times = [median, p95, p99, max].map((value) => value.toFixed(1)).join(', ');
  return [
    '',
    summaryTableOf(report),
    '',
    cellTableOf(report),
    '',
    rivalTableOf(report),
    '',
    `planning, CPU ms of ${String(calls)} calls: median, P95, P99, max ${times}`,
    `faults: ${faultsLine(report)}`,
    '',
  ].join('\n');
}

export function summaryTableOf(report: Report): string {
  return table(
    [
      'cells',
      'strategy',
      'makespan / oracle',
      '/ submitqueue',
      'median / oracle',
      '/ submitqueue',
      'P95 / oracle',
      'runs per change',
    ],
    report.summary.map((row) => [
      row.cells,
      row.strategy,
      ...[
        row.makespanOverOracle,
        row.makespanOverSubmitQueue,
        row.medianOverOracle,
        row.medianOverSubmitQueue,
        row.p95OverOracle,
        row.runsPerChange,
      ].map((value) => value.toFixed(3)),
    ]),
  );
}

export function cellTableOf(report: Report): string {
  return table(
    [
      'cell',
      'workloads',
      ...allStrategies.filter((name) => name !== 'oracle-1'),
      'our median',
      'our P95',
      'our runs per change',
    ],
    report.cells.map(({ name, seeds, scores }) => [
      name,
      String(seeds),
      ...allStrategies.flatMap((strategy) => {
        const [result, oracle] = [scores[strategy], scores['oracle-1']];
        if (strategy === 'oracle-1') return [];
        return [
          result === undefined || oracle === undefined ? '' : (result.makespan / oracle.makespan).toFixed(2),
        ];
      }),
      ...(scores.copse === undefined
        ? ['', '', '']
        : [
            scores.copse.medianTurnaround.toFixed(2),
            scores.copse.p95Turnaround.toFixed(2),
            scores.copse.runsPerChange.toFixed(2),
          ]),
    ]),
  );
}

const WORST_SHOWN = 16;

/** The cells in which ours is furthest behind (or least ahead of) the best other queue. */
export function rivalTableOf(report: Report): string {
  return table(
    ['cell', 'makespan', 'median', 'P95', 'fastest other'],
    report.overBestRival
      .slice(0, WORST_SHOWN)
      .map((row) => [
        row.name,
        row.makespan.toFixed(3),
        row.median.toFixed(3),
        row.p95.toFixed(3),
        row.rival,
      ]),
  );
}

export function faultsLine(report: Report): string {
  return report.faults.length === 0
    ? 'no red state, no untested landing, no wrong ejection, nothing undecided, no refused proposal.'
    : report.faults.join('; ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
