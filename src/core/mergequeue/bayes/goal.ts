/** How every possible world would end at best: the largest good set of changes lands, the others are proven bad. */
import type { Board } from './board.ts';
import { addRed, forEachWorld, type Outlook } from './outlook.ts';

export interface Goal {
  /** Per world, worth of the largest good set. */
  readonly largest: Float64Array;
  /** Row of words per item: worlds in which it is outside of that set. */
  readonly outside: Uint32Array;
}

/** Greedy in order of risk: exact enough, since only worlds with active pairs leave a choice. */
export function goalOf(board: Board, outlook: Outlook): Goal {
  const { words, partnerStarts, partnerItems, partnerSets, pairSets } = outlook;
  const count = board.items.length;
  const largest = new Float64Array(outlook.worlds);
  const outside = new Uint32Array(count * words).fill(0xffffffff);
  const none = new Uint8Array(count);
  const out = new Uint32Array(words);
  for (const item of byRisk(count, outlook.risk, outlook.worlds)) {
    out.fill(0);
    addRed(out, item, none, outlook);
    const end = partnerStarts[item + 1] ?? 0;
    for (let partner = partnerStarts[item] ?? 0; partner < end; partner++) {
      const other = (partnerItems[partner] ?? 0) * words;
      const set = partnerSets[partner] ?? 0;
      for (let at = 0; at < words; at++)
        out[at] = (out[at] ?? 0) | ((pairSets[set + at] ?? 0) & ~(outside[other + at] ?? 0));
    }
    outside.set(out, item * words);
    const weight = board.items[item]?.weight ?? 1;
    forEachWorld(out, 'absent', (world) => {
      largest[world] = (largest[world] ?? 0) + weight;
    });
  }
  return { largest, outside };
}

/**
 * Items by rising risk; those whose risks differ by no more than the noise of a sample of `worlds` (two standard errors)
 * by serving order, so that of two changes that cannot both land the one that was there first does.
 */
export function byRisk(count: number, risk: Float64Array, worlds: number): number[] {
  const at = (item: number): number => risk[item] ?? 0;
  const rising = Array.from({ length: count }, (_, item) => item).toSorted((a, b) => at(a) - at(b) || a - b);
  const order: number[] = [];
  for (let from = 0; from < count;) {
    const least = at(rising[from] ?? 0);
    const noise = noiseOf(least, worlds);
    let to = from + 1;
    while (to < count && at(rising[to] ?? 0) - least <= noise) to += 1;
    order.push(...rising.slice(from, to).toSorted((a, b) => a - b));
    from = to;
  }
  return order;
}

/** Two standard errors of a risk that was counted over `worlds`. */
export function noiseOf(risk: number, worlds: number): number {
  return 2 * Math.sqrt(((risk + 1 / worlds) * (1 - risk)) / worlds);
}
