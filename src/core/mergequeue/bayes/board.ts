/**
 * The queue as numbers. An item is a unit of pending changes (almost always one change), numbered in serving order; the
 * universe is all items followed by the changes that landed last. Trees that teach nothing more are left out.
 */
import type { BuildId, ChangeId } from '../../ids.ts';
import type { Bits } from '../bit-set.ts';
import { addBit, bitsIn, countBits, emptyBits, hasBit, isSubset, union } from '../bit-set.ts';
import type { QueueChange, QueueSnapshot } from '../model.ts';
import { unitOf, withPendingNeeds } from '../needs.ts';
import { inServingOrder } from '../serial.ts';
import type { KnownTree, TreeFacts } from '../tree-facts.ts';
import { hasLanded, isShutOut } from '../tree-facts.ts';
import { overlapsOf } from './overlap.ts';

export interface Item {
  readonly members: readonly ChangeId[];
  /** With everything it needs, as items; null when it may be in no new build. */
  readonly closure: readonly number[] | null;
  readonly alone: boolean;
  /** Probability of being broken alone where history predicts it; null: the project's rate. */
  readonly predictedFail: number | null;
  /** 0 only where nothing is known of any item. */
  readonly gateMs: number;
  /** What landing it is worth; 1 at the usual priority. */
  readonly weight: number;
}

export interface RedTree {
  /** Over the universe. */
  readonly bits: Bits;
  readonly items: readonly number[];
  readonly itemBits: Bits;
  /** Chance that a good tree gives these red results. */
  readonly flake: number;
  /** A larger tree is as red as this one; false while a repeat may still clear it. */
  readonly isCertain: boolean;
}

export interface RunningTree {
  readonly build: BuildId;
  readonly bits: Bits;
  readonly items: readonly number[];
  readonly itemBits: Bits;
  readonly holdsTip: boolean;
  readonly startedAtMs: number;
}

export interface Board {
  readonly items: readonly Item[];
  /** Items and remembered landed changes. */
  readonly size: number;
  readonly overlaps: readonly Bits[];
  /** Row u: everything that was in one green tree with u (u itself when it was in any). */
  readonly cleared: readonly Bits[];
  /** Items that cannot be merged with item i; null for none. */
  readonly textClashes: readonly (Bits | null)[];
  readonly reds: readonly RedTree[];
  /** Red trees of the whole tip and items: with the tree that lacks one of these items green, proof against it. */
  readonly redsOnTip: readonly { readonly bits: Bits; readonly size: number }[];
  /** Items in some red tree. */
  readonly inReds: Bits;
  readonly running: readonly RunningTree[];
  /** Trees on the present tip with a result or under test, as keys over items. */
  readonly tried: ReadonlySet<string>;
  /** How often item i was in a tree that ran or runs. */
  readonly tests: readonly number[];
  readonly brokenBefore: number;
  readonly conflictsBefore: number;
}

/** Items beyond this many wait: belief and choice grow with their square. */
const MOST_ITEMS = 256;
const MOST_LANDED = 256;
const MOST_REDS = 64;

export function boardOf(snapshot: QueueSnapshot, facts: TreeFacts): Board {
  const units = unitsOf(snapshot, facts);
  const itemOf = new Map(units.flatMap((unit, index) => unit.map((change) => [change.id, index] as const)));
  const landed = snapshot.landed.slice(-MOST_LANDED);
  const size = units.length + landed.length;
  const universeOf = new Map<ChangeId, number>(itemOf);
  landed.forEach((id, index) => universeOf.set(id, units.length + index));
  const places = facts.changes.map((id) => universeOf.get(id) ?? -1);
  const toUniverse = (tree: Bits): Bits => translate(tree, places, size);
  const items = withUsualGates(units.map((unit) => itemFor(unit, itemOf, snapshot, facts)));
  const trees = [...facts.trees.values()];
  const greens = maximal([
    facts.landed,
    ...trees.filter((tree) => tree.green !== null).map((tree) => tree.bits),
  ]);
  const reds = redTrees(trees, toUniverse, items.length, snapshot, facts);
  return {
    items,
    size,
    overlaps: overlapsOf(scopesOf(units, landed, snapshot)),
    cleared: clearedRows(greens.map(toUniverse), size),
    textClashes: clashRows(units, itemOf),
    reds,
    redsOnTip: redsOnTip(trees, toUniverse, items.length, facts),
    inReds: reds.reduce((all, red) => union(all, red.itemBits), emptyBits(items.length)),
    running: runningTrees(snapshot, facts, universeOf, items.length),
    tried: triedKeys(trees, toUniverse, items.length, facts),
    tests: testCounts(
      trees.map((tree) => toUniverse(tree.bits)),
      items.length,
    ),
    brokenBefore: snapshot.ejected.filter((entry) => entry.because === 'broken').length,
    conflictsBefore: snapshot.ejected.filter((entry) => entry.because === 'conflict').length,
  };
}

