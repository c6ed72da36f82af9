/** Merge bases of every pair of tips from one listing of their history, instead of a process per pair. */
import type { CommitId } from '../ids.ts';

export interface CommitRow {
  readonly commit: CommitId;
  readonly parents: readonly CommitId[];
}

export interface PairBases {
  readonly a: CommitId;
  readonly b: CommitId;
  /** None: no common history. More than one: git merges the bases first. */
  readonly bases: readonly CommitId[];
}

/**
 * `rows`: children before parents, at least all commits that some but not all tips reach. `shared`: a commit that every
 * tip reaches, when history was listed only down to it. A commit is a merge base of two tips exactly when both reach it and
 * no child of it is reached by both. Pairs come in the order of `tips`, which must differ from each other.
 */
export function pairBases(
  tips: readonly CommitId[],
  rows: readonly CommitRow[],
  shared: CommitId | null,
): readonly PairBases[] {
  const found = new Map<number, CommitId[]>();
  const reaching = new Map<CommitId, { mask: bigint; children: Set<bigint> }>();
  const at = (commit: CommitId) => {
    const known = reaching.get(commit) ?? { mask: 0n, children: new Set<bigint>() };
    reaching.set(commit, known);
    return known;
  };
  for (const [index, tip] of tips.entries()) {
    const node = at(tip);
    node.mask |= 1n << BigInt(index);
    node.children.add(1n << BigInt(index));
  }
  const settle = (commit: CommitId): bigint => {
    const { mask, children } = at(commit);
    reaching.delete(commit);
    if (!children.has(mask)) {
      for (const pair of newPairs(mask, children, tips.length)) add(found, pair, commit);
    }
    return mask;
  };
  for (const { commit, parents } of rows) {
    const mask = settle(commit);
    if (mask === 0n) continue;
    for (const parent of parents) {
      const node = at(parent);
      node.mask |= mask;
      node.children.add(mask);
    }
  }
  if (shared !== null && reaching.has(shared)) settle(shared);
  return tips.flatMap((a, i) =>
    tips
      .slice(i + 1)
      .map((b, offset) => ({ a, b, bases: found.get(i * tips.length + i + 1 + offset) ?? [] })),
  );
}

/** Pairs within `mask` that no single child has both of, each as first index times `count` plus second. */
function newPairs(mask: bigint, children: ReadonlySet<bigint>, count: number): readonly number[] {
  const members = membersOf(mask, count);
  const pairs: number[] = [];
  for (const [at, i] of members.entries()) {
    const left = 1n << BigInt(i);
    // Everything that some child reaches together with `i` is no news.
    let known = 0n;
    for (const child of children) if ((child & left) !== 0n) known |= child;
    for (const j of members.slice(at + 1)) {
      if ((known & (1n << BigInt(j))) === 0n) pairs.push(i * count + j);
    }
  }
  return pairs;
}

function membersOf(mask: bigint, count: number): readonly number[] {
  const members: number[] = [];
  for (let index = 0; index < count; index += 1)
    if ((mask & (1n << BigInt(index))) !== 0n) members.push(index);
  return members;
}

function add(found: Map<number, CommitId[]>, pair: number, commit: CommitId): void {
  const bases = found.get(pair);
  if (bases === undefined) found.set(pair, [commit]);
  else bases.push(commit);
}
