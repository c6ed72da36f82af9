/**
 * The queues of the field, as strategies on the same snapshots. Each is written from its documented rule; landing and
 * ejection are common to all, so a rival never loses for being careless. All take changes in order of arrival.
 */
import type { ChangeId } from '../../src/core/ids.ts';
import type {
  QueueChange,
  QueuePlanner,
  QueueProposal,
  QueueSnapshot,
} from '../../src/core/mergequeue/index.ts';
import { isSubset } from '../../src/core/mergequeue/bit-set.ts';
import { inServingOrder } from '../../src/core/mergequeue/serial.ts';
import {
  knownTreeOnTip,
  treeFacts,
  treeOnTip,
  type TreeFacts,
} from '../../src/core/mergequeue/tree-facts.ts';

type Tree = readonly ChangeId[];

/** Zuul's dependent pipeline: each change on top of all before it that are not failing; `window` bounds the depth. */
export function zuul(window: 'fixed' | 'aimd'): QueuePlanner {
  let size = 20;
  let seen = { landed: 0, ejected: 0 };
  return (snapshot) => {
    const now = { landed: snapshot.landed.length, ejected: snapshot.ejected.length };
    size += now.landed - seen.landed;
    for (let failures = now.ejected - seen.ejected; failures > 0; failures--) size = Math.max(3, size >> 1);
    seen = now;
    const facts = treeFacts(snapshot);
    const wanted: Tree[] = [];
    let ahead: Tree = [];
    const depth = window === 'fixed' ? snapshot.pending.length : size;
    for (const change of inServingOrder(snapshot.pending).slice(0, depth)) {
      if (clashes(change, ahead, facts)) continue;
      const tree = [...ahead, change.id];
      if (knownTreeOnTip(tree, facts)?.red !== null && knownTreeOnTip(tree, facts) !== null) continue;
      wanted.push(tree);
      ahead = tree;
    }
    return towards(wanted, snapshot, facts);
  };
}

/** bors: everything waiting is one batch; a red batch is split in halves, tested one after the other. */
export function bors(): QueuePlanner {
  let batches: Tree[] = [];
  return (snapshot) => {
    const facts = treeFacts(snapshot);
    if (snapshot.builds.some((build) => build.state === 'running')) return [];
    const alive = (batch: Tree): Tree => batch.filter((id) => facts.pending.has(id));
    batches = batches.map(alive).filter((batch) => batch.length > 0);
    for (let steps = 0; steps < 2_000; steps++) {
      const batch = batches.shift() ?? mergeable(inServingOrder(snapshot.pending), facts);
      if (batch.length === 0) return [];
      const known = knownTreeOnTip(batch, facts);
      if (known === null) {
        batches.unshift(batch);
        return [start(batch, 'next batch')];
      }
      if (batch.length === 1) return [];
      const middle = Math.ceil(batch.length / 2);
      batches.unshift(batch.slice(0, middle), batch.slice(middle));
    }
    return [];
  };
}

/** Batch splitting (Mergify's rule): a red batch is cut in as many prefixes as there are checks; the last part is inferred. */
export const batchSplit: QueuePlanner = (snapshot) => {
  const facts = treeFacts(snapshot);
  if (snapshot.builds.some((build) => build.state === 'running')) return [];
  const suspect = smallestRed(snapshot, facts);
  if (suspect === null) {
    const batch = mergeable(inServingOrder(snapshot.pending), facts);
    return batch.length === 0 ? [] : [start(batch, 'whole batch')];
  }
  const parts = Math.min(suspect.length, snapshot.slots + 1);
  const prefixes = Array.from({ length: parts - 1 }, (_, part) =>
    suspect.slice(0, Math.ceil(((part + 1) * suspect.length) / parts)),
  );
  const fresh = prefixes.filter((prefix) => knownTreeOnTip(prefix, facts) === null);
  if (fresh.length > 0) return fresh.map((prefix) => start(prefix, 'part of a red batch'));
  const single = suspect.find((id) => knownTreeOnTip([id], facts) === null);
  return single === undefined ? [] : [start([single], 'last suspect')];
};

/** The part beyond the tip of the smallest red tree that holds nothing ejected, in queue order. */
function smallestRed(snapshot: QueueSnapshot, facts: TreeFacts): Tree | null {
  let best: Tree | null = null;
  for (const tree of facts.trees.values()) {
    if (tree.red === null) continue;
    const parts = inServingOrder(snapshot.pending).filter((change) => {
      const one = treeOnTip([change.id], facts);
      return (
        one !== null &&
        isSubset(
          one.map((word, at) => word & ~(facts.landed[at] ?? 0)),
          tree.bits,
        )
      );
    });
    const size = parts.length + facts.landedCount;
    const held = tree.bits.reduce((count, word) => count + ones(word), 0);
    if (held > size || parts.length === 0) continue;
    if (best === null || parts.length < best.length) best = parts.map((change) => change.id);
  }
  return best;
}

function ones(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}

/**
 * SubmitQueue: a path is a head on top of a choice of the changes before it; the likeliest paths run first, none is
 * preempted, and one whose assumption proved wrong is cancelled. The pass rate is learned from a prior of 1 in 10 broken.
 */
