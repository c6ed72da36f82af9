/** The clause beside a status. Each names its evidence; none is empty, none is a full sentence with a full stop. */
import { assertNever } from '../kit/assert.ts';
import { gatesAt } from '../core/gates/stages.ts';
import { waitingClause, waitingMessages } from '../core/inbox/messages.ts';
import { needsState } from '../core/schedule/needs.ts';
import { waitingChanges } from '../core/schedule/queue-order.ts';
import { taskIntent } from '../core/schedule/tasks.ts';
import type { ItemId } from '../core/inbox/events.ts';
import type { Need } from '../core/plan/model.ts';
import type { BuildState, ChangeState, Progress, RunState, TaskState } from '../core/run/state.ts';
import type { Step } from '../core/run/steps.ts';
import { rolledBack } from './rollback-view.ts';
import { attemptsOf, tryOf } from './attempts.ts';
import { needsClause, standingReason } from './queue-standing.ts';
import type { Evidence } from './vocabulary.ts';
import { counted, listed, shortId } from './words.ts';

/** Every need that is not met, the lost ones first, each with where the other task stands. */
export function waitReason(task: TaskState, state: RunState): string {
  const open: string[] = [];
  const lost: string[] = [];
  for (const need of task.task.needs) {
    const found = needsState({ ...task, task: { ...task.task, needs: [need] } }, state);
    if (found.kind === 'lost') lost.push(found.why);
    else if (found.kind === 'open') open.push(`needs ${needWord(need)} (${nowDoing(need, state)})`);
  }
  const all = [...lost, ...open];
  return all.length === 0 ? (task.hold ?? 'waits for its needs') : listed(all, 2);
}

function needWord(need: Need): string {
  const what = need.wave === null ? need.task : `${need.task}@${need.wave}`;
  return need.when === 'merged' ? `${what} on the target` : `${what} ${need.when}`;
}

function nowDoing(need: Need, state: RunState): string {
  const other = state.tasks.get(need.task);
  if (other === undefined) return 'not in this run';
  const { progress } = other;
  const wave = other.task.waves.length > 1 ? ` on wave ${other.wave} of ${other.task.waves.length}` : '';
  switch (progress.kind) {
    case 'needs-person':
      return 'it needs a person';
    case 'awaiting-approval':
      return 'it waits for approval';
    case 'working':
    case 'collecting':
    case 'judging':
    case 'judged':
      return `it is working${wave}`;
    case 'verifying':
    case 'green':
    case 'red':
      return progress.kind === 'green' && (other.task.review ?? null) !== null
        ? `it is under review${wave}`
        : `its gates run${wave}`;
    case 'queued':
      return 'it is in the merge queue';
    case 'ejected':
    case 'updating':
    case 'backing-off':
      return 'it is tried again';
    case 'waiting':
    case 'prepared':
      return other.attempts.length === 0 ? 'it has not started' : `its next attempt has not started${wave}`;
    case 'verified':
      return 'it is verified, not merged';
    case 'landed':
    case 'failed':
    case 'stopped':
    case 'skipped':
      return `it ${progress.kind === 'landed' || progress.kind === 'failed' ? '' : 'was '}${progress.kind}`;
    default:
      return assertNever(progress);
  }
}

export function restReason(
  task: TaskState,
  state: RunState,
  otherwise: string,
): { readonly reason: string; readonly evidence: Evidence } {
  const { life } = state;
  if (life.kind === 'finished') {
    return { reason: `${otherwise}; the run ended before it started`, evidence: 'inferred' };
  }
  const waiting = waitingMessages(state, task.task.id);
  if (task.hold === null && waiting.length > 0 && life.kind === 'running')
    return { reason: waitingClause(waiting), evidence: 'asserted' };
  if (task.hold !== null) return { reason: task.hold, evidence: 'asserted' };
  if (life.kind === 'paused') return { reason: `run paused: ${life.why}`, evidence: 'inferred' };
  return { reason: `${otherwise}; starts next`, evidence: 'inferred' };
}

export function preparingReason(
  step: Extract<Step, { kind: 'prepare-workspace' | 'start-attempt' }>,
): string {
  return step.kind === 'prepare-workspace'
    ? `worktree on branch ${step.branch} from ${shortId(step.base)}`
    : `starting ${step.agent}, attempt ${step.attempt}`;
}

export function workReason(task: TaskState, state: RunState): string {
  const by = task.stopRequested ?? task.skipRequested;
  if (by !== null) return `being stopped, asked for by ${by}`;
  const wave = task.task.waves[task.wave - 1];
  const parts = [attemptsOf(task, state).at(-1)?.agent ?? task.agent];
  if (task.task.waves.length > 1)
    parts.push(`wave ${task.wave}/${task.task.waves.length} ${wave?.title ?? ''}`.trim());
  const attempt = tryOf(task);
  if (attempt !== null) parts.push(attempt);
  const bound = task.task.review?.maxIterations;
  if (task.feedback?.isReview === true && bound !== undefined && task.review.rounds.length > 0)
    parts.push(
      `review ${task.review.rounds.length - Math.max(task.review.countedFrom, task.review.freshFrom)}/${bound}`,
    );
  const head = parts.join(', ');
  return task.feedback === null ? head : `${head}: ${task.feedback.summary}`;
}

export function fixReason(task: TaskState, detail: string): string {
  const attempt = tryOf(task);
  return attempt === null ? detail : `${attempt}: ${detail}`;
}

