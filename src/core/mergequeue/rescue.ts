/**
 * Changes that repair each other. Each of them is red alone, so strict evidence against both exists, and yet both are
 * good together. A proven change is kept a little longer when a tree with its likely partner is worth one run:
 *
 * declared    a pending change needs it: the two are tested together once.
 * shown       a green tree holds it on top of a tree that was red: that very set is tested on the present tip.
 * likely      two proven changes share a scope and a strategy had a slot to spare for their joint tree: its end is awaited.
 *
 * Each proven change gets one such run, so waiting is bounded by one gate time. A strategy must start `wanted`.
 */
import type { BuildId, ChangeId } from '../ids.ts';
import { hasBit, isSubset, without } from './bit-set.ts';
import type { QueueChange, QueueSnapshot } from './model.ts';
import { unitOf, withPendingNeeds } from './needs.ts';
import { proofAgainst } from './proof.ts';
import type { TreeFacts } from './tree-facts.ts';
import { changesIn, hasLanded, isShutOut, knownTreeOnTip } from './tree-facts.ts';

export interface Rescues {
  /** Proven changes that are not ejected yet. */
  readonly held: ReadonlySet<ChangeId>;
  /** Trees (beyond the tip) that must run before those can be decided; running ones are left out. */
  readonly wanted: readonly (readonly ChangeId[])[];
  /** The builds of such trees that run: a strategy lets them end. */
  readonly awaited: ReadonlySet<BuildId>;
}

export function rescuesOf(snapshot: QueueSnapshot, facts: TreeFacts): Rescues {
  const proven = provenChanges(snapshot, facts);
  const held = new Set<ChangeId>();
  const wanted: (readonly ChangeId[])[] = [];
  const awaited = new Set<BuildId>();
  const awaitRun = (joint: readonly ChangeId[]): void => {
    const running = knownTreeOnTip(joint, facts)?.running ?? null;
    if (running !== null) awaited.add(running);
  };
  const propose = (joint: readonly ChangeId[], saved: readonly ChangeId[]): boolean => {
    const state = jointState(joint, snapshot, facts);
    if (state === 'useless') return false;
    awaitRun(joint);
    if (state === 'untested' && !wanted.some((other) => isSameTree(other, joint))) wanted.push(joint);
    for (const id of saved) held.add(id);
    return true;
  };
  for (const id of proven) {
    const shown = shownTree(id, facts);
    if (shown !== null && propose(shown, [id])) continue;
    const dependent = oldestDependent(id, snapshot, facts);
    if (dependent !== null) propose([...withPendingNeeds(dependent.id, facts.pending)], [id]);
  }
  for (const [a, b] of likelyPairs(proven, held, facts)) {
    if (jointState([a, b], snapshot, facts) !== 'running') continue;
    awaitRun([a, b]);
    held.add(a);
    held.add(b);
  }
  return { held, wanted, awaited };
}

function isSameTree(a: readonly ChangeId[], b: readonly ChangeId[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}

function provenChanges(snapshot: QueueSnapshot, facts: TreeFacts): readonly ChangeId[] {
  const proven = new Set<ChangeId>();
  for (const tree of facts.trees.values()) {
    for (const id of proofAgainst(tree, snapshot, facts)?.changes ?? []) proven.add(id);
  }
  return [...proven].toSorted((a, b) => arrivalOf(a, facts) - arrivalOf(b, facts));
}

/** The unlanded part of a green tree that holds a red one with `id` in it: proof that something in it repairs `id`. */
function shownTree(id: ChangeId, facts: TreeFacts): readonly ChangeId[] | null {
  const position = facts.positions.get(id) ?? 0;
  const trees = [...facts.trees.values()].filter((tree) => hasBit(tree.bits, position));
  const reds = trees.filter((tree) => tree.red !== null && tree.green === null);
  for (const green of trees) {
    if (green.green === null) continue;
    if (reds.some((red) => isSubset(red.bits, green.bits)))
      return changesIn(without(green.bits, facts.landed), facts);
  }
  return null;
}

function oldestDependent(id: ChangeId, snapshot: QueueSnapshot, facts: TreeFacts): QueueChange | null {
  const unit = unitOf(id, facts.pending);
  const dependents = snapshot.pending.filter((change) => change.needs.includes(id) && !unit.has(change.id));
  return dependents.toSorted((a, b) => a.arrival - b.arrival)[0] ?? null;
}

function likelyPairs(
  proven: readonly ChangeId[],
  held: ReadonlySet<ChangeId>,
  facts: TreeFacts,
): readonly (readonly [ChangeId, ChangeId])[] {
  const pairs: [ChangeId, ChangeId][] = [];
  const open = proven.filter((id) => !held.has(id));
  open.forEach((a, index) => {
    for (const b of open.slice(index + 1)) if (shareScope(a, b, facts)) pairs.push([a, b]);
  });
  return pairs;
}

function jointState(
  joint: readonly ChangeId[],
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): 'untested' | 'running' | 'useless' {
  const changes = joint.map((id) => facts.pending.get(id));
  for (const change of changes) {
    if (change === undefined || change.held || change.alone || isShutOut(change, snapshot)) return 'useless';
    if (change.textConflicts.some((other) => joint.includes(other))) return 'useless';
    if (change.needs.some((need) => !joint.includes(need) && !hasLanded(need, facts))) return 'useless';
  }
  const tree = knownTreeOnTip(joint, facts);
  if (tree === null) return 'untested';
  return tree.running === null ? 'useless' : 'running';
}

export function shareScope(a: ChangeId, b: ChangeId, facts: TreeFacts): boolean {
  const scopes = facts.pending.get(b)?.scopes ?? [];
  return (facts.pending.get(a)?.scopes ?? []).some((scope) => scopes.includes(scope));
}

function arrivalOf(id: ChangeId, facts: TreeFacts): number {
  return facts.pending.get(id)?.arrival ?? 0;
}
