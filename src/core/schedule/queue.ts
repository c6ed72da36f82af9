/** What the merge queue does next: take branches in, land what is proven, eject on evidence, test what the planner asks. */
import { admissible } from '../mergequeue/admissible.ts';
import { waitUntil } from '../mergequeue/patience.ts';
import { verdictsOf } from '../mergequeue/verdicts.ts';
import type { QueueSnapshot, QueueVerdict } from '../mergequeue/model.ts';
import type { BuildId } from '../ids.ts';
import type { ChangeState, RunState } from '../run/state.ts';
import type { Decided, Decision, Policy, Snapshot } from './snapshot.ts';
import { blame } from './blame.ts';
import { conflictSteps, foundConflicts } from './conflicts.ts';
import { strandedEjections } from './queue-needs.ts';
import { waitingChanges } from './queue-order.ts';
import { queueView } from './queue-snapshot.ts';
import { freeSlot, lockTaken } from './slots.ts';

const NOTHING: Decided = { decisions: [], wakeAtMs: null };

export function decideQueue(snapshot: Snapshot, policy: Policy): Decided {
  const { state } = snapshot;
  const { queue } = state;
  if (queue.changes.size === 0) return NOTHING;
  if (!queue.isOpen) return { decisions: closed(state), wakeAtMs: null };
  if (snapshot.target.relation === 'unsettled') return NOTHING;
  if (!isWhereItWas(snapshot)) return moved(snapshot);
  if (queue.trouble !== null && queue.trouble.notBeforeMs > snapshot.nowMs)
    return { decisions: [], wakeAtMs: queue.trouble.notBeforeMs };
  const taken = withdrawals(state);
  const found = taken.length > 0 ? taken : foundConflicts(state);
  const resolving = found.length > 0 ? found : conflictSteps(snapshot);
  const takeIns = [...takeInBranches(state), ...resolving];
  if (resolving.some((decision) => decision.kind === 'record')) return { decisions: takeIns, wakeAtMs: null };
  const view = queueView(snapshot);
  const stranded = strandedEjections(view, state);
  if (stranded.length > 0) return { decisions: [...takeIns, ...stranded], wakeAtMs: null };
  const isClosed = queue.closedFor !== null && queue.closedFor.below === null;
  const wakeAtMs = waitUntil(view);
  const verdicts = verdictsOf(view)
    .filter((verdict) => verdict.kind === 'eject' || !(isClosed || wakeAtMs !== null))
    .flatMap((verdict) => onVerdict(verdict, state, snapshot));
  if (verdicts.some((decision) => decision.kind === 'record'))
    return { decisions: [...takeIns, ...verdicts], wakeAtMs: null };
  const tests = snapshot.isDraining ? [] : testBuilds(state);
  const isBarred = queue.held !== null || isClosed || isStopped(state);
  const canStart = state.life.kind === 'running' && !snapshot.isDraining && !isBarred;
  // What is built on the tip of this moment is void some milliseconds later, and its gate then in the way of the next.
  const isLanding = isOpenStep(state, 'publish') || verdicts.length > 0;
  const canPropose = canStart && !isLanding && !isTakingIn(state);
  const proposed = canPropose ? proposals(view, snapshot, policy) : [];
  return { decisions: [...takeIns, ...verdicts, ...tests, ...proposed], wakeAtMs };
}

/** `merge.on_failure: stop`: nothing more is tested once a change was ejected. */
function isStopped(state: RunState): boolean {
  if (state.plan.merge.onFailure !== 'stop') return false;
  return [...state.queue.changes.values()].some(
    (change) => change.state.kind === 'ejected' && change.state.because !== 'withdrawn',
  );
}

/** A branch takes milliseconds to be taken in: the first trees are chosen among all that were named, not the first few. */
function isTakingIn(state: RunState): boolean {
  if (isOpenStep(state, 'take-in-branch')) return true;
  return [...state.queue.changes.values()].some((change) => change.state.kind === 'announced');
}

function isOpenStep(state: RunState, kind: 'publish' | 'make-build' | 'take-in-branch'): boolean {
  return [...state.intents.values()].some(({ step }) => step.kind === kind);
}

function closed(state: RunState): readonly Decision[] {
  return [...state.tasks.values()]
    .filter((task) => task.progress.kind === 'queued')
    .map((task) => ({
      kind: 'record',
      event: {
        kind: 'task.needs_person',
        task: task.task.id,
        cause: 'target',
        detail: `${state.queue.closedBecause ?? 'the queue is closed'}; nothing more is landed on ${state.target} in this run`,
        files: [],
      },
    }));
}