/** Each red gate with what it measured. */
export function gatesReason(task: TaskState, red: readonly string[]): string {
  const details = red.map((name) => {
    const result = task.gates.find((gate) => gate.gate === name);
    return result === undefined ? `gate ${name} failed` : `gate ${name} failed: ${result.reason}`;
  });
  return details.length === 0 ? 'a gate failed' : listed(details, 2);
}

export function verifyReason(task: TaskState, state: RunState): string {
  const { progress } = task;
  if (progress.kind === 'green') return `gates of wave ${task.wave} passed on ${shortId(progress.head)}`;
  const names = gatesAt(state, { kind: 'task', task: task.task.id, wave: task.wave }).map(
    (gate) => gate.name,
  );
  const what =
    names.length === 0 ? 'no gates to run' : `${names.length === 1 ? 'gate' : 'gates'} ${listed(names)}`;
  const on = progress.kind === 'verifying' ? ` on ${shortId(progress.head)}` : '';
  if (taskIntent(task.task.id, state) === null) return `${what}${on}, waiting for a free checkout or lock`;
  return `${what}${on}`;
}

export function retryReason(
  task: TaskState,
  progress: Extract<Progress, { kind: 'backing-off' | 'updating' }>,
): string {
  const why =
    task.feedback?.summary ?? (progress.kind === 'backing-off' ? progress.cause : 'ejected from the queue');
  return fixReason(task, why);
}

/** In the queue: what tests it, or how many are before it. */
export function changeReason(change: ChangeState, build: BuildState | null, state: RunState): string {
  if (build !== null) {
    const others = build.members.filter((member) => member !== change.id);
    const company = others.length === 0 ? '' : ` together with ${listed(others)}`;
    if (build.state === 'green') return `proven by ${build.id}${company}, about to land on ${state.target}`;
    return `merged result under test in ${build.id}${company} on ${shortId(build.tip)}: ${build.because}`;
  }
  if (!state.queue.isOpen) return `nothing lands: ${state.queue.closedBecause ?? 'the queue is closed'}`;
  const standing = standingReason(change, state);
  if (standing !== null) return standing;
  const pending = waitingChanges(state).filter((one) => one.state.kind === 'pending');
  const place = pending.findIndex((one) => one.id === change.id) + 1;
  if (place === 0) return 'waits to be taken in';
  const needs = needsClause(change, state);
  return `position ${place} of ${pending.length} in the merge queue${needs === null ? '' : `, ${needs}`}`;
}

/** In the chain of resolutions: what is tried, on which files, with whom. */
export function conflictReason(change: ChangeState, state: RunState): string {
  const { conflict } = change;
  const open = [...state.intents.values()].find(
    ({ step }) => step.kind === 'resolve-conflict' && step.change === change.id,
  );
  const who =
    open?.step.kind === 'resolve-conflict' ? ` → ${open.step.agent ?? open.step.stage} is resolving it` : '';
  const judge = [...state.intents.values()].find(
    ({ step }) => step.kind === 'run-review' && step.change === change.id,
  );
  if (judge?.step.kind === 'run-review')
    return `its conflict with ${state.target} was settled → ${judge.step.agent} reviews how`;
  const company = (conflict?.company ?? []).map((id) => state.queue.changes.get(id)?.task ?? id);
  const others = company.length === 0 ? '' : ` (with ${listed(company)})`;
  return `conflicts with ${state.target} in ${listed(conflict?.files ?? [])}${others}${who}`;
}

export function heldReason(state: RunState): string {
  const { held } = state.queue;
  return `proven; lands on ${state.target} when the checkout at ${held?.checkout ?? '?'} has no uncommitted changes`;
}

/** What is asked about, and how many have said yes. */
export function approvalReason(item: ItemId, state: RunState): string {
  const approval = state.inbox.approvals.get(item);
  if (approval === undefined) return 'waits for approval';
  const { head, required, given, from, standing } = approval;
  if (standing.kind === 'void') return `${standing.because}; the branch is taken in again`;
  if (standing.kind === 'rejected') return `rejected by ${standing.by}`;
  const who = from.length === 0 ? '' : ` of ${listed(from)}`;
  const count = required === 1 && given.length === 0 ? '' : `, ${given.length} of ${required} given`;
  return `gates passed on ${shortId(head)}; waits for approval${who}${count} (${item})`;
}

/** The detail, with the files unless it names the first of them already. */
export function personReason(progress: {
  readonly cause: string;
  readonly detail: string;
  readonly files: readonly string[];
}): string {
  const [first] = progress.files;
  const detail = progress.detail === '' ? progress.cause : progress.detail;
  return first === undefined || detail.includes(first) ? detail : `${detail}: ${listed(progress.files)}`;
}

export function doneReason(task: TaskState, state: RunState): string {
  const { progress } = task;
  switch (progress.kind) {
    case 'landed': {
      const changes = [...state.queue.changes.values()].filter((change) => change.task === task.task.id);
      const back = changes.map((change) => rolledBack(change, state)).findLast((text) => text !== null);
      const at = task.landedCommit === null ? '' : ` at ${shortId(task.landedCommit)}`;
      return back === undefined || back === null ? `on ${state.target}${at}` : `landed${at}, ${back}`;
    }
    case 'verified':
      return `gates passed on ${task.workspace?.branch ?? 'its branch'}${
        task.head === null ? '' : ` at ${shortId(task.head)}`
      }; not merged`;
    case 'failed':
      return progress.detail === '' ? `ended by ${progress.cause}` : progress.detail;
    case 'stopped':
      return `stopped by ${progress.by}`;
    case 'skipped':
      return progress.why;
    default:
      return counted(task.attempts.length, 'attempt');
  }
}
