/** Which pairs of tips need a merge for their verdict, and which have one without. */
import type { CommitId } from '../ids.ts';
import type { PairBases } from './merge-bases.ts';
import { meetingOfLegs, type ReadChanges } from './prefilter.ts';

export interface Range {
  readonly from: CommitId;
  readonly to: CommitId;
}

export type PairWork =
  | { readonly kind: 'clean'; readonly how: 'apart' | 'contained' }
  | { readonly kind: 'merge' }
  | { readonly kind: 'unknown'; readonly why: string };

export function rangeKey({ from, to }: Range): string {
  return `${from}..${to}`;
}

/**
 * The comparisons that the filter needs. Each tip is compared with its own base; where a pair has another base, the way
 * from there to the own base is a second leg. Few bases make few legs, while comparing each tip with the base of each pair
 * would be one comparison per pair.
 */
export function rangesOf(
  pairs: readonly PairBases[],
  ownBases: ReadonlyMap<CommitId, CommitId>,
): readonly Range[] {
  const ranges = new Map<string, Range>();
  const want = (from: CommitId, to: CommitId): void => {
    if (from !== to) ranges.set(rangeKey({ from, to }), { from, to });
  };
  for (const [tip, base] of ownBases) want(base, tip);
  for (const { a, b, bases } of pairs) {
    const [base] = bases;
    if (base === undefined || bases.length > 1 || base === a || base === b) continue;
    for (const tip of [a, b]) {
      const own = ownBases.get(tip);
      if (own !== undefined) want(base, own);
    }
  }
  return [...ranges.values()];
}

/** What a pair needs. `changes`: by `rangeKey`, all that `rangesOf` asked for. */
export function workOf(
  pair: PairBases,
  ownBases: ReadonlyMap<CommitId, CommitId>,
  changes: ReadonlyMap<string, ReadChanges>,
): PairWork {
  const { a, b, bases } = pair;
  const [base] = bases;
  if (base === undefined) return { kind: 'unknown', why: 'they have no common history' };
  if (base === a || base === b) return { kind: 'clean', how: 'contained' };
  if (bases.length > 1) return { kind: 'merge' };
  const left = legsOf(a, base, ownBases, changes);
  const right = legsOf(b, base, ownBases, changes);
  if (left === null || right === null) return { kind: 'merge' };
  return meetingOfLegs(left, right) === null ? { kind: 'clean', how: 'apart' } : { kind: 'merge' };
}

function legsOf(
  tip: CommitId,
  base: CommitId,
  ownBases: ReadonlyMap<CommitId, CommitId>,
  changes: ReadonlyMap<string, ReadChanges>,
): readonly ReadChanges[] | null {
  const own = ownBases.get(tip);
  if (own === undefined) return null;
  const legs: ReadChanges[] = [];
  for (const range of [
    { from: base, to: own },
    { from: own, to: tip },
  ]) {
    if (range.from === range.to) continue;
    const leg = changes.get(rangeKey(range));
    if (leg === undefined) return null;
    legs.push(leg);
  }
  return legs;
}
