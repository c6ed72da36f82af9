/** Why a task failed or waits for a person, in words, with what was measured. */
import type { FailureCause, PersonCause } from '../core/run/events.ts';
import type { ChangeState, RunState, TaskState } from '../core/run/state.ts';
import { attemptsOf } from './attempts.ts';
import { personReason } from './reason.ts';
import { listed, shortId } from './words.ts';

const FAILED: Readonly<Record<FailureCause, string>> = {
  crash: 'its agent ended with an error',
  timeout: 'its agent ran into the time limit',
  stall: 'its agent wrote nothing for too long',
  no_change: 'its agent made no commit',
  gate: 'its work did not pass the gates',
  rate_limit: 'the account of its agent was at its limit',
  violation: 'its work broke a rule',
  setup: 'a set-up command of the plan failed in its worktree',
  environment: 'this machine refused something it needed',
  need: 'something it needs can no longer come',
  budget: 'its budget is used up',
  review: 'its review did not end in agreement, and the plan calls that a failure (review.on_fail)',
  approval: 'a person said no to it',
};

const WAITING: Readonly<Record<PersonCause, string>> = {
  conflict: 'its branch and the target changed the same lines',
  workspace: 'the place of its worktree is taken by something Copse did not make',
  violation: 'its work broke a rule that Copse may not repair',
  target: 'the target was moved by someone else in a way Copse may not follow',
  environment: 'this machine refused something it needed',
  login:
    'the login of its agent was refused; nothing is started on that account until a person has seen to it',
  budget: 'its budget is used up; a retry grants the same amount again',
  review:
    'its gates are green and its review did not end in agreement; nothing lands before a person decides',
  question: 'its agent ended its turn with a question; the answer is its next turn',
  permission: 'its agent was not allowed something it wanted, and made no commit without it',
};

/** `task-crash`, `person-conflict`, …; `task-other` is never used while the task is failed or needs a person. */
export function taskCode(task: TaskState): string {
  const { progress } = task;
  if (progress.kind === 'failed') return `task-${progress.cause.replace('_', '-')}`;
  return progress.kind === 'needs-person' ? `person-${progress.cause}` : 'task-other';
}

export function taskWhat(task: TaskState): string {
  const { progress } = task;
  if (progress.kind === 'failed') {
    const metrics = progress.cause === 'gate' ? failingMetrics(task) : [];
    return metrics.length === 0 ? progress.detail || FAILED[progress.cause] : listed(metrics);
  }
  return progress.kind === 'needs-person' ? personReason(progress) : '';
}

/** `gate tests: 671 passed, needs at least 676`. */
function failingMetrics(task: TaskState): readonly string[] {
  return task.gates
    .filter((gate) => gate.verdict === 'fail')
    .flatMap((gate) => {
      const red = gate.metrics.filter((metric) => metric.status === 'fail');
      return red.length === 0
        ? [`gate ${gate.gate}: ${gate.reason}`]
        : red.map((metric) => `gate ${gate.gate}: ${metric.detail}`);
    });
}

export function taskWhy(task: TaskState, state: RunState): string {
  const { progress } = task;
  if (progress.kind === 'needs-person') {
    if (progress.cause !== 'conflict') return WAITING[progress.cause];
    const change = changeOf(task, state);
    return (change === null ? null : conflictWhy(change, state)) ?? WAITING.conflict;
  }
  if (progress.kind !== 'failed') return '';
  const change = changeOf(task, state);
  if (progress.cause === 'gate' && change?.state.kind === 'ejected')
    return `on the merged result: ${change.state.detail}`;
  const last = attemptsOf(task, state).at(-1);
  const isTold =
    last === undefined ||
    last.because === null ||
    last.verdict === 'committed' ||
    progress.detail.includes(last.because);
  const how = isTold ? '' : ` (${last.id}: ${last.because})`;
  // The gates took the place of the detail in `what`; how often it was tried is said here then.
  const detail = progress.cause === 'gate' && progress.detail !== '' ? `: ${progress.detail}` : '';
  return `${FAILED[progress.cause]}${how}${detail}`;
}

function changeOf(task: TaskState, state: RunState): ChangeState | null {
  return [...state.queue.changes.values()].findLast((change) => change.task === task.task.id) ?? null;
}

/** Which landing of this run touched the files in conflict; null when the change was not refused for a conflict. */
export function conflictWhy(change: ChangeState, state: RunState): string | null {
  if (change.state.kind !== 'ejected' || change.state.because !== 'conflict') return null;
  const files = new Set<string>(change.state.files);
  const others = state.queue.landed.flatMap((id) => {
    const other = state.queue.changes.get(id);
    const shared = other?.paths.find((path) => files.has(path));
    if (other?.state.kind !== 'landed' || shared === undefined || id === change.id) return [];
    const at = other.state.commit === null ? '' : ` at ${shortId(other.state.commit)}`;
    return [`${other.task ?? other.branch}, landed${at}, changed ${shared}`];
  });
  return others.length === 0
    ? `${state.target} changed the same lines since the branch began`
    : listed(others);
}
