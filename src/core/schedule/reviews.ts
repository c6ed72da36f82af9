/** Reviews: what follows for a task whose gates are green, and which reviewer starts now, in which checkout. */
import { assertNever } from '../../kit/assert.ts';
import { accountOf, parkedNow } from '../agents/accounts.ts';
import type { ReviewPolicy } from '../review/model.ts';
import { openFindings } from '../review/model.ts';
import { nextReviewStep, type ReviewStep, reviewSummary } from '../review/next.ts';
import type { RunState, TaskState } from '../run/state.ts';
import { budgetEnd, budgetHold } from './budget.ts';
import { resolversAtWork } from './conflicts.ts';
import { machineHold, parallelLimit, usesSlot } from './limits.ts';
import { urgency } from './order.ts';
import type { Decided, Decision, Snapshot } from './snapshot.ts';
import { taskIntent } from './tasks.ts';
import { earliest } from './wake.ts';

const MACHINE_RECHECK_MS = 2_000;

/** The policy for the wave the task is on; null when nobody judges it. */
export function reviewPolicy(task: TaskState): ReviewPolicy | null {
  const wave = task.task.waves[task.wave - 1];
  return wave?.isReviewed === false ? null : (task.task.review ?? null);
}

/** Where the review of the task stands; `pass` while its gates are not green on a known tree. */
export function reviewStepOf(task: TaskState): ReviewStep {
  const { progress, workspace } = task;
  if (progress.kind !== 'green') return { kind: 'pass' };
  const { head, tree } = progress;
  const base = task.waves.findLast((wave) => wave.number < task.wave)?.head ?? workspace?.base ?? head;
  return nextReviewStep(task.review, { wave: task.wave, head, tree, base }, reviewPolicy(task));
}

/** What is recorded next; null when nothing is in the way, `waits` when a reviewer is to start or at work. */
export function afterGreen(task: TaskState, state: RunState): Decision | 'waits' | null {
  const step = reviewStepOf(task);
  const policy = reviewPolicy(task);
  switch (step.kind) {
    case 'pass':
      return null;
    case 'review': {
      const end = budgetEnd(task, state) ?? refusedLogin(task, policy, state);
      return end === null ? 'waits' : record(end);
    }
    case 'fix':
      return sentBack(task, step.because);
    case 'stop':
      return stopped(task, policy, step.because);
    case 'error':
    case 'look':
      return person(task, 'review', `${step.because}; ${reviewSummary(task.review)}`);
    default:
      return assertNever(step);
  }
}

/** The author goes on with its conversation and is given every open finding; it costs none of its retries. */
export function sentBack(task: TaskState, because: string): Decision {
  return record({
    kind: 'task.retry',
    task: task.task.id,
    cause: 'review',
    isFree: true,
    agent: task.agent,
    notBeforeMs: 0,
    feedback: { summary: because, logs: [], isReview: true },
    onto: null,
  });
}

/** The review ends without agreement: its author had findings and changed nothing, or the rules of `core/review` say so. */
export function stopped(task: TaskState, policy: ReviewPolicy | null, because: string): Decision {
  const detail = `review: ${because}; ${reviewSummary(task.review)}`;
  const { head, tree } = task;
  const hasRemarks = openFindings(task.review).some((finding) => finding.origin === 'person');
  const action = policy?.onFail ?? 'escalate';
  if (action === 'warn' && !hasRemarks && head !== null && tree !== null)
    return record({
      kind: 'review.accepted',
      task: task.task.id,
      by: 'the plan (review.on_fail: warn)',
      head,
      tree,
      because: detail,
    });
  if (action === 'fail') return record({ kind: 'task.failed', task: task.task.id, cause: 'review', detail });
  return person(task, 'review', detail);
}

function person(task: TaskState, cause: 'review' | 'login', detail: string): Decision {
  return record({ kind: 'task.needs_person', task: task.task.id, cause, detail, files: [] });
}

function record(event: Extract<Decision, { kind: 'record' }>['event']): Decision {
  return { kind: 'record', event };
}

/** Nothing can be started on the reviewer's account until a person has logged in. */
function refusedLogin(
  task: TaskState,
  policy: ReviewPolicy | null,
  state: RunState,
): Extract<Decision, { kind: 'record' }>['event'] | null {
  const account = accountOfReviewer(policy, state);
  const parked = account === null ? undefined : state.accounts.get(account);
  if (parked?.because !== 'auth') return null;
  const detail = `the login of its reviewer ${policy?.agent ?? ''} was refused: ${parked.why}`;
  return { kind: 'task.needs_person', task: task.task.id, cause: 'login', detail, files: [] };
}

function accountOfReviewer(policy: ReviewPolicy | null, state: RunState): string | null {
  const spec = policy === null ? undefined : state.plan.agents[policy.agent];
  return spec === undefined ? null : accountOf(spec);
}

/** Turns of reviewers under way. */
export function reviewersAtWork(state: RunState, agent: string | null = null): number {
  return [...state.intents.values()].filter(
    ({ step }) => step.kind === 'run-review' && (agent === null || step.agent === agent),
  ).length;
}

