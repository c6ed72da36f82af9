/** Where a task stands, as every surface shows it: one status, one reason, and how sure that is. */
import { assertNever } from '../kit/assert.ts';
import { needsState, wantedTasks } from '../core/schedule/needs.ts';
import { taskIntent } from '../core/schedule/tasks.ts';
import type { BuildState, ChangeState, RunState, TaskState } from '../core/run/state.ts';
import { inboxItems } from '../core/inbox/items.ts';
import { isFixing } from './attempts.ts';
import {
  approvalReason,
  changeReason,
  conflictReason,
  doneReason,
  fixReason,
  gatesReason,
  heldReason,
  personReason,
  preparingReason,
  restReason,
  retryReason,
  verifyReason,
  waitReason,
  workReason,
} from './reason.ts';
import { reviewingReason } from './review-view.ts';
import { markOf } from './vocabulary.ts';
import type { Evidence, Mark, Status } from './vocabulary.ts';

export interface Presented extends Mark {
  readonly status: Status;
  /** One clause with its evidence (which need, gate, value, file). May hold text from outside: not printable as it is. */
  readonly reason: string;
  /** `inferred`: worked out from other facts, not recorded by whoever caused it. */
  readonly evidence: Evidence;
  /** Ms since the epoch. */
  readonly since: number;
}

interface Verdict {
  readonly status: Status;
  readonly reason: string;
  readonly evidence?: Evidence;
  readonly since?: number;
}

/** Total over every kind of progress. The clock is only used to tell a pause that is over from one that is not. */
export function present(task: TaskState, state: RunState, nowMs: number): Presented {
  const { status, reason, evidence = 'asserted', since = task.sinceMs } = verdictOf(task, state, nowMs);
  return { status, reason, evidence, since, ...markOf(status) };
}

function verdictOf(task: TaskState, state: RunState, nowMs: number): Verdict {
  const { progress } = task;
  switch (progress.kind) {
    case 'waiting':
      return waiting(task, state);
    case 'prepared':
      return prepared(task, state);
    case 'backing-off':
    case 'updating':
      return pausing(task, state, progress, nowMs);
    case 'working':
      return asking(task, state) ?? { status: agentStatus(task, state), reason: workReason(task, state) };
    case 'awaiting-approval':
      return { status: 'needs_you', reason: approvalReason(progress.item, state) };
    case 'collecting':
    case 'judging':
    case 'judged':
      return ended(task, state, progress.attempt);
    case 'green': {
      const reviewing = reviewingReason(task, state);
      if (reviewing !== null) return { status: 'reviewing', reason: reviewing };
      return { status: 'verifying', reason: verifyReason(task, state) };
    }
    case 'verifying':
      return { status: 'verifying', reason: verifyReason(task, state) };
    case 'red':
      return { status: 'fixing', reason: gatesReason(task, progress.red) };
    case 'queued':
      return inQueue(task, state, state.queue.changes.get(progress.change));
    case 'ejected':
      return ejected(task, progress);
    case 'needs-person':
      return { status: 'needs_you', reason: personReason(progress) };
    case 'verified':
    case 'landed':
    case 'failed':
    case 'stopped':
    case 'skipped':
      return { status: progress.kind, reason: doneReason(task, state) };
    default:
      return assertNever(progress);
  }
}

function waiting(task: TaskState, state: RunState): Verdict {
  if (state.options.only !== null && !wantedTasks(state).has(task.task.id)) {
    return { status: 'skipped', reason: 'not asked for in this run', since: state.startedAtMs };
  }
  const starting = preparing(task, state);
  if (starting !== null) return starting;
  const need = needsState(task, state);
  if (need.kind !== 'met')
    return { status: 'waiting', reason: waitReason(task, state), evidence: 'inferred' };
  if (task.task.mode === 'manual') {
    return { status: 'manual', reason: 'done by hand; Copse starts no agent for it' };
  }
  return rest(task, state, 'everything it needs is there');
}

function prepared(task: TaskState, state: RunState): Verdict {
  const starting = preparing(task, state);
  if (starting !== null) return starting;
  if (task.task.mode === 'manual') {
    return { status: 'manual', reason: `worktree ready for work by hand at ${task.workspace?.path ?? '?'}` };
  }
  if (state.options.prepareOnly) {
    return {
      status: 'ready',
      reason: `worktree ready at ${task.workspace?.path ?? '?'}; no agent was asked for`,
    };
  }
  const next =
    task.attempts.length === 0
      ? 'worktree ready'
      : task.wave > 1
        ? `wave ${task.wave} of ${task.task.waves.length} is next`
        : 'another attempt is next';
  return rest(task, state, next);
}

