/**
 * Causes of red. A cause is coded as one number: an item broken alone, a pair of the universe that does not go together,
 * or "this red tree was red by chance". Cleared causes do not exist.
 */
import type { Bits } from '../bit-set.ts';
import { bitsIn, hasBit } from '../bit-set.ts';
import type { Prng } from '../prng.ts';
import type { Board } from './board.ts';
import { doOverlap } from './overlap.ts';
import type { Rates } from './rates.ts';

export interface Causes {
  /** Per red tree, smallest first. */
  readonly perRed: readonly RedCauses[];
  /** Uncleared items in no red tree, and uncleared overlapping pairs in no common red tree. */
  readonly freeSingles: readonly number[];
  readonly freePredicted: readonly number[];
  readonly freePairs: readonly number[];
  /** Uncleared items in some red tree. */
  readonly suspects: number;
  /** Red trees that a cause explains: bits of the first 32 (word 0) or of the next 32 (word 1). */
  readonly redsOf: (code: number, word: 0 | 1) => number;
  readonly isPossiblePair: (a: number, b: number) => boolean;
}

export interface RedCauses {
  readonly members: readonly number[];
  readonly singles: readonly number[];
  readonly predicted: readonly number[];
  /** Running sums of the hazards of `predicted`. */
  readonly predictedSums: readonly number[];
  readonly pairs: readonly number[];
  readonly otherPairs: number;
  readonly flakeHazard: number;
}

/** Above every pair code. */
const FLAKE_BASE = 2 ** 24;

export function pairCode(a: number, b: number, board: Board): number {
  return board.items.length + Math.min(a, b) * board.size + Math.max(a, b);
}

/** What a code stands for: one item, two places of the universe, or nothing that touches a tree. */
export function decodeCause(
  code: number,
  board: Board,
): readonly [number] | readonly [number, number] | readonly [] {
  if (code < board.items.length) return [code];
  if (code >= FLAKE_BASE) return [];
  const rest = code - board.items.length;
  return [Math.floor(rest / board.size), rest % board.size];
}

export function causesOf(board: Board): Causes {
  const redMasks = [maskRow(board, 0), maskRow(board, 32)] as const;
  const isCleared = (item: number): boolean => {
    const row = board.cleared[item];
    return row !== undefined && hasBit(row, item);
  };
  const isPossiblePair = (a: number, b: number): boolean => {
    const row = board.cleared[a];
    return row !== undefined && !hasBit(row, b);
  };
  const uncleared = board.items.map((_, item) => item).filter((item) => !isCleared(item));
  const free = uncleared.filter((item) => redMasks[0][item] === 0 && redMasks[1][item] === 0);
  return {
    perRed: board.reds.map((red) => redCausesOf(red.bits, red.flake, board, isCleared)),
    freeSingles: free.filter((item) => !isPredicted(item, board)),
    freePredicted: free.filter((item) => isPredicted(item, board)),
    freePairs: freePairsOf(board, redMasks),
    suspects: uncleared.length - free.length,
    redsOf: (code, word) => {
      if (code >= FLAKE_BASE) {
        const red = code - FLAKE_BASE;
        return red >>> 5 === word ? 1 << (red & 31) : 0;
      }
      const row = redMasks[word];
      if (code < board.items.length) return row[code] ?? 0;
      const rest = code - board.items.length;
      return (row[Math.floor(rest / board.size)] ?? 0) & (row[rest % board.size] ?? 0);
    },
    isPossiblePair,
  };
}

/** Per place of the universe, which of the 32 red trees from `first` on hold it. */
function maskRow(board: Board, first: number): Int32Array {
  const row = new Int32Array(board.size);
  board.reds.slice(first, first + 32).forEach((red, index) => {
    for (const place of bitsIn(red.bits)) row[place] = (row[place] ?? 0) | (1 << index);
  });
  return row;
}

