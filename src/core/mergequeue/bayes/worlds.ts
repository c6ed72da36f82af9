/**
 * Belief as possible worlds: each holds a set of causes that explains every red tree. Rebuilt from the snapshot on every
 * call, so that a plan is a function of snapshot and seed. Work is counted in operations, never in time.
 */
import type { QueueHistory } from '../model.ts';
import type { Prng } from '../prng.ts';
import { countBits, countOnes, hasBit } from '../bit-set.ts';
import type { Board } from './board.ts';
import { causesOf, isPossiblePair, pairCode, type Causes } from './causes.ts';
import { DraftWorld } from './draft-world.ts';
import { OutlookBuilder, type Outlook } from './outlook.ts';
import { doOverlap } from './overlap.ts';
import { rateSampler, type RateCounts, type RateSampler } from './rates.ts';
import type { Work } from './work.ts';

const MOST_SWEEPS = 25;

/** How many worlds a queue of this many items is worth. */
export function worldCount(items: number): number {
  return items <= 80 ? 512 : 256;
}

/** Draws the worlds and turns them sideways. */
export function drawOutlook(board: Board, random: Prng, history: QueueHistory | null, work: Work): Outlook {
  const causes = causesOf(board);
  const sampler = rateSampler(sureCounts(board, history), causes.suspects);
  const count = worldCount(board.items.length);
  const share = (work.limit - work.spent) / count;
  const builder = new OutlookBuilder(board, count);
  const draft = new DraftWorld(board, causes);
  const single = new Float64Array(count);
  for (let world = 0; world < count; world++) {
    const rates = drawExplained(draft, causes.perRed.length, sampler, share, random);
    for (let at = 0; at < draft.count; at++) builder.mark(world, draft.codes[at] ?? 0);
    single[world] = 1 - Math.exp(-rates.single);
    builder.rate(world, single[world] ?? 0, 1 - Math.exp(-rates.pair));
    drawFree(world, builder, board, causes, rates, random);
  }
  const order = Array.from(single, (_, index) => index);
  for (const item of causes.freeSingles)
    spreadItem(item, order, (world) => single[world] ?? 0, builder, random);
  for (const item of causes.freePredicted) {
    const rate = board.items[item]?.predictedFail ?? 0.1;
    spreadItem(item, order, () => rate, builder, random);
  }
  work.spent +=
    draft.operations +
    count * (causes.freeSingles.length + causes.freePredicted.length) +
    causes.freePairs.length;
  return builder.finish();
}

/**
 * Makes an item no result speaks about bad in as many worlds as its rates add up to, not in a random number of them:
 * otherwise the choice would run after the items that happened to be drawn least.
 */
function spreadItem(
  item: number,
  order: number[],
  rateIn: (world: number) => number,
  builder: OutlookBuilder,
  random: Prng,
): void {
  shuffle(order, random);
  let sum = random.next();
  for (const world of order) {
    sum += rateIn(world);
    if (sum < 1) continue;
    sum -= 1;
    builder.mark(world, item);
  }
}

/** Draws anew until the share of this world in the work is spent; one red tree alone needs two draws. */
function drawExplained(
  draft: DraftWorld,
  reds: number,
  sampler: RateSampler,
  share: number,
  random: Prng,
): ReturnType<RateSampler> {
  draft.count = 0;
  const last = draft.operations + share;
  let rates = sampler(draft.tally(), random);
  for (let red = 0; red < reds; red++) if (!draft.isExplained(red)) draft.explain(red, rates, random);
  const most = reds === 1 ? 2 : MOST_SWEEPS * reds;
  for (let step = 0; step < most && draft.operations < last; step++) {
    if (step % reds === 0) rates = sampler(draft.tally(), random);
    draft.redraw(random.below(reds), rates, random);
  }
  return sampler(draft.tally(), random);
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

/** Pairs no result speaks about yet, from the prior. */
function drawFree(
  world: number,
  builder: OutlookBuilder,
  board: Board,
  causes: Causes,
  rates: ReturnType<RateSampler>,
  random: Prng,
): void {
  const { freePairs, redsLow, redsHigh } = causes;
  const span = freePairs.length * rates.pair;
  for (let at = random.exponential(); at < span; at += random.exponential()) {
    const code = freePairs[Math.floor(at / rates.pair)];
    if (code !== undefined) builder.mark(world, code);
  }
  const places = board.items.length * (board.size - (board.items.length + 1) / 2);
  for (let at = random.exponential(); at < places * rates.other; at += random.exponential()) {
    const a = random.below(board.items.length);
    const b = random.below(board.size);
    if (a === b || !isPossiblePair(a, b, board) || doOverlap(board.overlaps, a, b)) continue;
    const inReds =
      ((redsLow[a] ?? 0) & (redsLow[b] ?? 0)) !== 0 || ((redsHigh[a] ?? 0) & (redsHigh[b] ?? 0)) !== 0;
    if (!inReds) builder.mark(world, pairCode(a, b, board));
  }
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
