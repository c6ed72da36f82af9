/**
 * One possible world while it is drawn: its causes with the red trees each explains, side by side in fixed buffers, since
 * this is the innermost loop of a plan. The causes of one red tree are drawn anew at a time (block Gibbs sampling).
 */
import type { Prng } from '../prng.ts';
import type { Board } from './board.ts';
import type { Causes } from './causes.ts';
import { drawOtherPair, FLAKE_BASE, highOf, isPairCause, isPredicted, lowOf } from './causes.ts';
import { doOverlap } from './overlap.ts';
import type { Rates } from './rates.ts';

const MOST_CAUSES = 1024;

export class DraftWorld {
  readonly codes = new Int32Array(MOST_CAUSES);
  count = 0;
  /** Causes looked at and drawn so far. */
  operations = 0;
  readonly #low = new Int32Array(MOST_CAUSES);
  readonly #high = new Int32Array(MOST_CAUSES);
  readonly #board: Board;
  readonly #causes: Causes;
  readonly #allLow: number;
  readonly #allHigh: number;

  constructor(board: Board, causes: Causes) {
    this.#board = board;
    this.#causes = causes;
    this.#allLow = allOnes(causes.perRed.length);
    this.#allHigh = allOnes(causes.perRed.length - 32);
  }

  isExplained(red: number): boolean {
    const masks = red < 32 ? this.#low : this.#high;
    for (let at = 0; at < this.count; at++) if ((((masks[at] ?? 0) >>> (red & 31)) & 1) === 1) return true;
    return false;
  }

  /** Adds causes for a red tree that has none. */
  explain(red: number, rates: Rates, random: Prng): void {
    this.#draw(red, rates, random);
    this.operations += 8 + this.count;
  }

  /** Draws the causes of one red tree anew; keeps the old ones when some red tree would be left without any. */
  redraw(red: number, rates: Rates, random: Prng): void {
    const bit = 1 << (red & 31);
    const own = red < 32 ? this.#low : this.#high;
    const before = this.count;
    let low = 0;
    let high = 0;
    for (let at = 0; at < before; at++) {
      if (((own[at] ?? 0) & bit) !== 0) continue;
      low |= this.#low[at] ?? 0;
      high |= this.#high[at] ?? 0;
    }
    this.#draw(red, rates, random);
    this.operations += 4 + 2 * this.count + 6 * (this.count - before);
    for (let at = before; at < this.count; at++) {
      low |= this.#low[at] ?? 0;
      high |= this.#high[at] ?? 0;
    }
    if ((low & this.#allLow) !== this.#allLow || (high & this.#allHigh) !== this.#allHigh) {
      this.count = before;
      return;
    }
    let kept = 0;
    for (let at = 0; at < this.count; at++) {
      if (at < before && ((own[at] ?? 0) & bit) !== 0) continue;
      this.codes[kept] = this.codes[at] ?? 0;
      const [keptLow, keptHigh] = [this.#low[at] ?? 0, this.#high[at] ?? 0];
      this.#low[kept] = keptLow;
      this.#high[kept] = keptHigh;
      kept += 1;
    }
    this.count = kept;
  }

  /** How many causes of each kind it holds; items with a prediction of their own say nothing about the common rate. */
  tally(): { readonly bad: number; readonly pairs: number; readonly others: number } {
    let bad = 0;
    let pairs = 0;
    let others = 0;
    for (let at = 0; at < this.count; at++) {
      const code = this.codes[at] ?? 0;
      if (code < this.#board.items.length) bad += isPredicted(code, this.#board) ? 0 : 1;
      else if (isPairCause(code, this.#board)) {
        if (doOverlap(this.#board.overlaps, lowOf(code, this.#board), highOf(code, this.#board))) pairs += 1;
        else others += 1;
      }
    }
    return { bad, pairs, others };
  }

  /**
   * Causes of one red tree from the prior given that there is at least one: points of a Poisson process over the hazards
   * laid end to end, the first of them conditioned to fall inside.
   */
  #draw(red: number, rates: Rates, random: Prng): void {
    const own = this.#causes.perRed[red];
    if (own === undefined) return;
    const first = this.count;
    const singles = own.singles.length * rates.single;
    const predicted = singles + (own.predictedSums.at(-1) ?? 0);
    const pairs = predicted + own.pairs.length * rates.pair;
    const others = pairs + own.otherPairs * rates.other;
    const total = others + own.flakeHazard;
    let at = -Math.log(1 - random.next() * (1 - Math.exp(-total)));
    while (at < total) {
      let code: number;
      if (at < singles) code = own.singles[Math.floor(at / rates.single)] ?? -1;
      else if (at < predicted)
        code = own.predicted[own.predictedSums.findIndex((edge) => at - singles < edge)] ?? -1;
      else if (at < pairs) code = own.pairs[Math.floor((at - predicted) / rates.pair)] ?? -1;
      else if (at < others) code = drawOtherPair(own.members, this.#board, random);
      else code = FLAKE_BASE + red;
      this.#put(code, first);
      at += random.exponential();
    }
    if (this.count === first) this.#put(FLAKE_BASE + red, first);
  }

  #put(code: number, first: number): void {
    // Points come in rising order, so the same cause again follows at once.
    const isRepeated = this.count > first && this.codes[this.count - 1] === code;
    if (code < 0 || isRepeated || this.count >= MOST_CAUSES) return;
    const { redsLow, redsHigh } = this.#causes;
    let low: number;
    let high: number;
    if (code >= FLAKE_BASE) {
      const red = code - FLAKE_BASE;
      low = red < 32 ? 1 << red : 0;
      high = red < 32 ? 0 : 1 << (red & 31);
    } else if (code < this.#board.items.length) {
      low = redsLow[code] ?? 0;
      high = redsHigh[code] ?? 0;
    } else {
      const [a, b] = [lowOf(code, this.#board), highOf(code, this.#board)];
      low = (redsLow[a] ?? 0) & (redsLow[b] ?? 0);
      high = (redsHigh[a] ?? 0) & (redsHigh[b] ?? 0);
    }
    this.codes[this.count] = code;
    this.#low[this.count] = low;
    this.#high[this.count] = high;
    this.count += 1;
  }
}

function allOnes(count: number): number {
  if (count <= 0) return 0;
  return count >= 32 ? -1 : (1 << count) - 1;
}
