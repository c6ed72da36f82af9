/**
 * How often things are red: p for a change alone, c for a pair with overlapping scopes, l for any other pair. Each world
 * has its own rates, drawn from a small grid given what that world takes for broken; counts from earlier queues of the
 * project narrow the grid from the first build on.
 */
import type { Prng } from '../prng.ts';

export interface Rates {
  /** Hazards, -ln(1 - rate): sums of them make probabilities of sets. */
  readonly single: number;
  readonly pair: number;
  readonly other: number;
}

export interface RateCounts {
  readonly bad: number;
  readonly good: number;
  readonly conflicting: number;
  readonly compatible: number;
  readonly otherConflicting: number;
  readonly otherCompatible: number;
}

const SINGLE_GRID = [0.002, 0.01, 0.025, 0.05, 0.09, 0.14, 0.2, 0.28, 0.38, 0.5];
const SINGLE_PRIOR = [0.36, 0.055, 0.055, 0.075, 0.095, 0.115, 0.095, 0.085, 0.045, 0.02];
const PAIR_GRID = [0.0005, 0.002, 0.005, 0.01, 0.02, 0.05];
const PAIR_PRIOR = [0.1, 0.2, 0.25, 0.25, 0.15, 0.05];

export type RateSampler = (
  extra: { readonly bad: number; readonly pairs: number; readonly others: number },
  random: Prng,
) => Rates;

/**
 * Draws rates given the sure counts and what a world adds to them. `inReds` are the undecided singles of red trees: of
 * them those a world does not call bad count as good.
 */
export function rateSampler(sure: RateCounts, inReds: number): RateSampler {
  const singles = new Map<number, readonly number[]>();
  const pairs = new Map<number, readonly number[]>();
  return ({ bad, pairs: active, others }, random) => {
    const good = sure.good + Math.max(0, inReds - bad);
    const single = drawFrom(SINGLE_GRID, SINGLE_PRIOR, sure.bad + bad, good, bad, singles, random);
    const pair = drawFrom(
      PAIR_GRID,
      PAIR_PRIOR,
      sure.conflicting + active,
      sure.compatible,
      active,
      pairs,
      random,
    );
    const other = (0.05 + sure.otherConflicting + others) / (1000 + sure.otherCompatible);
    return { single: -Math.log(1 - single), pair: -Math.log(1 - pair), other };
  };
}

function drawFrom(
  grid: readonly number[],
  prior: readonly number[],
  hits: number,
  misses: number,
  key: number,
  tables: Map<number, readonly number[]>,
  random: Prng,
): number {
  const table = tables.get(key) ?? cumulative(grid, prior, hits, misses);
  tables.set(key, table);
  const u = random.next();
  const index = table.findIndex((edge) => u < edge);
  return grid[index === -1 ? grid.length - 1 : index] ?? 0.1;
}

function cumulative(
  grid: readonly number[],
  prior: readonly number[],
  hits: number,
  misses: number,
): readonly number[] {
  const logs = grid.map(
    (rate, at) => Math.log(prior[at] ?? 0) + hits * Math.log(rate) + misses * Math.log(1 - rate),
  );
  const top = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - top));
  const total = weights.reduce((a, b) => a + b, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight / total));
}