/** The snapshot keeps what was seen; once recorded, that is where the target was. */
function isWhereItWas({ state, target }: Snapshot): boolean {
  return target.relation === 'same' || target.tip === state.queue.tip;
}

function moved(snapshot: Snapshot): Decided {
  const { state, target } = snapshot;
  // The publish under way may be the very move that was seen; its own outcome says so.
  if (isOpenStep(state, 'publish') || target.relation === 'same' || target.relation === 'unsettled')
    return NOTHING;
  const { tip } = state.queue;
  return {
    decisions: [
      {
        kind: 'record',
        event: { kind: 'target.moved', intent: null, from: tip, to: target.tip, how: target.relation },
      },
    ],
    wakeAtMs: null,
  };
}

function takeInBranches(state: RunState): readonly Decision[] {
  const open = new Set(
    [...state.intents.values()].map(({ step }) => (step.kind === 'take-in-branch' ? step.change : null)),
  );
  return [...state.queue.changes.values()]
    .filter((change) => change.state.kind === 'announced' && !open.has(change.id))
    .map((change) => ({
      kind: 'act',
      step: { kind: 'take-in-branch', branch: change.branch, change: change.id },
      because: 'it was named to be landed',
    }));
}

/** Not while it is being published: the outcome of that says whether there is anything left to withdraw. */
function withdrawals(state: RunState): readonly Decision[] {
  return waitingChanges(state).flatMap((change): readonly Decision[] => {
    const by = change.standing.ejectRequestedBy;
    return by === null || isBeingPublished(change, state) ? [] : [withdrawal(change, by)];
  });
}

function isBeingPublished(change: ChangeState, state: RunState): boolean {
  return [...state.intents.values()].some(
    ({ step }) => step.kind === 'publish' && step.members.includes(change.id),
  );
}

function withdrawal(change: ChangeState, by: string): Decision {
  return {
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change: change.id,
      because: 'withdrawn',
      detail: `withdrawn by ${by}`,
      red: null,
      green: null,
      files: [],
    },
  };
}

function onVerdict(verdict: QueueVerdict, state: RunState, snapshot: Snapshot): readonly Decision[] {
  if (verdict.kind === 'eject') return blame(verdict, state);
  const build = state.queue.builds.get(verdict.build);
  if (build === undefined || isOpenStep(state, 'publish')) return [];
  if (state.queue.held !== null && !snapshot.isHeldCheckoutClean) return [];
  return [
    {
      kind: 'act',
      step: {
        kind: 'publish',
        build: build.id,
        from: state.queue.tip,
        members: verdict.members,
        dateMs: snapshot.nowMs,
      },
      because: `all blocker gates passed on exactly this tree (${build.tree ?? 'unknown'})`,
    },
  ];
}

function testBuilds(state: RunState): readonly Decision[] {
  const busy = new Set<BuildId>();
  for (const { step } of state.intents.values()) {
    if (step.kind === 'run-gates' && step.subject.kind === 'build') busy.add(step.subject.build);
  }
  const taken = new Set<string>();
  const decisions: Decision[] = [];
  for (const build of state.queue.builds.values()) {
    const last = build.commits.at(-1);
    if (build.state !== 'made' || busy.has(build.id) || last === undefined || build.tree === null) continue;
    const subject = { kind: 'build', build: build.id } as const;
    const slot = freeSlot(state, 'queue', state.plan.merge.slots, taken);
    if (slot === null || lockTaken(state, subject)) continue;
    taken.add(slot);
    const { tip, tree } = build;
    const fresh = build.repeats !== null;
    decisions.push({
      kind: 'act',
      step: { kind: 'run-gates', subject, commit: last.commit, tree, base: tip, slot, fresh },
      because: build.because,
    });
  }
  return decisions;
}

function proposals(view: QueueSnapshot, snapshot: Snapshot, policy: Policy): readonly Decision[] {
  const { state } = snapshot;
  const decisions: Decision[] = [];
  let next = state.counters.builds;
  const { accepted } = admissible(policy.planner(view, state.options.seed), view);
  for (const proposal of accepted) {
    if (proposal.kind === 'cancel') {
      const event = { kind: 'build.cancelled', build: proposal.build, because: proposal.because } as const;
      decisions.push({ kind: 'record', event });
      continue;
    }
    next += 1;
    decisions.push({
      kind: 'act',
      step: {
        kind: 'make-build',
        build: `build-${next}` as BuildId,
        members: proposal.members,
        tip: state.queue.tip,
        dateMs: snapshot.nowMs,
        repeats: proposal.repeats ?? null,
      },
      because: proposal.because,
    });
  }
  return decisions;
}