export const submitQueue: QueuePlanner = (snapshot) => {
  const facts = treeFacts(snapshot);
  const order = mergeable(inServingOrder(snapshot.pending), facts);
  const broken = (1 + snapshot.ejected.length) / (10 + snapshot.ejected.length + snapshot.landed.length);
  const paths = likeliestPaths(order, 1 - broken, snapshot.slots * 3 + 20, facts);
  return towards(paths, snapshot, facts, true);
};

/** Best-first over (head, changes left out); the k-th likeliest path is found without listing the others. */
function likeliestPaths(order: Tree, pass: number, count: number, facts: TreeFacts): Tree[] {
  interface Path {
    readonly head: number;
    readonly out: readonly number[];
    readonly chance: number;
  }
  const deepest = Math.min(order.length, count + 8);
  const drop = (1 - pass) / pass;
  const open: Path[] = Array.from({ length: deepest }, (_, head) => ({
    head,
    out: [],
    chance: pass ** head,
  }));
  const found: Tree[] = [];
  const rank = (a: Path, b: Path): number =>
    b.chance - a.chance || a.out.length - b.out.length || a.head - b.head;
  for (let visited = 0; found.length < count && visited < count * 8; visited++) {
    open.sort(rank);
    const path = open.shift();
    if (path === undefined) break;
    for (let extra = (path.out.at(-1) ?? -1) + 1; extra < path.head; extra++) {
      open.push({ head: path.head, out: [...path.out, extra], chance: path.chance * drop });
    }
    const tree = order.slice(0, path.head + 1).filter((_, index) => !path.out.includes(index));
    const isRefuted = path.out.some((index) => isCertainlyGood(order, index, facts)) || holdsRed(tree, facts);
    if (!hasResult(tree, facts) && !isRefuted) found.push(tree);
  }
  return found;
}

function isCertainlyGood(order: Tree, index: number, facts: TreeFacts): boolean {
  const known = knownTreeOnTip(order.slice(0, index + 1), facts);
  return known !== null && known.green !== null;
}

/** A red tree inside this one (never for a change alone, whose run is the proof), made of the tip and members: the path cannot come true. */
function holdsRed(tree: Tree, facts: TreeFacts): boolean {
  if (tree.length === 1) return false;
  const bits = treeOnTip(tree, facts);
  return (
    bits !== null &&
    [...facts.trees.values()].some((known) => known.red !== null && isSubset(known.bits, bits))
  );
}

/**
 * Known outcomes, one build per change: every change is built once, on top of the good ones before it. What a queue that
 * predicts perfectly but never groups can reach.
 */
export function oracle(
  isBroken: (id: string) => boolean,
  conflict: (a: string, b: string) => boolean,
): QueuePlanner {
  return (snapshot) => {
    const facts = treeFacts(snapshot);
    const good: ChangeId[] = [...snapshot.landed];
    const trees: Tree[] = [];
    for (const change of inServingOrder(snapshot.pending)) {
      const ahead = good.slice(snapshot.landed.length);
      if (clashes(change, ahead, facts)) continue;
      trees.push([...ahead, change.id]);
      if (!isBroken(change.id) && !good.some((other) => conflict(change.id, other))) good.push(change.id);
    }
    return towards(
      trees.filter((tree) => !hasResult(tree, facts)),
      snapshot,
      facts,
    );
  };
}

function hasResult(tree: Tree, facts: TreeFacts): boolean {
  const known = knownTreeOnTip(tree, facts);
  return known !== null && (known.green !== null || known.red !== null);
}

/** Starts the first trees that do not run yet; cancels what is not wanted (or, sticky, only what cannot land). */
function towards(
  wanted: readonly Tree[],
  snapshot: QueueSnapshot,
  facts: TreeFacts,
  isSticky = false,
): QueueProposal[] {
  const proposals: QueueProposal[] = [];
  const running = new Set(wanted.flatMap((tree) => knownTreeOnTip(tree, facts)?.running ?? []));
  let free = snapshot.slots;
  for (const build of snapshot.builds) {
    if (build.state !== 'running') continue;
    const rest = build.members.filter((id) => !facts.positions.has(id) || facts.pending.has(id));
    const isGone = build.members.some((id) => facts.ejected.has(id)) || rest.length === 0;
    const isKept =
      running.has(build.id) ||
      (isSticky &&
        !isGone &&
        holdsTip(build.members, build.landedBefore, snapshot) &&
        !holdsRed(rest, facts));
    if (isKept) free -= 1;
    else proposals.push({ kind: 'cancel', build: build.id, because: 'no longer on a wanted path' });
  }
  for (const tree of wanted) {
    if (free <= 0) break;
    if (knownTreeOnTip(tree, facts) !== null) continue;
    proposals.push(start(tree, 'next path'));
    free -= 1;
  }
  return proposals;
}

function holdsTip(members: Tree, landedBefore: number, snapshot: QueueSnapshot): boolean {
  return snapshot.landed.slice(landedBefore).every((id) => members.includes(id));
}

function mergeable(order: readonly QueueChange[], facts: TreeFacts): ChangeId[] {
  const taken: ChangeId[] = [];
  for (const change of order) if (!clashes(change, taken, facts)) taken.push(change.id);
  return taken;
}

function clashes(change: QueueChange, others: Tree, facts: TreeFacts): boolean {
  return others.some(
    (other) =>
      change.textConflicts.includes(other) ||
      facts.pending.get(other)?.textConflicts.includes(change.id) === true,
  );
}

function start(members: Tree, because: string): QueueProposal {
  return { kind: 'start', members, because };
}
