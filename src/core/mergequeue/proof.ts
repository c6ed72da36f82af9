/** The only evidence that may eject: two trees, one red and one green, that differ by the change alone. */
import type { BuildId, ChangeId } from '../ids.ts';
import { isSameSet, without, type Bits } from './bit-set.ts';
import type { QueueSnapshot } from './model.ts';
import { unitOf } from './needs.ts';
import type { KnownTree, TreeFacts } from './tree-facts.ts';
import { changesIn, keyOf, redTriesToEject } from './tree-facts.ts';

export interface Proof {
  readonly changes: readonly ChangeId[];
  readonly red: BuildId;
  readonly green: BuildId | 'tip';
}

/**
 * The change (or circle of needs, judged as one) this red tree proves bad, with the pair of trees that proves it; null
 * when the tree proves nothing.
 */
export function proofAgainst(tree: KnownTree, snapshot: QueueSnapshot, facts: TreeFacts): Proof | null {
  if (tree.red === null || tree.green !== null) return null;
  const suspects = without(tree.bits, facts.landed);
  const changes = changesIn(suspects, facts);
  const first = changes[0];
  if (first === undefined || !changes.every((id) => facts.pending.has(id))) return null;
  if (changes.length > 1) {
    const unit = unitOf(first, facts.pending);
    if (changes.length !== unit.size || !changes.every((id) => unit.has(id))) return null;
  }
  if (triesAgainst(suspects, facts) < redTriesToEject(snapshot)) return null;
  const rest = keyOf(without(tree.bits, suspects));
  const green = facts.trees.get(rest)?.green ?? null;
  if (green !== null) return { changes, red: tree.red, green };
  return facts.publishedTips.has(rest) ? { changes, red: tree.red, green: 'tip' } : null;
}

/** Red runs in which only the suspects had not landed: on whichever tip, they speak about the same change. */
function triesAgainst(suspects: Bits, facts: TreeFacts): number {
  let tries = 0;
  for (const tree of facts.trees.values()) {
    if (tree.red !== null && tree.green === null && isSameSet(without(tree.bits, facts.landed), suspects)) {
      tries += tree.redTries;
    }
  }
  return tries;
}
