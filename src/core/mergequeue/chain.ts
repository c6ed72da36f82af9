/**
 * The chain: each change is tested on top of all before it that are not failing, so a change that finds a free slot
 * starts at once and lands with its first green run. Slots left over test it without one of those before it. Best where
 * changes arrive one by one and slots are free; the chain alone is also the only shape that gives every landed change a
 * green tree of its own (`everyCommit`).
 */
import type { ChangeId } from '../ids.ts';
import type { QueueChange, QueuePlanner, QueueProposal, QueueSnapshot } from './model.ts';
import { isSubset } from './bit-set.ts';
import { needsFirst, unitOf } from './needs.ts';
import { rescuesOf } from './rescue.ts';
import { inServingOrder } from './serial.ts';
import {
  hasLanded,
  isShutOut,
  keyOf,
  knownTreeOnTip,
  redTriesToEject,
  treeFacts,
  treeOnTip,
  type KnownTree,
  type TreeFacts,
  type TreeKey,
} from './tree-facts.ts';

export interface ChainLink {
  readonly members: readonly ChangeId[];
  /** Known about the tree on the present tip. */
  readonly known: KnownTree | null;
  readonly repeats: boolean;
}

export const chainPlanner: QueuePlanner = (snapshot) => {
  const facts = treeFacts(snapshot);
  const rescues = rescuesOf(snapshot, facts);
  const links = chainOf(snapshot, facts);
  const wanted = withoutRepetition(
    [
      ...rescues.wanted.map((members) => linkFor(needsFirst(members, facts.pending), snapshot, facts)),
      ...links,
      ...(snapshot.everyCommit === true ? [] : detoursOf(links, snapshot, facts)),
    ],
    facts,
  );
  const kept = new Set(rescues.awaited);
  const starts: QueueProposal[] = [];
  for (const link of wanted) {
    if (kept.size + starts.length >= snapshot.slots) break;
    const running = link.known?.running ?? null;
    const start = running === null ? startOf(link) : null;
    if (running !== null) kept.add(running);
    if (start !== null) starts.push(start);
  }
  const cancels = snapshot.builds.flatMap((build): QueueProposal[] =>
    build.state !== 'running' || kept.has(build.id)
      ? []
      : [
          {
            kind: 'cancel',
            build: build.id,
            because: 'its tree cannot land or its slot is needed by the chain',
          },
        ],
  );
  return [...cancels, ...starts];
};

/**
 * For the slots the chain leaves free: its trees without one change whose own result is open. When that change fails,
 * what is behind it has been tested already. The shortest come first, they are the likeliest to be of use.
 */
function detoursOf(
  links: readonly ChainLink[],
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): readonly ChainLink[] {
  const open = new Set(links.flatMap((link) => (link.known?.green == null ? [link.members.at(-1)] : [])));
  return links
    .flatMap(({ members }) =>
      members.slice(0, -1).flatMap((out): ChainLink[] => {
        const others = members.filter((id) => id !== out);
        const isPossible = open.has(out) && others.every((id) => fits(id, others, snapshot, facts));
        const link = isPossible ? linkFor(others, snapshot, facts) : null;
        const isOpen = link !== null && link.known?.green == null && link.known?.red == null;
        return isOpen && !isFailing(link, facts) ? [link] : [];
      }),
    )
    .toSorted((a, b) => a.members.length - b.members.length);
}

/** A rescue may be a link of the chain as well: one tree, one run. */
function withoutRepetition(links: readonly ChainLink[], facts: TreeFacts): readonly ChainLink[] {
  const seen = new Set<TreeKey>();
  return links.filter((link) => {
    const key = keyOf(treeOnTip(link.members, facts) ?? facts.landed);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** The start of a link that has no result and does not run; null otherwise. */
export function startOf(link: ChainLink): QueueProposal | null {
  const { known, members } = link;
  if (known === null) {
    return {
      kind: 'start',
      members,
      because: `tests ${members.at(-1) ?? ''} on top of the ${String(members.length - 1)} before it`,
    };
  }
  if (known.running !== null || known.green !== null || known.red === null || !link.repeats) return null;
  return {
    kind: 'start',
    members,
    repeats: known.red,
    because: 'repeats a red run: gates are flaky, one is not proof',
  };
}

/** The chain in serving order; a change whose tree is red is left out of the trees behind it. */
export function chainOf(snapshot: QueueSnapshot, facts: TreeFacts): readonly ChainLink[] {
  const links: ChainLink[] = [];
  const placed = new Set<ChangeId>();
  let ahead: readonly ChangeId[] = [];
  for (const change of inServingOrder(snapshot.pending)) {
    if (placed.has(change.id)) continue;
    const unit =
      change.needs.length === 0
        ? [change.id]
        : needsFirst([...unitOf(change.id, facts.pending)], facts.pending);
    for (const id of unit) placed.add(id);
    const isAlone = unit.some((id) => facts.pending.get(id)?.alone === true);
    const members = [...ahead, ...unit];
    if ((isAlone && ahead.length > 0) || !unit.every((id) => fits(id, members, snapshot, facts))) continue;
    const link = linkFor(members, snapshot, facts);
    links.push(link);
    if (isAlone) break;
    // A red link is judged when what is ahead of it has landed; nothing needs to run for that.
    if (!isFailing(link, facts)) ahead = members;
  }
  return links;
}

function linkFor(members: readonly ChangeId[], snapshot: QueueSnapshot, facts: TreeFacts): ChainLink {
  const known = knownTreeOnTip(members, facts);
  return { members, known, repeats: (known?.redTries ?? 0) < redTriesToEject(snapshot) };
}

function isFailing(link: ChainLink, facts: TreeFacts): boolean {
  if (link.known !== null && link.known.green === null && link.known.red !== null) return !link.repeats;
  const tree = treeOnTip(link.members, facts);
  if (tree === null || link.known !== null) return false;
  return [...facts.trees.values()].some(
    (other) => other.red !== null && other.green === null && isSubset(other.bits, tree),
  );
}

function fits(
  id: ChangeId,
  members: readonly ChangeId[],
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): boolean {
  const change: QueueChange | undefined = facts.pending.get(id);
  if (change === undefined || change.held || isShutOut(change, snapshot)) return false;
  if (change.alone && members.length > 1) return false;
  if (!change.needs.every((need) => hasLanded(need, facts) || members.includes(need))) return false;
  return !members.some(
    (other) =>
      change.textConflicts.includes(other) || facts.pending.get(other)?.textConflicts.includes(id) === true,
  );
}

/**
 * Whether changes come one by one: few wait, and they did not arrive together. Then every change can have a slot of its
 * own from its arrival on, and no grouping beats that.
 */
export function isSteady(snapshot: QueueSnapshot): boolean {
  const arrivals = snapshot.pending.flatMap((change) => change.arrivedAtMs ?? []);
  if (arrivals.length < snapshot.pending.length || arrivals.length > snapshot.slots) return false;
  const gates = snapshot.pending.flatMap((change) => change.gateMs ?? []);
  const gateMs = gates.reduce((sum, ms) => sum + ms, 0) / Math.max(1, gates.length);
  const together = arrivals.map(
    (at) => arrivals.filter((other) => Math.abs(other - at) < gateMs / 20).length,
  );
  return Math.max(0, ...together) <= Math.max(1, arrivals.length / 2);
}