function unitsOf(snapshot: QueueSnapshot, facts: TreeFacts): readonly (readonly QueueChange[])[] {
  const placed = new Set<ChangeId>();
  const units: QueueChange[][] = [];
  for (const change of inServingOrder(snapshot.pending)) {
    if (placed.has(change.id) || units.length >= MOST_ITEMS) continue;
    const unit = change.needs.length === 0 ? [change.id] : [...unitOf(change.id, facts.pending)];
    for (const id of unit) placed.add(id);
    units.push(unit.flatMap((id) => facts.pending.get(id) ?? []));
  }
  return units;
}

function itemFor(
  unit: readonly QueueChange[],
  itemOf: ReadonlyMap<ChangeId, number>,
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): Item {
  const first = unit[0];
  const needed =
    first === undefined || unit.every((change) => change.needs.length === 0)
      ? new Set(unit.map((change) => change.id))
      : withPendingNeeds(first.id, facts.pending);
  const changes = [...needed].flatMap((id) => facts.pending.get(id) ?? []);
  const isBarred = changes.some(
    (change) =>
      change.held ||
      (change.alone && changes.length > 1) ||
      isShutOut(change, snapshot) ||
      !itemOf.has(change.id) ||
      change.needs.some((need) => !facts.pending.has(need) && !hasLanded(need, facts)),
  );
  const predicted = unit.flatMap((change) => change.predictedPass ?? []);
  const gates = unit.flatMap((change) => change.gateMs ?? []);
  return {
    members: unit.map((change) => change.id),
    closure: isBarred ? null : [...new Set(changes.flatMap((change) => itemOf.get(change.id) ?? []))],
    alone: unit.some((change) => change.alone),
    predictedFail: predicted.length === 0 ? null : clampRate(1 - predicted.reduce((a, b) => a * b, 1)),
    gateMs: gates.length === 0 ? 0 : Math.max(...gates),
    weight: Math.max(...unit.map((change) => WEIGHTS[change.priority])) * unit.length,
  };
}

/** What nobody knows the time of takes what the others take in the mean. */
function withUsualGates(items: readonly Item[]): readonly Item[] {
  const known = items.filter((item) => item.gateMs > 0);
  if (known.length === 0 || known.length === items.length) return items;
  const usualMs = known.reduce((sum, item) => sum + item.gateMs, 0) / known.length;
  return items.map((item) => (item.gateMs > 0 ? item : { ...item, gateMs: usualMs }));
}

const WEIGHTS = [4, 2, 1, 0.8, 0.6] as const;

function clampRate(rate: number): number {
  return Math.min(0.97, Math.max(0.002, rate));
}

function scopesOf(
  units: readonly (readonly QueueChange[])[],
  landed: readonly ChangeId[],
  snapshot: QueueSnapshot,
): readonly (readonly string[] | null)[] {
  const departed = new Map((snapshot.departed ?? []).map((change) => [change.id, change.scopes]));
  return [
    ...units.map((unit) => unit.flatMap((change) => change.scopes)),
    ...landed.map((id) => departed.get(id) ?? null),
  ];
}

function clashRows(
  units: readonly (readonly QueueChange[])[],
  itemOf: ReadonlyMap<ChangeId, number>,
): readonly (Bits | null)[] {
  const rows: (Bits | null)[] = units.map(() => null);
  const note = (a: number, b: number): void => {
    const row = rows[a] ?? emptyBits(units.length);
    addBit(row, b);
    rows[a] = row;
  };
  units.forEach((unit, a) => {
    for (const id of unit.flatMap((change) => change.textConflicts)) {
      const b = itemOf.get(id);
      if (b === undefined) continue;
      note(a, b);
      note(b, a);
    }
  });
  return rows;
}

function translate(tree: Bits, places: readonly number[], size: number): Bits {
  const bits = emptyBits(size);
  for (const position of bitsIn(tree)) {
    const place = places[position] ?? -1;
    if (place >= 0) addBit(bits, place);
  }
  return bits;
}

function maximal(trees: readonly Bits[]): readonly Bits[] {
  const bySize = trees
    .map((bits) => ({ bits, count: countBits(bits) }))
    .toSorted((a, b) => b.count - a.count);
  const kept: Bits[] = [];
  for (const { bits } of bySize) if (!kept.some((larger) => isSubset(bits, larger))) kept.push(bits);
  return kept;
}

