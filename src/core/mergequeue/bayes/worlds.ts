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

function drawWorld(board: Board, causes: Causes, sampler: RateSampler, sweeps: number, random: Prng): World {
  const all = allOnes(causes.perRed.length);
  let active: number[] = [];
  let rates = ratesFor(active, board, sampler, random);
  for (let red = 0; red < causes.perRed.length; red++) {
    if ((coverage(active, causes) >>> red) & 1) continue;
    active.push(...drawCauses(red, causes, rates, board, random).filter((code) => !active.includes(code)));
  }
  for (let sweep = 0; sweep < sweeps; sweep++) {
    rates = ratesFor(active, board, sampler, random);
    for (let step = 0; step < causes.perRed.length; step++) {
      const red = random.below(causes.perRed.length);
      const kept = active.filter((code) => ((causes.redsOf(code) >>> red) & 1) === 0);
      const next = [...kept, ...drawCauses(red, causes, rates, board, random)];
      if (coverage(next, causes) === all) active = next;
    }
  }
  rates = ratesFor(active, board, sampler, random);
  return { causes: [...active, ...drawFree(board, causes, rates, random)], rates };
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
  return count >= 32 ? -1 : (1 << count) - 1;
}

function coverage(active: readonly number[], causes: Causes): number {
  let mask = 0;
  for (const code of active) mask |= causes.redsOf(code);
  return mask;
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
    if (code !== undefined && causes.redsOf(code) === 0) drawn.push(code);
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
