/**
 * Verdicts: what the evidence of a snapshot proves. No strategy has a part in them, so a wrong plan can cost time but
 * never a red target or a good change.
 *
 * land   a tree that ran green and holds the whole present tip becomes the tip.
 * eject  a change c is out when a red tree consists of c and of changes that have all landed, and the same tree
 *        without c ran green or was a published tip. Inference from overlapping results never ejects.
 */
import type { ChangeId } from '../ids.ts';
import { hasBit } from './bit-set.ts';
import type { QueueBuild, QueueSnapshot, QueueVerdict } from './model.ts';
import { unitOf } from './needs.ts';
import { proofAgainst } from './proof.ts';
import { rescuesOf } from './rescue.ts';
import type { KnownTree, TreeFacts } from './tree-facts.ts';
import { changesIn, hasLanded, isShutOut, treeFacts } from './tree-facts.ts';

/**
 * The verdicts that hold now: either one landing (the largest), or every ejection. A landing changes what the rest
 * means, so record what is returned and ask again until the answer is empty.
 */
export function verdictsOf(snapshot: QueueSnapshot): QueueVerdict[] {
  const facts = treeFacts(snapshot);
  const landing = largestLanding(snapshot, facts);
  return landing === null ? ejections(snapshot, facts) : [landing];
}

/**
 * What landing this green build would add to the present tip, in its merge order; null when its tree lacks something
 * of the tip, or holds a change that may not land now (ejected, held, shut out by a closed tree).
 */
export function landingOf(
  build: QueueBuild,
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): readonly ChangeId[] | null {
  const inBuild = new Set(build.members);
  if (snapshot.landed.slice(build.landedBefore).some((id) => !inBuild.has(id))) return null;
  const added = build.members.filter((id) => !hasLanded(id, facts));
  const isFree = (id: ChangeId): boolean => {
    const change = facts.pending.get(id);
    return change !== undefined && !change.held && !isShutOut(change, snapshot);
  };
  const first = added[0];
  if (first === undefined || !added.every(isFree)) return null;
  const reachable = new Set(added);
  const hasNeeds = added.every((id) =>
    (facts.pending.get(id)?.needs ?? []).every((need) => hasLanded(need, facts) || reachable.has(need)),
  );
  if (!hasNeeds) return null;
  if (snapshot.everyCommit === true && added.length > unitOf(first, facts.pending).size) return null;
  return added;
}

function largestLanding(snapshot: QueueSnapshot, facts: TreeFacts): QueueVerdict | null {
  let best: { build: QueueBuild; members: readonly ChangeId[] } | null = null;
  for (const build of snapshot.builds) {
    if (build.state !== 'green') continue;
    const members = landingOf(build, snapshot, facts);
    if (members === null) continue;
    if (best === null || members.length > best.members.length) best = { build, members };
  }
  return best === null ? null : { kind: 'land', build: best.build.id, members: best.members };
}

function ejections(snapshot: QueueSnapshot, facts: TreeFacts): QueueVerdict[] {
  const rescues = rescuesOf(snapshot, facts);
  const out = new Map<ChangeId, QueueVerdict>();
  for (const tree of facts.trees.values()) {
    const proof = proofAgainst(tree, snapshot, facts);
    if (proof === null || proof.changes.some((id) => rescues.held.has(id) || out.has(id))) continue;
    const confidence = confidenceOf(tree, snapshot, facts);
    for (const change of proof.changes) {
      out.set(change, {
        kind: 'eject',
        change,
        because: wasGreen(change, facts) ? 'conflict' : 'broken',
        evidence: { red: proof.red, green: proof.green },
        ...(confidence < 1 ? { confidence } : {}),
      });
    }
  }
  return [...out.values()];
}

function wasGreen(id: ChangeId, facts: TreeFacts): boolean {
  const position = facts.positions.get(id) ?? 0;
  return [...facts.trees.values()].some((tree) => tree.green !== null && hasBit(tree.bits, position));
}

/** Bayes' rule on n red runs of a tree whose only suspect is the change; 1 when gates are not known to be flaky. */
function confidenceOf(tree: KnownTree, snapshot: QueueSnapshot, facts: TreeFacts): number {
  const flake = snapshot.flakeRate ?? 0;
  if (flake <= 0) return 1;
  const suspect = changesIn(tree.bits, facts).find((id) => facts.pending.has(id));
  const change = suspect === undefined ? undefined : facts.pending.get(suspect);
  const prior = Math.min(0.99, Math.max(0.01, 1 - (change?.predictedPass ?? 0.9)));
  return prior / (prior + (1 - prior) * Math.min(1, flake) ** tree.redTries);
}
