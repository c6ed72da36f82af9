/** How much the result of one tree tells beyond the results of others, counted over the worlds. */
import { countOnes } from '../bit-set.ts';
import { entropy, type WorldSet } from './outlook.ts';

/** H(red | given) in bits. */
export function entropyGiven(given: WorldSet, red: WorldSet, worlds: number): number {
  let inGiven = 0;
  let both = 0;
  let all = 0;
  for (let at = 0; at < red.length; at++) {
    const [g, r] = [given[at] ?? 0, red[at] ?? 0];
    inGiven += countOnes(g);
    all += countOnes(r);
    both += countOnes(g & r);
  }
  return cell(inGiven, both, worlds) + cell(worlds - inGiven, all - both, worlds);
}

/** H(red | three givens): eight cells. */
export function entropyGivenThree(
  a: WorldSet,
  b: WorldSet,
  c: WorldSet,
  red: WorldSet,
  worlds: number,
): number {
  const total = [0, 0, 0, 0, 0, 0, 0, 0];
  const bad = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let at = 0; at < red.length; at++) {
    const [wa, wb, wc, r] = [a[at] ?? 0, b[at] ?? 0, c[at] ?? 0, red[at] ?? 0];
    for (let index = 0; index < 8; index++) {
      const inCell = (index & 1 ? wa : ~wa) & (index & 2 ? wb : ~wb) & (index & 4 ? wc : ~wc);
      total[index] = (total[index] ?? 0) + countOnes(inCell);
      bad[index] = (bad[index] ?? 0) + countOnes(inCell & r);
    }
  }
  let sum = 0;
  for (let index = 0; index < 8; index++) sum += cell(total[index] ?? 0, bad[index] ?? 0, worlds);
  return sum;
}

function cell(total: number, bad: number, worlds: number): number {
  return total === 0 ? 0 : (total / worlds) * entropy(bad / total);
}
