/** Reviews: what follows for a task whose gates are green, and which reviewer starts now, in which checkout. */
import { assertNever } from '../../kit/assert.ts';
import { accountOf, parkedNow } from '../agents/accounts.ts';
import type { ReviewPolicy } from '../review/model.ts';
import { isAcceptedTree, openFindings, roundsOfWave } from '../review/model.ts';
import { MAX_ERRORS, nextReviewStep, type ReviewStep, reviewSummary } from '../review/next.ts';
import type { MadeResolution } from '../run/conflict.ts';
import type { ChangeState, RunState, TaskState } from '../run/state.ts';
import type { Step } from '../run/steps.ts';
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

/**
 * An agent settled a conflict of reviewed work: what it made is judged before it is queued. `refused`: no reviewer can be
 * had for it, or not within the bound, and a person decides.
 */
export function resolutionStanding(
  change: ChangeState,
  made: MadeResolution,
  state: RunState,
): 'pass' | 'waits' | 'refused' {
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  const policy = task === undefined ? null : reviewPolicy(task);
  const tree = made.tree ?? null;
  if (task === undefined || policy === null || made.stage !== 'agent' || tree === null) return 'pass';
  const { review } = task;
  if (isAcceptedTree(review, tree)) return 'pass';
  const counted = review.rounds.length - Math.max(review.countedFrom, review.freshFrom);
  const isOver = review.errors.count >= MAX_ERRORS || counted >= policy.maxIterations;
  return isOver || refusedLogin(task, policy, state) !== null ? 'refused' : 'waits';
}

/** The resolution of the task's change that waits for a reviewer. */
function waitingResolution(
  task: TaskState,
  state: RunState,
): { readonly change: ChangeState; readonly made: MadeResolution } | null {
  if (task.progress.kind !== 'queued') return null;
  for (const change of state.queue.changes.values()) {
    const made = change.conflict?.made ?? null;
    if (change.task !== task.task.id || change.state.kind !== 'conflicted' || made === null) continue;
    if (resolutionStanding(change, made, state) === 'waits') return { change, made };
  }
  return null;
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
    const subject = subjectOf(task, state);
    if (policy === null || subject === null) continue;
    const { hold, untilMs } = holdOf(task, policy, snapshot);
    wakeAtMs = earliest(wakeAtMs, untilMs);
    if (hold === null) {
      // One at a time: slots are chosen from the state, which does not show the other choices of this round.
      decisions.push(start(task, policy, subject, state));
      return { decisions, wakeAtMs };
    }
    if (hold !== task.hold && task.progress.kind === 'green')
      decisions.push(record({ kind: 'task.held', task: task.task.id, why: hold }));
  }
  return { decisions, wakeAtMs };
}

function isWaiting(task: TaskState, { state, nowMs }: Snapshot): boolean {
  const { kind } = task.progress;
  if ((kind !== 'green' && kind !== 'queued') || taskIntent(task.task.id, state) !== null) return false;
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

type Subject = Pick<Extract<Step, { kind: 'run-review' }>, 'head' | 'tree' | 'since' | 'number' | 'change'>;

/** What a reviewer is to judge of the task now; null when nothing. */
function subjectOf(task: TaskState, state: RunState): Subject | null {
  const step = reviewStepOf(task);
  const { progress } = task;
  if (step.kind === 'review' && progress.kind === 'green') {
    const { head, tree } = progress;
    return { head, tree, since: step.since, number: step.number };
  }
  const waiting = waitingResolution(task, state);
  const tree = waiting?.made.tree ?? null;
  if (waiting === null || tree === null || waiting.change.conflict === null) return null;
  const number = (roundsOfWave(task.review, task.wave).at(-1)?.number ?? 0) + 1;
  const { theirs } = waiting.change.conflict;
  return { head: waiting.made.head, tree, since: theirs, number, change: waiting.change.id };
}

function start(task: TaskState, policy: ReviewPolicy, subject: Subject, state: RunState): Decision {
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
      ...subject,
      slot,
      session: isSame && task.review.errors.count === 0 ? last.session : null,
    },
    because:
      subject.change === undefined
        ? `its gates are green; round ${subject.number} of its review`
        : `an agent settled its conflict; round ${subject.number} of its review`,
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
