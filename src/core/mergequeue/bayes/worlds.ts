/**
 * Belief as possible worlds: each holds a set of causes that explains every red tree. Block Gibbs sampling: one red tree
 * after the other gets its causes drawn anew, kept when all other red trees stay explained. Rebuilt from the snapshot on
 * every call, so that a plan is a function of snapshot and seed. Work is counted in operations, never in time.
 */
import type { QueueHistory } from '../model.ts';
import type { Prng } from '../prng.ts';
import { countBits, countOnes, hasBit } from '../bit-set.ts';
import type { Board } from './board.ts';
import {
  causesOf,
  decodeCause,
  drawCauses,
  isPairCause,
  isPredicted,
  pairCode,
  type Causes,
} from './causes.ts';
import { doOverlap } from './overlap.ts';
import { rateSampler, type RateCounts, type Rates, type RateSampler } from './rates.ts';

export interface World {
  readonly causes: number[];
  readonly rates: Rates;
}

export interface BeliefOptions {
  readonly history: QueueHistory | null;
  /** Operations the sampling may spend. */
  readonly budget: number;
}

/** How many worlds a queue of this many items is worth. */
export function worldCount(items: number): number {
  if (items <= 16) return 512;
  return items <= 80 ? 256 : 128;
}

export function drawWorlds(board: Board, random: Prng, options: BeliefOptions): readonly World[] {
  const causes = causesOf(board);
  const sampler = rateSampler(sureCounts(board, options.history), causes.suspects);
  const count = worldCount(board.items.length);
  const sweeps = sweepCount(causes, count, options.budget);
  const worlds = Array.from({ length: count }, () => drawWorld(board, causes, sampler, sweeps, random));
  const order = worlds.map((_, index) => index);
  for (const item of causes.freeSingles)
    spreadItem(item, order, worlds, (world) => 1 - Math.exp(-world.rates.single), random);
  for (const item of causes.freePredicted) {
    spreadItem(item, order, worlds, () => board.items[item]?.predictedFail ?? 0.1, random);
  }
  return worlds;
}

/**
 * Makes an item no result speaks about bad in as many worlds as its rates add up to, not in a random number of them:
 * otherwise the choice would run after the items that happened to be drawn least.
 */
function spreadItem(
  item: number,
  order: number[],
  worlds: readonly World[],
  rateIn: (world: World) => number,
  random: Prng,
): void {
  shuffle(order, random);
  let sum = random.next();
  for (const index of order) {
    const world = worlds[index];
    if (world === undefined) continue;
    sum += rateIn(world);
    if (sum < 1) continue;
    sum -= 1;
    world.causes.push(item);
  }
}

function sweepCount(causes: Causes, worlds: number, budget: number): number {
  const reds = causes.perRed.length;
  if (reds === 0) return 0;
  const work = causes.perRed.reduce((sum, red) => sum + 20 + 0.4 * red.singles.length + reds, 12);
  return Math.max(2, Math.min(reds === 1 ? 2 : 60, Math.floor(budget / (worlds * work))));
}

/** The causes of one world with the red trees each explains, kept side by side for speed. */
interface Draft {
  codes: number[];
  low: number[];
  high: number[];
}

function drawWorld(board: Board, causes: Causes, sampler: RateSampler, sweeps: number, random: Prng): World {
  const reds = causes.perRed.length;
  const draft: Draft = { codes: [], low: [], high: [] };
  let rates = ratesFor(draft.codes, board, sampler, random);
  for (let red = 0; red < reds; red++) {
    if (!isExplained(draft, red)) redraw(draft, red, causes, rates, board, random, 0, 0);
  }
  const allLow = allOnes(reds);
  const allHigh = allOnes(reds - 32);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    rates = ratesFor(draft.codes, board, sampler, random);
    for (let step = 0; step < reds; step++) {
      redraw(draft, random.below(reds), causes, rates, board, random, allLow, allHigh);
    }
  }
  rates = ratesFor(draft.codes, board, sampler, random);
  return { causes: [...draft.codes, ...drawFree(board, causes, rates, random)], rates };
}

function isExplained(draft: Draft, red: number): boolean {
  const masks = red < 32 ? draft.low : draft.high;
  return masks.some((mask) => ((mask >>> (red & 31)) & 1) === 1);
}