/** Nothing is missing, and still it does not run: the hold that was recorded, or the state of the run, says why. */
function rest(task: TaskState, state: RunState, otherwise: string): Verdict {
  return { status: 'ready', ...restReason(task, state, otherwise) };
}

function preparing(task: TaskState, state: RunState): Verdict | null {
  const intent = taskIntent(task.task.id, state);
  if (intent === null) return null;
  const { step } = intent;
  if (step.kind === 'update-workspace') {
    return {
      status: 'fixing',
      reason: fixReason(task, 'the target is being merged into its branch'),
      since: intent.sinceMs,
    };
  }
  if (step.kind !== 'prepare-workspace' && step.kind !== 'start-attempt') return null;
  return { status: 'preparing', reason: preparingReason(step), since: intent.sinceMs };
}

function pausing(
  task: TaskState,
  state: RunState,
  progress: Extract<TaskState['progress'], { kind: 'backing-off' | 'updating' }>,
  nowMs: number,
): Verdict {
  const starting = preparing(task, state);
  if (starting !== null) return starting;
  const why = retryReason(task, progress);
  if (progress.notBeforeMs > nowMs) {
    const seconds = Math.ceil((progress.notBeforeMs - nowMs) / 1_000);
    return { status: 'waiting', reason: `tries again in ${seconds} s: ${why}` };
  }
  return rest(task, state, why);
}

/** Its agent waits for an answer: the oldest question of the attempt under way. */
function asking(task: TaskState, state: RunState): Verdict | null {
  const open = inboxItems(state).filter((item) => item.kind === 'permission' && item.task === task.task.id);
  const [oldest] = open;
  if (oldest?.kind !== 'permission') return null;
  const more = open.length === 1 ? '' : ` and ${open.length - 1} more`;
  return {
    status: 'needs_you',
    reason: `asks: ${oldest.question.what}${more} (${oldest.id})`,
    since: oldest.sinceMs,
  };
}

function agentStatus(task: TaskState, state: RunState): Status {
  return isFixing(task, state) ? 'fixing' : 'working';
}

function ended(task: TaskState, state: RunState, id: string): Verdict {
  const attempt = [...state.attempts.values()].find((one) => one.id === id);
  const how = attempt?.because ?? 'its process has ended; what it left is being taken in';
  // A lost supervisor took the exit status with it: that the agent ended is known, how it ended is a guess.
  const evidence = attempt?.exit?.cause === 'supervisor-lost' ? 'inferred' : 'asserted';
  return { status: agentStatus(task, state), reason: `attempt ${id}: ${how}`, evidence };
}

function inQueue(task: TaskState, state: RunState, change: ChangeState | undefined): Verdict {
  if (change === undefined) return { status: 'queued', reason: 'in the merge queue', evidence: 'inferred' };
  if (isHeld(change, state)) return { status: 'needs_you', reason: heldReason(state) };
  if (change.state.kind === 'conflicted')
    return { status: 'fixing', reason: conflictReason(change, state), since: task.sinceMs };
  const build = testingBuild(change, state);
  const reason = changeReason(change, build, state);
  return build === null
    ? { status: 'queued', reason, since: task.sinceMs }
    : { status: 'landing', reason, since: build.startedAtMs };
}

/** The live build that tests the change: a proven one first, then the one that began first. */
export function testingBuild(change: ChangeState, state: RunState): BuildState | null {
  // A build with a member that was refused since can land nobody.
  const builds = [...state.queue.builds.values()].filter(
    (build) =>
      build.members.includes(change.id) &&
      build.members.every((id) => state.queue.changes.get(id)?.state.kind !== 'ejected'),
  );
  return (
    builds.find((build) => build.state === 'green') ??
    builds.find((build) => build.state === 'made' || build.state === 'making') ??
    null
  );
}

/** Proven, and only waiting for a checkout to become clean. */
export function isHeld(change: ChangeState, state: RunState): boolean {
  const { held } = state.queue;
  return held !== null && (state.queue.builds.get(held.build)?.members.includes(change.id) ?? false);
}

function ejected(task: TaskState, progress: Extract<TaskState['progress'], { kind: 'ejected' }>): Verdict {
  switch (progress.because) {
    case 'withdrawn':
      return { status: 'stopped', reason: progress.detail };
    case 'conflict':
    case 'rejected':
      return { status: 'needs_you', reason: personReason({ ...progress, cause: 'conflict' }) };
    case 'broken':
      return { status: 'fixing', reason: fixReason(task, progress.detail) };
    default:
      return assertNever(progress.because);
  }
}
