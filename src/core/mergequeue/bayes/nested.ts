/**
 * What sequential group testing costs at best. One test at a time, like changes that are each bad with the same
 * probability, and only parts of a red group are tested until one bad change of it is found: then a dynamic program over
 * (members of the red group, other changes) gives the fewest tests to expect. In a queue with one slot such a search
 * also yields its proofs for free, since what is left of a red group is judged by the tree that was red.
 */

/** Largest queue the tables know; beyond it each change costs as much as the last one within. */
const LARGEST = 128;
const RATES = [
  0.002, 0.005, 0.01, 0.02, 0.035, 0.055, 0.08, 0.11, 0.15, 0.2, 0.26, 0.33, 0.42, 0.55,
] as const;

/** Places in the list of rates for which costs are known. */
export const RATE_COUNT = RATES.length;

/** One table per rate, filled when first asked for. */
const tables: (Float64Array | undefined)[] = [];

/** The place of the known rate nearest to this one, by ratio. */
export function nearestRate(rate: number): number {
  const distance = (at: number): number => Math.abs(Math.log((RATES[at] ?? 1) / Math.max(1e-6, rate)));
  let best = 0;
  for (let at = 1; at < RATE_COUNT; at++) if (distance(at) < distance(best)) best = at;
  return best;
}

/**
 * Tests to expect until all are decided: at least one of `suspects` is bad (0: no such group), nothing is known about
 * `others`. `rate` is a place given by `nearestRate`.
 */
export function testsToGo(suspects: number, others: number, rate: number): number {
  const table = (tables[rate] ??= tableFor(RATES[rate] ?? 0.1));
  const total = suspects + others;
  if (total <= LARGEST) return table[placeOf(suspects, others)] ?? 0;
  const known = Math.min(suspects, LARGEST);
  const last = (table[placeOf(0, LARGEST)] ?? 0) - (table[placeOf(0, LARGEST - 1)] ?? 0);
  return (table[placeOf(known, LARGEST - known)] ?? 0) + (total - LARGEST) * last;
}

function placeOf(suspects: number, others: number): number {
  return suspects * (LARGEST + 1) + others;
}

function tableFor(rate: number): Float64Array {
  const table = new Float64Array((LARGEST + 1) * (LARGEST + 1));
  const good = Array.from({ length: LARGEST + 1 }, (_, size) => (1 - rate) ** size);
  const costOf = (suspects: number, others: number, tested: number, green: number): number =>
    1 +
    green * (table[placeOf(Math.max(0, suspects - tested), others - (suspects === 0 ? tested : 0))] ?? 0) +
    (1 - green) * (table[placeOf(tested, others + suspects - tested)] ?? 0);
  for (let total = 1; total <= LARGEST; total++) {
    // What is left of a red group when all else of it has landed is bad: no test.
    table[placeOf(1, total - 1)] = table[placeOf(0, total - 1)] ?? 0;
    for (let suspects = 2; suspects <= total; suspects++) {
      const allGood = good[suspects] ?? 0;
      table[placeOf(suspects, total - suspects)] = leastOver(suspects - 1, (tested) =>
        costOf(suspects, total - suspects, tested, ((good[tested] ?? 0) - allGood) / (1 - allGood)),
      );
    }
    table[placeOf(0, total)] = leastOver(total, (tested) => costOf(0, total, tested, good[tested] ?? 0));
  }
  return table;
}

/** The least cost over group sizes up to `most`: every small one, some large ones and the largest. */
function leastOver(most: number, costOf: (tested: number) => number): number {
  let least = costOf(most);
  for (let tested = 1; tested < most; tested = tested < 12 ? tested + 1 : Math.ceil(tested * 1.12))
    least = Math.min(least, costOf(tested));
  return least;
}
