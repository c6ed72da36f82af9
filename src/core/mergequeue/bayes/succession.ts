/**
 * Which landings are in the way of which. A tree lands only on the tip it was built on, so of two trees that do not hold one
 * another the one that ends first voids the other; where all gates take equally long there is no first.
 */
import { hasBit, bitsIn, isSubset, type Bits } from '../bit-set.ts';
import type { Field } from './field.ts';
import type { WorldSet } from './outlook.ts';
import type { Trial } from './trial.ts';

/** Ends that lie nearer than this part of a gate are one moment: what ends together is decided together. */
const TOGETHER = 0.1;

export interface Succession {
  /** Worlds in which something else lands first and the tree is void; null: in none. */
  readonly late: WorldSet | null;
  /** Of trees that run or are chosen and that this one voids by landing first: what then lands more (or less, below 0). */
  readonly instead: ReadonlyMap<number, number> | null;
}

export function successionOf(trial: Trial, field: Field): Succession {
  const { trials, outlook, meanGateMs } = field;
  const margin = TOGETHER * meanGateMs;
  let late: WorldSet | null = null;
  let instead: Map<number, number> | null = null;
  for (const [place, other] of trials.entries()) {
    if (!other.landable || Math.abs(other.endsInMs - trial.endsInMs) <= margin) continue;
    if (other.endsInMs < trial.endsInMs) {
      if (isSubset(other.bits, trial.bits)) continue;
      late ??= new Uint32Array(outlook.words);
      for (let at = 0; at < late.length; at++) late[at] = (late[at] ?? 0) | ~(other.red[at] ?? 0);
    } else if (!isSubset(trial.bits, other.bits)) {
      instead ??= new Map();
      const shared = weightOf(trial.bits, other.bits, field);
      instead.set(place, trial.weight - shared - partLost(trial, other) * (other.weight - shared));
    }
    field.work.spent += outlook.words;
  }
  return { late, instead };
}

/** What it holds has to run once more, from the end of the one that lands: the time until then is lost, of its gate. */
function partLost(first: Trial, later: Trial): number {
  return Math.max(0, 1 - (later.endsInMs - first.endsInMs) / Math.max(1, later.gateMs));
}

/** Worth of what is in both. */
function weightOf(a: Bits, b: Bits, { board }: Field): number {
  let weight = 0;
  for (const item of bitsIn(a)) if (hasBit(b, item)) weight += board.items[item]?.weight ?? 1;
  return weight;
}
