/**
 * What is known about trees. A tree is the set of changes it holds beyond the state the queue began on; the order of
 * merging is not part of it, because merges that do not conflict commute (execution compares git tree ids before it
 * publishes, so a pair that does not commute costs a run, never a wrong landing).
 */
import { assertNever } from '../../kit/assert.ts';
import type { BuildId, ChangeId } from '../ids.ts';
import type { Bits } from './bit-set.ts';
import { addBit, bitsIn, emptyBits, hasBit } from './bit-set.ts';
import type { QueueBuild, QueueChange, QueueSnapshot } from './model.ts';

/** A set of changes as text, valid within one snapshot: equal sets have equal keys. */
export type TreeKey = string;

export interface KnownTree {
  /** Positions in `TreeFacts.changes`. */
  readonly bits: Bits;
  /** One run that came out green, if any did: it outweighs red runs of the same tree. */
  readonly green: BuildId | null;
  /** The first run that came out red. */
  readonly red: BuildId | null;
  /** How often it came out red, counting repeats inside a build. */
  readonly redTries: number;
  readonly running: BuildId | null;
}

export interface TreeFacts {
  /** Every change the snapshot speaks of: landed ones first in landing order, then pending, then the rest. */
  readonly changes: readonly ChangeId[];
  readonly positions: ReadonlyMap<ChangeId, number>;
  /** The present tip. */
  readonly landed: Bits;
  readonly landedCount: number;
  readonly pending: ReadonlyMap<ChangeId, QueueChange>;
  readonly ejected: ReadonlySet<ChangeId>;
  readonly trees: ReadonlyMap<TreeKey, KnownTree>;
  /** States the target was published in, as far as builds tell: each was green when it was published. */
  readonly publishedTips: ReadonlySet<TreeKey>;
}

const factsOf = new WeakMap<QueueSnapshot, TreeFacts>();

/** The facts of a snapshot, computed once per snapshot object (snapshots are never changed in place). */
export function treeFacts(snapshot: QueueSnapshot): TreeFacts {
  const known = factsOf.get(snapshot);
  if (known !== undefined) return known;
  const facts = readFacts(snapshot);
  factsOf.set(snapshot, facts);
  return facts;
}

function readFacts(snapshot: QueueSnapshot): TreeFacts {
  const positions = positionsOf(snapshot);
  const trees = new Map<TreeKey, KnownTree>();
  const tipAt = (count: number): Bits => bitsOf(snapshot.landed.slice(0, count), positions);
  const landed = tipAt(snapshot.landed.length);
  const tips = new Map<number, Bits>([[snapshot.landed.length, landed]]);
  for (const build of snapshot.builds) {
    const tip = tips.get(build.landedBefore) ?? tipAt(build.landedBefore);
    tips.set(build.landedBefore, tip);
    const bits = tip.slice();
    for (const id of build.members) addBit(bits, positions.get(id) ?? 0);
    const key = keyOf(bits);
    trees.set(key, withResult(trees.get(key) ?? unknownTree(bits), build));
  }
  return {
    changes: [...positions.keys()],
    positions,
    landed,
    landedCount: snapshot.landed.length,
    pending: new Map(snapshot.pending.map((change) => [change.id, change])),
    ejected: new Set(snapshot.ejected.map((entry) => entry.id)),
    trees,
    publishedTips: new Set([...tips.values()].map(keyOf)),
  };
}

function positionsOf(snapshot: QueueSnapshot): ReadonlyMap<ChangeId, number> {
  const positions = new Map<ChangeId, number>();
  const place = (id: ChangeId): void => {
    if (!positions.has(id)) positions.set(id, positions.size);
  };
  snapshot.landed.forEach(place);
  for (const change of snapshot.pending) place(change.id);
  for (const entry of snapshot.ejected) place(entry.id);
  for (const build of snapshot.builds) build.members.forEach(place);
  return positions;
}

function bitsOf(ids: readonly ChangeId[], positions: ReadonlyMap<ChangeId, number>): Bits {
  const bits = emptyBits(positions.size);
  for (const id of ids) addBit(bits, positions.get(id) ?? 0);
  return bits;
}

function unknownTree(bits: Bits): KnownTree {
  return { bits, green: null, red: null, redTries: 0, running: null };
}

function withResult(tree: KnownTree, build: QueueBuild): KnownTree {
  switch (build.state) {
    case 'green':
      return { ...tree, green: tree.green ?? build.id };
    case 'red':
      return { ...tree, red: tree.red ?? build.id, redTries: tree.redTries + (build.tries ?? 1) };
    case 'running':
      return { ...tree, running: tree.running ?? build.id };
    default:
      return assertNever(build.state);
  }
}

export function keyOf(bits: Bits): TreeKey {
  let key = '';
  for (const word of bits) key += String.fromCharCode(word & 0xffff, word >>> 16);
  return key;
}

export function hasLanded(id: ChangeId, facts: TreeFacts): boolean {
  const position = facts.positions.get(id);
  return position !== undefined && hasBit(facts.landed, position);
}

/** Changes by their positions in `facts.changes`. */
export function changesIn(bits: Bits, facts: TreeFacts): readonly ChangeId[] {
  return bitsIn(bits).flatMap((position) => facts.changes[position] ?? []);
}

/** The tree of the present tip and these changes; null when the snapshot does not know one of them. */
export function treeOnTip(members: readonly ChangeId[], facts: TreeFacts): Bits | null {
  const bits = facts.landed.slice();
  for (const id of members) {
    const position = facts.positions.get(id);
    if (position === undefined) return null;
    addBit(bits, position);
  }
  return bits;
}

/** What is known about the tree of the present tip and these changes. */
export function knownTreeOnTip(members: readonly ChangeId[], facts: TreeFacts): KnownTree | null {
  const bits = treeOnTip(members, facts);
  return bits === null ? null : (facts.trees.get(keyOf(bits)) ?? null);
}

/** Runs a red tree needs before it may eject: 1, or 2 where gates are flaky. */
export function redTriesToEject(snapshot: QueueSnapshot): number {
  return (snapshot.flakeRate ?? 0) > 0 ? 2 : 1;
}

/** Whether a closed tree keeps this change out of new builds and off the target. */
export function isShutOut(change: QueueChange, snapshot: QueueSnapshot): boolean {
  return snapshot.closedTo !== undefined && change.priority > snapshot.closedTo;
}
