/** Cells of the benchmark and what each strategy made of them. */
import { waitUntil } from '../../src/core/mergequeue/index.ts';
import { quantile, simulate, type SimulationResult } from './simulate.ts';
import { strategyFor, type StrategyName } from './strategies.ts';
import { generateWorkload, type Workload, type WorkloadParams } from './workload.ts';

export interface Cell {
  readonly name: string;
  readonly params: WorkloadParams;
  readonly seeds: number;
}

export interface CellResult {
  readonly makespan: number;
  readonly medianTurnaround: number;
  readonly p95Turnaround: number;
  readonly runsPerChange: number;
  /** Red states, untested landings, wrong ejections, undecided changes and refused proposals, summed over the seeds. */
  readonly faults: readonly [
    red: number,
    untested: number,
    wrong: number,
    undecided: number,
    refused: number,
  ];
}

export type Scores = Readonly<Partial<Record<StrategyName, CellResult>>>;

/** The burst grid: everything arrives at once, equal gates. Times are in gate times. */
export function burstCells(ns: readonly number[], pConflict: number, seedsOf: (n: number) => number): Cell[] {
  return ns.flatMap((n) =>
    [1, 2, 4, 8, 16].flatMap((slots) =>
      [0, 0.05, 0.15, 0.3].map((pFail) => ({
        name: `N=${String(n)} K=${String(slots)} p=${String(pFail)} c=${String(pConflict)}`,
        params: { n, slots, pFail, pConflict, gateCv: 0, ratePerGate: null },
        seeds: seedsOf(n),
      })),
    ),
  );
}

/** Steady arrivals and uneven gates, where grouping has least to give. */
export function otherCells(seeds: number, long: number): Cell[] {
  const poisson = [0.05, 0.15].flatMap((pFail) =>
    [4, 8].flatMap((slots) =>
      [0, 0.5].map((gateCv) => ({
        name: `Poisson 3/gate N=${String(long)} K=${String(slots)} p=${String(pFail)} cv=${String(gateCv)}`,
        params: { n: long, slots, pFail, pConflict: 0.003, gateCv, ratePerGate: 3 },
        seeds,
      })),
    ),
  );
  const uneven = (
    [
      [10, 2, 0.15],
      [10, 4, 0.05],
      [50, 4, 0.1],
      [50, 8, 0.05],
      [50, 8, 0.3],
    ] as const
  ).map(([n, slots, pFail]) => ({
    name: `uneven N=${String(n)} K=${String(slots)} p=${String(pFail)} cv=0.6`,
    params: { n, slots, pFail, pConflict: 0.01, gateCv: 0.6, ratePerGate: null },
    seeds: seeds * 2,
  }));
  return [...poisson, ...uneven];
}

export interface Timing {
  readonly planMs: number[];
  /** As the simulator's; 0 unless given. */
  readonly jitter?: number;
}

export function runCell(
  cell: Cell,
  names: readonly StrategyName[],
  firstSeed: number,
  timing: Timing,
): Scores {
  const workloads = Array.from({ length: cell.seeds }, (_, index) =>
    generateWorkload(cell.params, firstSeed + index),
  );
  return Object.fromEntries(
    names.map((name) => [
      name,
      averageOf(
        workloads.map((workload) => runOne(name, workload, timing)),
        cell.params.n,
      ),
    ]),
  );
}

export function runOne(name: StrategyName, workload: Workload, timing: Timing): SimulationResult {
  return simulate(workload, strategyFor(name, workload), {
    seed: workload.seed,
    ...(timing.jitter === undefined ? {} : { jitter: timing.jitter }),
    ...(name === 'copse' ? { patience: waitUntil } : {}),
    onPlan: (_, plan) => {
      if (name !== 'copse') return plan();
      const before = process.cpuUsage();
      const proposals = plan();
      const spent = process.cpuUsage(before);
      timing.planMs.push((spent.user + spent.system) / 1000);
      return proposals;
    },
  });
}

function averageOf(results: readonly SimulationResult[], n: number): CellResult {
  const mean = (pick: (result: SimulationResult) => number): number =>
    sum(results.map(pick)) / results.length;
  const total = (pick: (result: SimulationResult) => number): number => sum(results.map(pick));
  return {
    makespan: mean((result) => result.makespan) / 60,
    medianTurnaround: mean((result) => result.medianTurnaround) / 60,
    p95Turnaround: mean((result) => result.p95Turnaround) / 60,
    runsPerChange: mean((result) => result.gateRuns) / n,
    faults: [
      total((result) => result.redStates),
      total((result) => result.untestedLandings),
      total((result) => result.wrongEjections),
      total((result) => result.undecided),
      total((result) => result.refusedProposals),
    ],
  };
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export function geomean(values: readonly number[]): number {
  return Math.exp(sum(values.map((value) => Math.log(value))) / Math.max(1, values.length));
}

export { quantile };
