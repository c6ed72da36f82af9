/** The serial strategy: one build at a time, the tip and the most urgent, oldest change whose needs have landed. */
import type { ChangeId } from '../ids.ts';
import type { QueueChange, QueuePlanner, QueueProposal, QueueSnapshot } from './model.ts';
import { needsFirst, unitOf } from './needs.ts';
import { rescuesOf } from './rescue.ts';
import type { TreeFacts } from './tree-facts.ts';
import { hasLanded, isShutOut, knownTreeOnTip, redTriesToEject, treeFacts } from './tree-facts.ts';

export const serialPlanner: QueuePlanner = (snapshot) => {
  const facts = treeFacts(snapshot);
  const cancels = deadBuilds(snapshot, facts);
  const cancelled = new Set(cancels.map((cancel) => cancel.build));
  const isBusy = snapshot.builds.some((build) => build.state === 'running' && !cancelled.has(build.id));
  if (isBusy || snapshot.slots < 1) return cancels;
  const start = nextStart(snapshot, facts);
  return start === null ? cancels : [...cancels, start];
};

type Cancel = Extract<QueueProposal, { kind: 'cancel' }>;

function deadBuilds(snapshot: QueueSnapshot, facts: TreeFacts): readonly Cancel[] {
  const cancels: Cancel[] = [];
  for (const build of snapshot.builds) {
    if (build.state !== 'running') continue;
    const gone = build.members.find((id) => !hasLanded(id, facts) && !facts.pending.has(id));
    if (gone !== undefined) {
      cancels.push({
        kind: 'cancel',
        build: build.id,
        because: `${gone} left the queue, so its tree cannot land`,
      });
    }
  }
  return cancels;
}

function nextStart(snapshot: QueueSnapshot, facts: TreeFacts): QueueProposal | null {
  for (const joint of rescuesOf(snapshot, facts).wanted) {
    const members = needsFirst(joint, facts.pending);
    return {
      kind: 'start',
      members,
      because: `red alone, but ${members.join(' and ')} may repair each other`,
    };
  }
  for (const change of inServingOrder(snapshot.pending)) {
    const members = needsFirst([...unitOf(change.id, facts.pending)], facts.pending);
    if (!members.every((id) => isReady(id, members, snapshot, facts))) continue;
    const tree = knownTreeOnTip(members, facts);
    if (tree === null || (tree.green === null && tree.red === null)) {
      return { kind: 'start', members, because: `tests ${members.join(' with ')} on the tip: next in line` };
    }
    if (tree.green === null && tree.red !== null && tree.redTries < redTriesToEject(snapshot)) {
      const because = `repeats ${members.join(' with ')}: gates are flaky, one red run is not proof`;
      return { kind: 'start', members, repeats: tree.red, because };
    }
  }
  return null;
}

/** Most urgent first, then oldest, then by id. */
export function inServingOrder(changes: readonly QueueChange[]): readonly QueueChange[] {
  return changes.toSorted(
    (a, b) => a.priority - b.priority || a.arrival - b.arrival || (a.id < b.id ? -1 : Number(a.id > b.id)),
  );
}

function isReady(
  id: ChangeId,
  members: readonly ChangeId[],
  snapshot: QueueSnapshot,
  facts: TreeFacts,
): boolean {
  const change = facts.pending.get(id);
  if (change === undefined || change.held || isShutOut(change, snapshot)) return false;
  if (change.alone && members.length > 1) return false;
  if (change.textConflicts.some((other) => members.includes(other))) return false;
  return change.needs.every((need) => hasLanded(need, facts) || members.includes(need));
}
