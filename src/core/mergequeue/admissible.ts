/** The invariants of the queue as a filter behind every strategy: what it lets through can be executed safely. */
import type { ChangeId } from '../ids.ts';
import type { QueueChange, QueueProposal, QueueSnapshot } from './model.ts';
import type { TreeFacts, TreeKey } from './tree-facts.ts';
import { hasLanded, isShutOut, keyOf, treeFacts, treeOnTip } from './tree-facts.ts';

export type QueueRejection =
  | 'no-free-slot'
  | 'empty-tree'
  | 'duplicate-member'
  | 'not-pending'
  | 'already-landed'
  | 'ejected'
  | 'held'
  | 'tree-closed'
  | 'needs-missing'
  | 'needs-after-dependent'
  | 'text-conflict'
  | 'must-be-alone'
  | 'tree-known'
  | 'tree-running'
  | 'repeat-of-nothing'
  | 'commit-before-untested'
  | 'no-such-running-build';

export interface RejectedProposal {
  readonly proposal: QueueProposal;
  readonly because: QueueRejection;
  /** The changes it is about; empty when it is about the whole proposal. */
  readonly changes: readonly ChangeId[];
}

export interface AdmittedProposals {
  readonly accepted: readonly QueueProposal[];
  readonly rejected: readonly RejectedProposal[];
}

interface Floor {
  readonly facts: TreeFacts;
  readonly snapshot: QueueSnapshot;
  /** Running after the proposals accepted so far. */
  readonly running: Set<string>;
  readonly started: Set<TreeKey>;
  starts: number;
}

/** Judges proposals in order, each on top of those accepted before it: a cancel frees a slot for a later start. */
export function admissible(proposals: readonly QueueProposal[], snapshot: QueueSnapshot): AdmittedProposals {
  const running = snapshot.builds.filter((build) => build.state === 'running').map((build) => build.id);
  const floor: Floor = {
    facts: treeFacts(snapshot),
    snapshot,
    running: new Set(running),
    started: new Set(),
    starts: 0,
  };
  const accepted: QueueProposal[] = [];
  const rejected: RejectedProposal[] = [];
  for (const proposal of proposals) {
    const objection =
      proposal.kind === 'cancel' ? cancelObjection(proposal, floor) : startObjection(proposal, floor);
    if (objection !== null) {
      rejected.push({ proposal, ...objection });
      continue;
    }
    accepted.push(proposal);
    if (proposal.kind === 'cancel') floor.running.delete(proposal.build);
    else {
      floor.starts += 1;
      floor.started.add(keyOnTip(proposal.members, floor));
    }
  }
  return { accepted, rejected };
}

type Objection = { readonly because: QueueRejection; readonly changes: readonly ChangeId[] };
type Start = Extract<QueueProposal, { kind: 'start' }>;

function cancelObjection(
  proposal: Extract<QueueProposal, { kind: 'cancel' }>,
  floor: Floor,
): Objection | null {
  return floor.running.has(proposal.build) ? null : { because: 'no-such-running-build', changes: [] };
}

function startObjection(proposal: Start, floor: Floor): Objection | null {
  if (floor.running.size + floor.starts >= floor.snapshot.slots)
    return { because: 'no-free-slot', changes: [] };
  if (proposal.members.length === 0) return { because: 'empty-tree', changes: [] };
  const twice = proposal.members.filter((id, index) => proposal.members.indexOf(id) !== index);
  if (twice.length > 0) return { because: 'duplicate-member', changes: twice };
  for (const [index, id] of proposal.members.entries()) {
    const objection = memberObjection(id, index, proposal.members, floor);
    if (objection !== null) return objection;
  }
  return treeObjection(proposal, floor) ?? chainObjection(proposal, floor);
}

function memberObjection(
  id: ChangeId,
  index: number,
  members: readonly ChangeId[],
  { facts, snapshot }: Floor,
): Objection | null {
  if (hasLanded(id, facts)) return { because: 'already-landed', changes: [id] };
  if (facts.ejected.has(id)) return { because: 'ejected', changes: [id] };
  const change = facts.pending.get(id);
  if (change === undefined) return { because: 'not-pending', changes: [id] };
  if (change.held) return { because: 'held', changes: [id] };
  if (isShutOut(change, snapshot)) return { because: 'tree-closed', changes: [id] };
  if (change.alone && members.length > 1) return { because: 'must-be-alone', changes: [id] };
  const missing = change.needs.filter((need) => !hasLanded(need, facts) && !members.includes(need));
  if (missing.length > 0) return { because: 'needs-missing', changes: [id, ...missing] };
  const late = change.needs.find((need) => members.indexOf(need) > index && !isCircle(need, id, facts));
  if (late !== undefined) return { because: 'needs-after-dependent', changes: [id, late] };
  const clash = members.find((other) => conflictsInText(change, facts.pending.get(other)));
  return clash === undefined ? null : { because: 'text-conflict', changes: [id, clash] };
}

function isCircle(need: ChangeId, dependent: ChangeId, facts: TreeFacts): boolean {
  const seen = new Set<ChangeId>();
  const open = [need];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === dependent) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(facts.pending.get(next)?.needs ?? []));
  }
  return false;
}

function conflictsInText(change: QueueChange, other: QueueChange | undefined): boolean {
  if (other === undefined || other.id === change.id) return false;
  return change.textConflicts.includes(other.id) || other.textConflicts.includes(change.id);
}

function treeObjection(proposal: Start, floor: Floor): Objection | null {
  const key = keyOnTip(proposal.members, floor);
  const tree = floor.facts.trees.get(key);
  const isRunning = tree?.running !== undefined && tree.running !== null && floor.running.has(tree.running);
  if (isRunning || floor.started.has(key)) return { because: 'tree-running', changes: [] };
  if (proposal.repeats !== undefined) {
    const repeated = tree !== undefined && tree.red !== null && tree.green === null;
    return repeated ? null : { because: 'repeat-of-nothing', changes: [] };
  }
  const isKnown = tree !== undefined && (tree.green !== null || tree.red !== null);
  return isKnown ? { because: 'tree-known', changes: [] } : null;
}

/** With `everyCommit` the tree before the last change must be the tip, green, running or about to run. */
function chainObjection(proposal: Start, floor: Floor): Objection | null {
  if (floor.snapshot.everyCommit !== true || proposal.members.length === 1) return null;
  const circle = circleAtEnd(proposal.members, floor.facts);
  if (circle.size === proposal.members.length) return null;
  const before = keyOnTip(
    proposal.members.filter((id) => !circle.has(id)),
    floor,
  );
  const tree = floor.facts.trees.get(before);
  const isAlive = tree !== undefined && (tree.green !== null || tree.running !== null);
  return isAlive || floor.started.has(before) ? null : { because: 'commit-before-untested', changes: [] };
}

function circleAtEnd(members: readonly ChangeId[], facts: TreeFacts): ReadonlySet<ChangeId> {
  const last = members.at(-1);
  return new Set(
    members.filter(
      (id) => last !== undefined && (id === last || (isCircle(id, last, facts) && isCircle(last, id, facts))),
    ),
  );
}

function keyOnTip(members: readonly ChangeId[], floor: Floor): TreeKey {
  return keyOf(treeOnTip(members, floor.facts) ?? floor.facts.landed);
}