/**
 * Reviewers come before new work: what is nearly done is finished first, and nothing waits behind one reviewer, since
 * each review is an agent of its own.
 */
export function decideReviews(snapshot: Snapshot): Decided {
  const { state } = snapshot;
  if (state.life.kind !== 'running' || snapshot.isDraining) return { decisions: [], wakeAtMs: null };
  const waiting = [...state.tasks.values()]
    .filter((task) => isWaiting(task, snapshot))
    .toSorted(urgency(state));
  const decisions: Decision[] = [];
  let wakeAtMs: number | null = null;
  for (const task of waiting) {
    const policy = reviewPolicy(task);
    const step = reviewStepOf(task);
    if (policy === null || step.kind !== 'review') continue;
    const { hold, untilMs } = holdOf(task, policy, snapshot);
    wakeAtMs = earliest(wakeAtMs, untilMs);
    if (hold === null) {
      // One at a time: slots are chosen from the state, which does not show the other choices of this round.
      decisions.push(start(task, policy, step, state));
      return { decisions, wakeAtMs };
    }
    if (hold !== task.hold) decisions.push(record({ kind: 'task.held', task: task.task.id, why: hold }));
  }
  return { decisions, wakeAtMs };
}

function isWaiting(task: TaskState, { state, nowMs }: Snapshot): boolean {
  if (task.progress.kind !== 'green' || taskIntent(task.task.id, state) !== null) return false;
  if (task.stopRequested !== null || task.skipRequested !== null) return false;
  return task.trouble === null || task.trouble.notBeforeMs <= nowMs;
}

function holdOf(
  task: TaskState,
  policy: ReviewPolicy,
  snapshot: Snapshot,
): { readonly hold: string | null; readonly untilMs: number | null } {
  const { state, machine, nowMs } = snapshot;
  const full = machineHold(state.plan.limits, machine);
  if (full !== null) return { hold: full, untilMs: nowMs + MACHINE_RECHECK_MS };
  const account = accountOfReviewer(policy, state) ?? policy.agent;
  const parked = parkedNow(state, account, nowMs);
  if (parked !== null)
    return {
      hold: `account ${account} of its reviewer is at its limit: ${parked.why}`,
      untilMs: parked.untilMs,
    };
  const budget = budgetHold(task, snapshot);
  if (budget !== null) return { hold: budget, untilMs: null };
  const most = parallelLimit(state, machine);
  const working = [...state.tasks.values()].filter((other) => usesSlot(other, state)).length;
  if (working + resolversAtWork(state) + reviewersAtWork(state) >= most)
    return { hold: `its review waits: ${most} of ${most} slots are in use`, untilMs: null };
  const own = state.plan.limits.agents[policy.agent];
  const busy =
    [...state.tasks.values()].filter((other) => usesSlot(other, state) && other.agent === policy.agent)
      .length + reviewersAtWork(state, policy.agent);
  if (own !== undefined && busy >= own)
    return {
      hold: `its review waits: ${own} of ${own} ${policy.agent} agents are running (limits.agents)`,
      untilMs: null,
    };
  return { hold: null, untilMs: null };
}

function start(
  task: TaskState,
  policy: ReviewPolicy,
  step: Extract<ReviewStep, { kind: 'review' }>,
  state: RunState,
): Decision {
  const { progress } = task;
  const last = task.review.rounds.slice(task.review.freshFrom).at(-1);
  const slot = slotFor(task, last?.slot ?? null, state);
  // A conversation belongs to its folder: some clients look for it there.
  const isSame =
    last !== undefined && last.slot === slot && last.agent === policy.agent && last.wave === task.wave;
  return {
    kind: 'act',
    step: {
      kind: 'run-review',
      task: task.task.id,
      wave: task.wave,
      agent: policy.agent,
      head: progress.kind === 'green' ? progress.head : (task.head ?? state.base),
      tree: progress.kind === 'green' ? progress.tree : (task.tree ?? ('' as never)),
      since: step.since,
      number: step.number,
      slot,
      session: isSame && task.review.errors.count === 0 ? last.session : null,
    },
    because: `its gates are green; round ${step.number} of its review`,
  };
}

/** Its own from the round before, else the lowest that no other unfinished review goes on in. */
function slotFor(task: TaskState, own: string | null, state: RunState): string {
  const used = new Set(
    [...state.intents.values()].flatMap(({ step }) => (step.kind === 'run-review' ? [step.slot] : [])),
  );
  if (own !== null && !used.has(own)) return own;
  for (const other of state.tasks.values()) {
    const last = other.review.rounds.at(-1);
    if (other !== task && last !== undefined && !last.isAccepted && !isOver(other)) used.add(last.slot);
  }
  for (let number = 1; ; number += 1) if (!used.has(`review-${number}`)) return `review-${number}`;
}

function isOver({ progress }: TaskState): boolean {
  return ['landed', 'verified', 'failed', 'stopped', 'skipped', 'needs-person'].includes(progress.kind);
}