function clearedRows(greens: readonly Bits[], size: number): readonly Bits[] {
  const rows = Array.from({ length: size }, () => emptyBits(size));
  for (const green of greens) {
    for (const member of bitsIn(green)) rows[member] = union(rows[member] ?? green, green);
  }
  return rows;
}

function redTrees(
  trees: readonly KnownTree[],
  toUniverse: (tree: Bits) => Bits,
  itemCount: number,
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): readonly RedTree[] {
  const flakeRate = snapshot.flakeRate ?? 0;
  const present = presentIn(facts);
  const found: { readonly red: RedTree; readonly count: number }[] = [];
  for (const tree of trees) {
    if (tree.red === null || tree.green !== null || !isSubset(tree.bits, present)) continue;
    const bits = toUniverse(tree.bits);
    const items = bitsIn(bits).filter((place) => place < itemCount);
    if (items.length === 0) continue;
    const isCertain = flakeRate <= 0 || tree.redTries > 1;
    const itemBits = firstOf(bits, itemCount);
    const red = { bits, items, itemBits, flake: Math.max(1e-5, flakeRate ** tree.redTries), isCertain };
    found.push({ red, count: countBits(bits) });
  }
  found.sort((a, b) => a.count - b.count);
  const kept: RedTree[] = [];
  for (const { red } of found) {
    if (kept.length >= MOST_REDS) break;
    if (!kept.some((smaller) => isSubset(smaller.bits, red.bits))) kept.push(red);
  }
  return kept;
}

function redsOnTip(
  trees: readonly KnownTree[],
  toUniverse: (tree: Bits) => Bits,
  itemCount: number,
  facts: TreeFacts,
): Board['redsOnTip'] {
  const present = presentIn(facts);
  const found: { readonly bits: Bits; readonly size: number }[] = [];
  for (const tree of trees) {
    if (tree.red === null || tree.green !== null || !isSubset(facts.landed, tree.bits)) continue;
    if (!isSubset(tree.bits, present)) continue;
    const bits = firstOf(toUniverse(tree.bits), itemCount);
    found.push({ bits, size: countBits(bits) });
  }
  return found.slice(-MOST_REDS);
}

function runningTrees(
  snapshot: QueueSnapshot,
  facts: TreeFacts,
  universeOf: ReadonlyMap<ChangeId, number>,
  itemCount: number,
): readonly RunningTree[] {
  return snapshot.builds.flatMap((build) => {
    if (build.state !== 'running') return [];
    const members = new Set(build.members);
    const bits = emptyBits(universeOf.size);
    for (const id of [...snapshot.landed.slice(0, build.landedBefore), ...build.members]) {
      const place = universeOf.get(id);
      if (place !== undefined) addBit(bits, place);
    }
    const isWhole = build.members.every((id) => universeOf.has(id) || hasLanded(id, facts));
    const items = isWhole ? bitsIn(bits).filter((place) => place < itemCount) : [];
    const holdsTip = snapshot.landed.slice(build.landedBefore).every((id) => members.has(id));
    const itemBits = isWhole ? firstOf(bits, itemCount) : emptyBits(itemCount);
    return [{ build: build.id, bits, items, itemBits, holdsTip, startedAtMs: build.startedAtMs }];
  });
}

function triedKeys(
  trees: readonly KnownTree[],
  toUniverse: (tree: Bits) => Bits,
  itemCount: number,
  facts: TreeFacts,
): ReadonlySet<string> {
  const present = presentIn(facts);
  const keys = new Set<string>();
  for (const tree of trees) {
    if (!isSubset(tree.bits, present) || !isSubset(facts.landed, tree.bits)) continue;
    keys.add(treeKeyOf(firstOf(toUniverse(tree.bits), itemCount)));
  }
  return keys;
}

/** Pending or landed; a tree with anything else cannot land and explains nothing. */
function presentIn(facts: TreeFacts): Bits {
  const present = facts.landed.slice();
  for (const id of facts.pending.keys()) addBit(present, facts.positions.get(id) ?? 0);
  return present;
}

/** The members below `count`, as a set of that capacity. */
function firstOf(bits: Bits, count: number): Bits {
  const first = bits.slice(0, Math.max(1, (count + 31) >>> 5));
  const last = first.length - 1;
  const spare = count - (last << 5);
  if (spare < 32) first[last] = (first[last] ?? 0) & ((1 << spare) - 1);
  return first;
}

/** A set of items as text: equal sets of one board have equal keys. */
export function treeKeyOf(bits: Bits): string {
  let key = '';
  for (const word of bits) key += String.fromCharCode(word & 0xffff, word >>> 16);
  return key;
}

function testCounts(trees: readonly Bits[], itemCount: number): readonly number[] {
  return Array.from({ length: itemCount }, (_, item) => trees.filter((tree) => hasBit(tree, item)).length);
}
