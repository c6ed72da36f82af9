/**
 * Causes of red. A cause is coded as one number: an item broken alone, a pair of the universe that does not go together,
 * or "this red tree was red by chance". Cleared causes do not exist.
 */
import type { Bits } from '../bit-set.ts';
import { bitsIn, countOnes, hasBit } from '../bit-set.ts';
import type { Prng } from '../prng.ts';
import type { Board } from './board.ts';
import { doOverlap } from './overlap.ts';

export interface Causes {
  /** Per red tree, smallest first. */
  readonly perRed: readonly RedCauses[];
  /** Uncleared items in no red tree, and uncleared overlapping pairs in no common red tree. */
  readonly freeSingles: readonly number[];
  readonly freePredicted: readonly number[];
  readonly freePairs: readonly number[];
  /** Uncleared items in some red tree. */
  readonly suspects: number;
  /** Per place of the universe the red trees that hold it: bits of the first 32 and of the next 32. */
  readonly redsLow: Int32Array;
  readonly redsHigh: Int32Array;
}

export interface RedCauses {
  readonly members: readonly number[];
  readonly singles: readonly number[];
  readonly predicted: readonly number[];
  /** Running sums of the hazards of `predicted`. */
  readonly predictedSums: readonly number[];
  readonly pairs: readonly number[];
  /** How many of its pairs have no common scope. */
  readonly otherPairs: number;
  readonly flakeHazard: number;
}

/** Above every pair code. */
export const FLAKE_BASE = 2 ** 24;

export function pairCode(a: number, b: number, board: Board): number {
  return board.items.length + Math.min(a, b) * board.size + Math.max(a, b);
}

/** The smaller place of a pair. */
export function lowOf(code: number, board: Board): number {
  return Math.floor((code - board.items.length) / board.size);
}

/** The larger place of a pair. */
export function highOf(code: number, board: Board): number {
  return (code - board.items.length) % board.size;
}

export function isPairCause(code: number, board: Board): boolean {
  return code >= board.items.length && code < FLAKE_BASE;
}

export function causesOf(board: Board): Causes {
  const redsLow = maskRow(board, 0);
  const redsHigh = maskRow(board, 32);
  const uncleared: number[] = [];
  board.items.forEach((_, item) => {
    if (!isCleared(item, board)) uncleared.push(item);
  });
  const free = uncleared.filter((item) => redsLow[item] === 0 && redsHigh[item] === 0);
  return {
    perRed: board.reds.map((red) => redCausesOf(red.bits, red.flake, board)),
    freeSingles: free.filter((item) => !isPredicted(item, board)),
    freePredicted: free.filter((item) => isPredicted(item, board)),
    freePairs: freePairsOf(board, redsLow, redsHigh),
    suspects:
      uncleared.filter((item) => !isPredicted(item, board)).length -
      free.filter((item) => !isPredicted(item, board)).length,
    redsLow,
    redsHigh,
  };
}

function isCleared(item: number, board: Board): boolean {
  const row = board.cleared[item];
  return row !== undefined && hasBit(row, item);
}

export function isPossiblePair(a: number, b: number, board: Board): boolean {
  const row = board.cleared[a];
  return row !== undefined && !hasBit(row, b);
}

/** Per place of the universe, which of the 32 red trees from `first` on hold it. */
function maskRow(board: Board, first: number): Int32Array {
  const row = new Int32Array(board.size);
  board.reds.slice(first, first + 32).forEach((red, index) => {
    for (const place of bitsIn(red.bits)) row[place] = (row[place] ?? 0) | (1 << index);
  });
  return row;
}

function redCausesOf(bits: Bits, flake: number, board: Board): RedCauses {
  const members = bitsIn(bits);
  const open = members.filter((place) => place < board.items.length && !isCleared(place, board));
  const predicted = open.filter((item) => isPredicted(item, board));
  let sum = 0;
  return {
    members,
    singles: open.filter((item) => !isPredicted(item, board)),
    predicted,
    predictedSums: predicted.map((item) => (sum += predictedHazard(item, board))),
    ...pairsOf(bits, members, board),
    flakeHazard: -Math.log(1 - flake),
  };
}

function pairsOf(
  bits: Bits,
  members: readonly number[],
  board: Board,
): { readonly pairs: readonly number[]; readonly otherPairs: number } {
  const pairs: number[] = [];
  let otherPairs = 0;
  for (const a of members) {
    const cleared = board.cleared[a];
    const overlap = board.overlaps[a];
    if (a >= board.items.length || cleared === undefined || overlap === undefined) continue;
    const base = board.items.length + a * board.size;
    for (let at = a >>> 5; at < bits.length; at++) {
      const above = at === a >>> 5 ? -2 << (a & 31) : -1;
      const open = (bits[at] ?? 0) & ~(cleared[at] ?? 0) & above;
      const overlapping = open & (overlap[at] ?? 0);
      otherPairs += countOnes(open ^ overlapping);
      for (let rest = overlapping; rest !== 0; rest &= rest - 1)
        pairs.push(base + (at << 5) + 31 - Math.clz32(rest & -rest));
    }
  }
  return { pairs, otherPairs };
}

/** Whether history says more about this item than about the project. */
export function isPredicted(item: number, board: Board): boolean {
  return typeof board.items[item]?.predictedFail === 'number';
}

export function predictedHazard(item: number, board: Board): number {
  return -Math.log(1 - (board.items[item]?.predictedFail ?? 0.1));
}

function freePairsOf(board: Board, redsLow: Int32Array, redsHigh: Int32Array): readonly number[] {
  const found: number[] = [];
  for (let a = 0; a < board.items.length; a++) {
    const overlap = board.overlaps[a];
    const cleared = board.cleared[a];
    if (overlap === undefined || cleared === undefined) continue;
    const [low, high] = [redsLow[a] ?? 0, redsHigh[a] ?? 0];
    const base = board.items.length + a * board.size;
    for (let at = a >>> 5; at < overlap.length; at++) {
      const above = at === a >>> 5 ? -2 << (a & 31) : -1;
      for (let rest = (overlap[at] ?? 0) & ~(cleared[at] ?? 0) & above; rest !== 0; rest &= rest - 1) {
        const b = (at << 5) + 31 - Math.clz32(rest & -rest);
        if ((low & (redsLow[b] ?? 0)) === 0 && (high & (redsHigh[b] ?? 0)) === 0) found.push(base + b);
      }
    }
  }
  return found;
}

/** A pair of these places without common scopes; -1 when a few tries hit none. */
export function drawOtherPair(members: readonly number[], board: Board, random: Prng): number {
  for (let tries = 0; tries < 4; tries++) {
    const a = members[random.below(members.length)] ?? 0;
    const b = members[random.below(members.length)] ?? 0;
    const low = Math.min(a, b);
    const isOpen =
      a !== b && low < board.items.length && isPossiblePair(a, b, board) && !doOverlap(board.overlaps, a, b);
    if (isOpen) return pairCode(a, b, board);
  }
  return -1;
}