/** Draws the causes of one red tree anew; keeps the old ones when the trees of the masks would not all stay explained. */
function redraw(
  draft: Draft,
  red: number,
  causes: Causes,
  rates: Rates,
  board: Board,
  random: Prng,
  allLow: number,
  allHigh: number,
): void {
  const bit = 1 << (red & 31);
  const own = red < 32 ? draft.low : draft.high;
  let low = 0;
  let high = 0;
  for (let at = 0; at < own.length; at++) {
    if (((own[at] ?? 0) & bit) !== 0) continue;
    low |= draft.low[at] ?? 0;
    high |= draft.high[at] ?? 0;
  }
  const drawn = drawCauses(red, causes, rates, board, random);
  const drawnLow = drawn.map((code) => causes.redsOf(code, 0));
  const drawnHigh = drawn.map((code) => causes.redsOf(code, 1));
  for (const mask of drawnLow) low |= mask;
  for (const mask of drawnHigh) high |= mask;
  if ((low & allLow) !== allLow || (high & allHigh) !== allHigh) return;
  let kept = 0;
  for (let at = 0; at < own.length; at++) {
    if (((own[at] ?? 0) & bit) !== 0) continue;
    draft.codes[kept] = draft.codes[at] ?? 0;
    const [keptLow, keptHigh] = [draft.low[at] ?? 0, draft.high[at] ?? 0];
    draft.low[kept] = keptLow;
    draft.high[kept] = keptHigh;
    kept += 1;
  }
  draft.codes.length = draft.low.length = draft.high.length = kept;
  draft.codes.push(...drawn);
  draft.low.push(...drawnLow);
  draft.high.push(...drawnHigh);
}

/** Changes `order`. */
function shuffle(order: number[], random: Prng): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const held = order[last] ?? 0;
    order[last] = order[other] ?? 0;
    order[other] = held;
  }
}

function allOnes(count: number): number {
  if (count <= 0) return 0;
  return count >= 32 ? -1 : (1 << count) - 1;
}

function ratesFor(active: readonly number[], board: Board, sampler: RateSampler, random: Prng): Rates {
  let bad = 0;
  let pairs = 0;
  let others = 0;
  for (const code of active) {
    if (code < board.items.length) bad += isPredicted(code, board) ? 0 : 1;
    else if (isPairCause(code, board)) {
      const [a, b] = decodeCause(code, board);
      if (a !== undefined && b !== undefined && doOverlap(board.overlaps, a, b)) pairs += 1;
      else others += 1;
    }
  }
  return sampler({ bad, pairs, others }, random);
}

/** Causes no result speaks about yet, from the prior. */
function drawFree(board: Board, causes: Causes, rates: Rates, random: Prng): number[] {
  const drawn: number[] = [];
  const skip = (list: readonly number[], hazard: number): void => {
    for (let at = random.exponential(); at < list.length * hazard; at += random.exponential()) {
      const code = list[Math.floor(at / hazard)];
      if (code !== undefined && drawn.at(-1) !== code) drawn.push(code);
    }
  };
  skip(causes.freePairs, rates.pair);
  const places = board.items.length * (board.size - (board.items.length + 1) / 2);
  for (let at = random.exponential(); at < places * rates.other; at += random.exponential()) {
    const code = drawAnywhere(board, causes, random);
    if (code !== undefined && causes.redsOf(code, 0) === 0 && causes.redsOf(code, 1) === 0) drawn.push(code);
  }
  return drawn;
}

function drawAnywhere(board: Board, causes: Causes, random: Prng): number | undefined {
  const a = random.below(board.items.length);
  const b = random.below(board.size);
  const isOpen = a !== b && causes.isPossiblePair(a, b) && !doOverlap(board.overlaps, a, b);
  return isOpen ? pairCode(a, b, board) : undefined;
}

function sureCounts(board: Board, history: QueueHistory | null): RateCounts {
  let compatible = 0;
  let otherCompatible = 0;
  board.cleared.forEach((row, place) => {
    const together = countBits(row) - (hasBit(row, place) ? 1 : 0);
    let overlapping = 0;
    const overlap = board.overlaps[place];
    row.forEach((word, at) => {
      overlapping += countOnes(word & (overlap?.[at] ?? 0));
    });
    compatible += overlapping / 2;
    otherCompatible += (together - overlapping) / 2;
  });
  const good = board.cleared.filter((row, place) => hasBit(row, place)).length;
  return {
    bad: board.brokenBefore + (history?.broken ?? 0),
    good: good + (history === null ? 0 : history.changes - history.broken),
    conflicting: board.conflictsBefore + (history?.conflicts ?? 0),
    compatible: compatible + (history === null ? 0 : history.overlappingPairs - history.conflicts),
    otherConflicting: 0,
    otherCompatible,
  };
}
