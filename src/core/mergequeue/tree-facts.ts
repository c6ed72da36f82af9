/**
 * What is known about trees. A tree is the set of changes it holds beyond the state the queue began on; the order of
 * merging is not part of it, because merges that do not conflict commute (execution compares git tree ids before it
 * publishes, so a pair that does not commute costs a run, never a wrong landing).
 */
import { assertNever } from '../../kit/assert.ts';
import type { BuildId, ChangeId } from '../ids.ts';
import type { QueueBuild, QueueChange, QueueSnapshot } from './model.ts';

/** A set of changes as text: equal sets have equal keys. */
export type TreeKey = string;

export interface KnownTree {
  readonly key: TreeKey;
  readonly changes: ReadonlySet<ChangeId>;
  /** One run that came out green, if any did: it outweighs red runs of the same tree. */
  readonly green: BuildId | null;
  /** The first run that came out red. */
  readonly red: BuildId | null;
  /** How often it came out red, counting repeats inside a build. */
  readonly redTries: number;
  readonly running: BuildId | null;
}

export interface TreeFacts {
  readonly landed: ReadonlySet<ChangeId>;
  readonly tip: TreeKey;
  readonly pending: ReadonlyMap<ChangeId, QueueChange>;
  readonly ejected: ReadonlySet<ChangeId>;
  readonly trees: ReadonlyMap<TreeKey, KnownTree>;
  /** States the target was published in, as far as builds tell: each was green when it was published. */
  readonly publishedTips: ReadonlySet<TreeKey>;
}

export function treeKey(changes: Iterable<ChangeId>): TreeKey {
  return [...new Set(changes)].toSorted().join('\n');
}

/** Everything the tree of a build holds: the tip at its start and its members. */
export function treeOf(build: QueueBuild, snapshot: QueueSnapshot): ReadonlySet<ChangeId> {
  return new Set([...snapshot.landed.slice(0, build.landedBefore), ...build.members]);
}

/** Runs a red tree needs before it may eject: 1, or 2 where gates are flaky. */
export function redTriesToEject(snapshot: QueueSnapshot): number {
  return (snapshot.flakeRate ?? 0) > 0 ? 2 : 1;
}

/** Whether a closed tree keeps this change out of new builds and of the target. */
export function isShutOut(change: QueueChange, snapshot: QueueSnapshot): boolean {
  return snapshot.closedTo !== undefined && change.priority > snapshot.closedTo;
}

export function treeFacts(snapshot: QueueSnapshot): TreeFacts {
  const trees = new Map<TreeKey, KnownTree>();
  const publishedTips = new Set<TreeKey>([treeKey(snapshot.landed)]);
  for (const build of snapshot.builds) {
    const changes = treeOf(build, snapshot);
    const key = treeKey(changes);
    publishedTips.add(treeKey(snapshot.landed.slice(0, build.landedBefore)));
    trees.set(key, withResult(trees.get(key) ?? unknownTree(key, changes), build));
  }
  return {
    landed: new Set(snapshot.landed),
    tip: treeKey(snapshot.landed),
    pending: new Map(snapshot.pending.map((change) => [change.id, change])),
    ejected: new Set(snapshot.ejected.map((entry) => entry.id)),
    trees,
    publishedTips,
  };
}

function unknownTree(key: TreeKey, changes: ReadonlySet<ChangeId>): KnownTree {
  return { key, changes, green: null, red: null, redTries: 0, running: null };
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
