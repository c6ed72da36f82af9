/**
 * The worlds turned sideways: for every item and pair the set of worlds in which it makes the tip red. The result of a
 * tree in all worlds is then an OR of a few hundred words.
 */
import type { Bits } from '../bit-set.ts';
import { countOnes } from '../bit-set.ts';
import type { Board } from './board.ts';
import { FLAKE_BASE, highOf, lowOf } from './causes.ts';

/** A set of worlds; unused bits of the last word are 0 (world counts are multiples of 32). */
export type WorldSet = Bits;

export interface Outlook {
  readonly worlds: number;
  readonly words: number;
  /** Row of `words` words per item: worlds in which tip + item is red. */
  readonly alone: Uint32Array;
  /** Share of the worlds in which tip + item is red. */
  readonly risk: Float64Array;
  /** Partners of item i are at `partnerStarts[i]` .. `partnerStarts[i + 1]`: pending items it does not go with in some world. */
  readonly partnerStarts: Int32Array;
  readonly partnerItems: Int32Array;
  /** Where the worlds of a partner begin in `pairSets`. */
  readonly partnerSets: Int32Array;
  readonly pairSets: Uint32Array;
  /** Per world, how often a change without a prediction is broken and a pair with common scopes conflicts. */
  readonly singleRates: Float64Array;
  readonly pairRates: Float64Array;
}

export class OutlookBuilder {
  readonly #board: Board;
  readonly #worlds: number;
  readonly #words: number;
  readonly #alone: Uint32Array;
  /** Place of a pair's set, plus one; 0 for a pair no world holds. */
  readonly #places: Int32Array;
  readonly #lows: number[] = [];
  readonly #highs: number[] = [];
  readonly #singleRates: Float64Array;
  readonly #pairRates: Float64Array;
  #sets: Uint32Array;

  constructor(board: Board, worlds: number) {
    const count = board.items.length;
    this.#board = board;
    this.#worlds = worlds;
    this.#words = worlds >>> 5;
    this.#alone = new Uint32Array(count * this.#words);
    this.#places = new Int32Array(count * count);
    this.#sets = new Uint32Array(256 * this.#words);
    this.#singleRates = new Float64Array(worlds);
    this.#pairRates = new Float64Array(worlds);
  }

  /** Notes the rates a world was drawn with, as probabilities. */
  rate(world: number, single: number, pair: number): void {
    this.#singleRates[world] = single;
    this.#pairRates[world] = pair;
  }

  /** Puts a cause into a world. */
  mark(world: number, code: number): void {
    const count = this.#board.items.length;
    const word = world >>> 5;
    const bit = 1 << (world & 31);
    if (code >= FLAKE_BASE) return;
    const a = code < count ? code : lowOf(code, this.#board);
    const b = code < count ? count : highOf(code, this.#board);
    if (b >= count) {
      const at = a * this.#words + word;
      this.#alone[at] = (this.#alone[at] ?? 0) | bit;
      return;
    }
    const at = this.#placeOf(a, b) * this.#words + word;
    this.#sets[at] = (this.#sets[at] ?? 0) | bit;
  }

  #placeOf(a: number, b: number): number {
    const index = a * this.#board.items.length + b;
    const known = this.#places[index] ?? 0;
    if (known > 0) return known - 1;
    const place = this.#lows.push(a) - 1;
    this.#highs.push(b);
    this.#places[index] = place + 1;
    if ((place + 1) * this.#words > this.#sets.length) {
      const larger = new Uint32Array(2 * this.#sets.length);
      larger.set(this.#sets);
      this.#sets = larger;
    }
    return place;
  }

  finish(): Outlook {
    const count = this.#board.items.length;
    const pairs = this.#lows.length;
    const starts = new Int32Array(count + 1);
    for (const ends of [this.#lows, this.#highs])
      for (const item of ends) starts[item + 1] = (starts[item + 1] ?? 0) + 1;
    for (let item = 0; item < count; item++) starts[item + 1] = (starts[item + 1] ?? 0) + (starts[item] ?? 0);
    const next = starts.slice();
    const items = new Int32Array(2 * pairs);
    const sets = new Int32Array(2 * pairs);
    const put = (item: number, partner: number, pair: number): void => {
      const at = next[item] ?? 0;
      items[at] = partner;
      sets[at] = pair * this.#words;
      next[item] = at + 1;
    };
    for (let pair = 0; pair < pairs; pair++) {
      put(this.#lows[pair] ?? 0, this.#highs[pair] ?? 0, pair);
      put(this.#highs[pair] ?? 0, this.#lows[pair] ?? 0, pair);
    }
    const risk = new Float64Array(count);
    for (let item = 0; item < count; item++) {
      let red = 0;
      for (let at = item * this.#words; at < (item + 1) * this.#words; at++)
        red += countOnes(this.#alone[at] ?? 0);
      risk[item] = red / this.#worlds;
    }
    return {
      worlds: this.#worlds,
      words: this.#words,
      alone: this.#alone,
      risk,
      partnerStarts: starts,
      partnerItems: items,
      partnerSets: sets,
      pairSets: this.#sets,
      singleRates: this.#singleRates,
      pairRates: this.#pairRates,
    };
  }
}

/** Changes `red`: adds the worlds in which `item` turns the tree red that holds the items flagged in `inTree`. */
export function addRed(red: WorldSet, item: number, inTree: Uint8Array, outlook: Outlook): void {
  const { words, alone, partnerStarts, partnerItems, partnerSets, pairSets } = outlook;
  const base = item * words;
  for (let at = 0; at < words; at++) red[at] = (red[at] ?? 0) | (alone[base + at] ?? 0);
  const end = partnerStarts[item + 1] ?? 0;
  for (let partner = partnerStarts[item] ?? 0; partner < end; partner++) {
    if (inTree[partnerItems[partner] ?? 0] !== 1) continue;
    const from = partnerSets[partner] ?? 0;
    for (let at = 0; at < words; at++) red[at] = (red[at] ?? 0) | (pairSets[from + at] ?? 0);
  }
}

/** Visits the worlds in a set, or those absent from it. */
export function forEachWorld(
  set: WorldSet,
  which: 'present' | 'absent',
  visit: (world: number) => void,
): void {
  const flip = which === 'absent' ? -1 : 0;
  for (let at = 0; at < set.length; at++) {
    for (let rest = (set[at] ?? 0) ^ flip; rest !== 0; rest &= rest - 1)
      visit((at << 5) + 31 - Math.clz32(rest & -rest));
  }
}

export function isIn(set: WorldSet, world: number): boolean {
  return (((set[world >>> 5] ?? 0) >>> (world & 31)) & 1) === 1;
}

/** Members of a set. */
export function sizeOf(set: WorldSet): number {
  let size = 0;
  for (let at = 0; at < set.length; at++) size += countOnes(set[at] ?? 0);
  return size;
}

/** Entropy in bits of an event of this probability. */
export function entropy(probability: number): number {
  if (probability <= 0 || probability >= 1) return 0;
  return -probability * Math.log2(probability) - (1 - probability) * Math.log2(1 - probability);
}