function redCausesOf(
  bits: Bits,
  flake: number,
  board: Board,
  isCleared: (item: number) => boolean,
): RedCauses {
  const members = bitsIn(bits);
  const items = members.filter((place) => place < board.items.length);
  const open = items.filter((item) => !isCleared(item));
  const pairs: number[] = [];
  let otherPairs = 0;
  for (const a of items) {
    const cleared = board.cleared[a];
    const overlap = board.overlaps[a];
    if (cleared === undefined || overlap === undefined) continue;
    for (const b of members) {
      if (b <= a || hasBit(cleared, b)) continue;
      if (hasBit(overlap, b)) pairs.push(pairCode(a, b, board));
      else otherPairs += 1;
    }
  }
  const predicted = open.filter((item) => isPredicted(item, board));
  let sum = 0;
  return {
    members,
    singles: open.filter((item) => !isPredicted(item, board)),
    predicted,
    predictedSums: predicted.map((item) => (sum += predictedHazard(item, board))),
    pairs,
    otherPairs,
    flakeHazard: -Math.log(1 - flake),
  };
}

/** Whether history says more about this item than about the project. */
export function isPredicted(item: number, board: Board): boolean {
  return typeof board.items[item]?.predictedFail === 'number';
}

export function predictedHazard(item: number, board: Board): number {
  return -Math.log(1 - (board.items[item]?.predictedFail ?? 0.1));
}

function freePairsOf(board: Board, redMasks: readonly [Int32Array, Int32Array]): readonly number[] {
  const found: number[] = [];
  for (let a = 0; a < board.items.length; a++) {
    const overlap = board.overlaps[a];
    const cleared = board.cleared[a];
    if (overlap === undefined || cleared === undefined) continue;
    for (const b of bitsIn(overlap)) {
      if (b > a && !hasBit(cleared, b) && !redMasks.some((row) => ((row[a] ?? 0) & (row[b] ?? 0)) !== 0))
        found.push(pairCode(a, b, board));
    }
  }
  return found;
}

/**
 * Draws the causes of one red tree from the prior given that there is at least one: points of a Poisson process over
 * the hazards laid end to end, the first of them conditioned to fall inside.
 */
export function drawCauses(red: number, causes: Causes, rates: Rates, board: Board, random: Prng): number[] {
  const own = causes.perRed[red];
  if (own === undefined) return [];
  const singles = own.singles.length * rates.single;
  const predicted = singles + (own.predictedSums.at(-1) ?? 0);
  const pairs = predicted + own.pairs.length * rates.pair;
  const others = pairs + own.otherPairs * rates.other;
  const total = others + own.flakeHazard;
  const drawn: number[] = [];
  let at = -Math.log(1 - random.next() * (1 - Math.exp(-total)));
  while (at < total) {
    let code: number | undefined;
    if (at < singles) code = own.singles[Math.floor(at / rates.single)];
    else if (at < predicted) code = own.predicted[own.predictedSums.findIndex((edge) => at - singles < edge)];
    else if (at < pairs) code = own.pairs[Math.floor((at - predicted) / rates.pair)];
    else if (at < others) code = drawOtherPair(own.members, causes, board, random);
    else code = FLAKE_BASE + red;
    if (code !== undefined && !drawn.includes(code)) drawn.push(code);
    at += random.exponential();
  }
  if (drawn.length === 0) drawn.push(FLAKE_BASE + red);
  return drawn;
}

/** A pair without common scopes; undefined when a few tries hit none. */
export function drawOtherPair(
  members: readonly number[],
  causes: Causes,
  board: Board,
  random: Prng,
): number | undefined {
  for (let tries = 0; tries < 12; tries++) {
    const a = members[random.below(members.length)] ?? 0;
    const b = members[random.below(members.length)] ?? 0;
    const low = Math.min(a, b);
    const isOpen =
      a !== b && low < board.items.length && causes.isPossiblePair(a, b) && !doOverlap(board.overlaps, a, b);
    if (isOpen) return pairCode(a, b, board);
  }
  return undefined;
}

export function isPairCause(code: number, board: Board): boolean {
  return code >= board.items.length && code < FLAKE_BASE;
}
