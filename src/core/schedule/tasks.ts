/** The next decision of one task, by where it stands. Starting agents is in `starts.ts`, landing in `queue.ts`. */
import { assertNever } from '../../kit/assert.ts';
import { judgeAttempt } from '../run/judge.ts';
import { hasUntoldRemarks } from '../review/next.ts';
import { servedTask } from '../run/steps.ts';
import { nextTry } from '../run/retry.ts';
import type { ChangeId, CommitId, TaskId } from '../ids.ts';
import type { RetryCause } from '../plan/model.ts';
import type { FreeCause } from '../run/events.ts';
import type { OpenIntent, RunState, TaskState } from '../run/state.ts';
import { afterTrouble } from './accounts.ts';
import { passedTaskBudget } from './budget.ts';
import { anotherTurn, dropMessages, messenger, urgentMessage } from './messages.ts';
import { afterApproval, askedInstead, awaitApproval, deliverAnswer, deniedInstead } from './inbox.ts';
import { needsState } from './needs.ts';
import { afterGreen, reviewPolicy, sentBack, stopped as stopReview } from './reviews.ts';
import { lockTaken, taskGateSlot } from './slots.ts';
import type { Decided, Decision, Snapshot } from './snapshot.ts';

const NOTHING: Decided = { decisions: [], wakeAtMs: null };

export function decideTask(task: TaskState, snapshot: Snapshot): Decided {
  const { state } = snapshot;
  if (taskIntent(task.task.id, state) !== null) return NOTHING;
  const { progress, trouble } = task;
  if (trouble !== null && trouble.notBeforeMs > snapshot.nowMs) {
    const end = isResting(progress.kind) ? endRequested(task) : null;
    return end === null ? { decisions: [], wakeAtMs: trouble.notBeforeMs } : one(end);
  }
  switch (progress.kind) {
    case 'waiting':
    case 'prepared':
      return one(endRequested(task) ?? overBudget(task, state) ?? openNeed(task, state));
    case 'backing-off':
    case 'updating':
      if (endRequested(task) !== null) return one(endRequested(task));
      if (overBudget(task, state) !== null) return one(overBudget(task, state));
      return { decisions: [], wakeAtMs: progress.notBeforeMs > snapshot.nowMs ? progress.notBeforeMs : null };
    case 'working':
      return one(stopRunning(task, state) ?? deliverAnswer(task, state));
    case 'collecting':
      return one({
        kind: 'act',
        step: { kind: 'collect-attempt', task: task.task.id, attempt: progress.attempt },
        because: 'its process has ended',
      });
    case 'judging':
      return one(judge(task, state));
    case 'judged':
      if (progress.verdict === 'stopped')
        return one(endRequested(task) ?? anotherTurn(task, state) ?? stopped(task, 'a stop request'));
      return afterJudgement(task, { verdict: progress.verdict, because: progress.because }, snapshot);
    case 'verifying':
      return one(endRequested(task) ?? anotherTurn(task, state) ?? verify(task, snapshot));
    case 'red':
      return one(endRequested(task) ?? redAgain(task, progress, snapshot));
    case 'green':
      return one(endRequested(task) ?? anotherTurn(task, state) ?? green(task, state, progress.head));
    case 'awaiting-approval':
      return one(
        endRequested(task) ?? anotherTurn(task, state) ?? remarks(task) ?? afterApproval(task, state),
      );
    case 'queued':
      return one(withdraw(task, progress.change, state));
    case 'verified':
      return one(remarks(task));
    case 'ejected':
      return one(afterEjection(task, progress, snapshot));
    case 'landed':
      return one(dropMessages(task, state) ?? tidy(task, state));
    case 'needs-person':
      return one(endRequested(task) ?? (progress.cause === 'review' ? remarks(task) : null));
    case 'skipped':
      return one(dropMessages(task, state) ?? endRequested(task) ?? tidyUnlanded(task, state));
    case 'failed':
      if (progress.cause === 'review' && hasUntoldRemarks(task.review)) return one(remarks(task));
      return one(endRequested(task) ?? tidyUnlanded(task, state));
    case 'stopped':
      return one(endRequested(task) ?? tidyUnlanded(task, state));
    default:
      return NOTHING;
  }
}

function afterJudgement(
  task: TaskState,
  judged: { readonly verdict: RetryCause | FreeCause; readonly because: string },
  snapshot: Snapshot,
): Decided {
  const end = endRequested(task);
  if (end !== null) return one(end);
  const over = overBudget(task, snapshot.state);
  if (over !== null) return one(over);
  if (judged.verdict === 'no_change' && task.feedback?.isReview === true)
    return one(stopReview(task, reviewPolicy(task), `the author was given findings and ${judged.because}`));
  const { verdict, because } = judged;
  const asked = askedInstead(task, snapshot.state);
  if (asked !== null) return one(anotherTurn(task, snapshot.state) ?? asked);
  if (verdict === 'rate_limit' || verdict === 'auth' || verdict === 'session')
    return { decisions: afterTrouble(task, { verdict, because }, snapshot), wakeAtMs: null };
  return one(again(task, verdict, because, [], snapshot));
}

/** The open effect that works on the task; at most one at a time. */
export function taskIntent(id: TaskId, state: RunState): OpenIntent | null {
  for (const intent of state.intents.values()) {
    if (servedTask(intent.step) === id) return intent;
  }
  return null;
}

/** No process of it runs and nothing of an attempt is still to be collected. */
function isResting(kind: TaskState['progress']['kind']): boolean {
  return kind !== 'working' && kind !== 'collecting' && kind !== 'landed';
}

function one(decision: Decision | null): Decided {
  return decision === null ? NOTHING : { decisions: [decision], wakeAtMs: null };
}

function endRequested(task: TaskState): Decision | null {
  if (task.skipRequested !== null) {
    return {
      kind: 'record',
      event: { kind: 'task.skipped', task: task.task.id, why: `skipped by ${task.skipRequested}` },
    };
  }
  return task.stopRequested === null ? null : stopped(task, task.stopRequested);
}

/** Nothing is complete while its review goes on. */
function green(task: TaskState, state: RunState, head: CommitId): Decision | null {
  const decided = afterGreen(task, state);
  if (decided === 'waits') return null;
  // What people are asked to approve has passed its review.
  return decided ?? awaitApproval(task, state) ?? completeWave(task, state, head);
}

/** A person said something about work that was ready: its author is given it. */
function remarks(task: TaskState): Decision | null {
  if (!hasUntoldRemarks(task.review)) return null;
  return sentBack(task, 'a person has remarks on it');
}

function overBudget(task: TaskState, state: RunState): Decision | null {
  const event = passedTaskBudget(task, state);
  return event === null ? null : { kind: 'record', event };
}

function stopped(task: TaskState, by: string): Decision {
  return { kind: 'record', event: { kind: 'task.stopped', task: task.task.id, by } };
}

/** Says what it waits for; a lost need is said too and leaves it waiting, so that retrying the other one frees it. */
function openNeed(task: TaskState, state: RunState): Decision | null {
  if (task.progress.kind !== 'waiting') return null;
  const need = needsState(task, state);
  const why = need.kind === 'met' ? null : need.why;
  if (need.kind === 'met' || task.hold === why) return null;
  return { kind: 'record', event: { kind: 'task.held', task: task.task.id, why } };
}

function stopRunning(task: TaskState, state: RunState): Decision | null {
  if (task.progress.kind !== 'working') return null;
  const by = task.stopRequested ?? task.skipRequested ?? urgentMessage(task, state);
  if (by === null) return null;
  return {
    kind: 'act',
    step: { kind: 'stop-attempt', task: task.task.id, attempt: task.progress.attempt },
    because: `asked by ${by}`,
  };
}

function judge(task: TaskState, state: RunState): Decision | null {
  if (task.progress.kind !== 'judging') return null;
  const attempt = state.attempts.get(task.progress.attempt);
  if (attempt === undefined || attempt.exit === null || attempt.facts === null) return null;
  const { verdict, because } = judgeAttempt(
    attempt.exit,
    attempt.facts,
    task.startedFrom,
    state.plan.conflicts,
  );
  return {
    kind: 'record',
    event: { kind: 'attempt.judged', attempt: attempt.id, task: task.task.id, verdict, because },
  };
}

function again(
  task: TaskState,
  cause: RetryCause,
  because: string,
  logs: readonly string[],
  snapshot: Snapshot,
  onto: CommitId | null = null,
): Decision {
  const next = nextTry(task.task, cause, task.retriesUsed, snapshot.nowMs);
  const continued = next.kind === 'give-up' ? anotherTurn(task, snapshot.state) : null;
  if (continued !== null) return continued;
  if (next.kind === 'give-up' && cause === 'violation') {
    return {
      kind: 'record',
      event: {
        kind: 'task.needs_person',
        task: task.task.id,
        cause: 'violation',
        detail: because,
        files: [],
      },
    };
  }
  const denied = next.kind === 'give-up' ? deniedInstead(task, snapshot.state, because) : null;
  if (denied !== null) return denied;
  if (next.kind === 'give-up') {
    return {
      kind: 'record',
      event: { kind: 'task.failed', task: task.task.id, cause, detail: `${because}; ${next.why}` },
    };
  }
  return {
    kind: 'record',
    event: {
      kind: 'task.retry',
      task: task.task.id,
      cause,
      agent: next.agent,
      notBeforeMs: next.notBeforeMs,
      feedback: {
        summary: because,
        logs,
        // What it was to put right is still to be put right.
        ...(task.feedback?.isReview === true && cause !== 'gate' ? { isReview: true } : {}),
      },
      onto,
    },
  };
}

function redAgain(
  task: TaskState,
  red: { readonly red: readonly string[]; readonly logs: readonly string[] },
  snapshot: Snapshot,
): Decision {
  return again(task, 'gate', gateSentence(task, red.red), red.logs, snapshot);
}

function gateSentence(task: TaskState, red: readonly string[]): string {
  const details = red.map((name) => {
    const result = task.gates.find((gate) => gate.gate === name);
    return result === undefined ? `gate ${name} failed` : `gate ${name} failed: ${result.reason}`;
  });
  return details.join('; ');
}

function verify(task: TaskState, snapshot: Snapshot): Decision | null {
  const { state } = snapshot;
  if (task.progress.kind !== 'verifying' || snapshot.isDraining) return null;
  const slot = taskGateSlot(state, snapshot.machine);
  if (slot === null) return null;
  const base = task.workspace?.base ?? state.base;
  const subject = { kind: 'task', task: task.task.id, wave: task.wave } as const;
  if (lockTaken(state, subject)) return null;
  return {
    kind: 'act',
    step: {
      kind: 'run-gates',
      subject,
      commit: task.progress.head,
      tree: task.progress.tree,
      base,
      slot,
      fresh: false,
    },
    because: `wave ${task.wave} is committed`,
  };
}

function completeWave(task: TaskState, state: RunState, head: CommitId): Decision {
  const isRecorded = task.waves.some((wave) => wave.number === task.wave && wave.head === head);
  if (!isRecorded) {
    return { kind: 'record', event: { kind: 'wave.completed', task: task.task.id, wave: task.wave, head } };
  }
  if (state.options.noMerge)
    return { kind: 'record', event: { kind: 'task.verified', task: task.task.id, head } };
  const earlier = [...state.queue.changes.values()].filter((change) => change.task === task.task.id).length;
  const branch = task.workspace?.branch;
  if (branch === undefined)
    return { kind: 'record', event: { kind: 'task.verified', task: task.task.id, head } };
  return {
    kind: 'record',
    event: {
      kind: 'queue.entered',
      change: (earlier === 0 ? task.task.id : `${task.task.id}#${earlier + 1}`) as ChangeId,
      task: task.task.id,
      wave: null,
      branch,
      head,
      title: task.task.title,
      paths: task.changedPaths,
    },
  };
}

/** Not while it is being published: the outcome of that says whether there is anything left to withdraw. */
function withdraw(task: TaskState, change: ChangeId, state: RunState): Decision | null {
  const by = task.stopRequested ?? task.skipRequested ?? messenger(task, state);
  const isRemarked = hasUntoldRemarks(task.review);
  if (by === null && !isRemarked) return null;
  const isPublishing = [...state.intents.values()].some(
    ({ step }) => step.kind === 'publish' && step.members.includes(change),
  );
  if (isPublishing) return null;
  return {
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change,
      because: 'withdrawn',
      detail: by === null ? 'a person has remarks on it' : `withdrawn by ${by}`,
      red: null,
      green: null,
      files: [],
    },
  };
}

function afterEjection(
  task: TaskState,
  ejected: Extract<TaskState['progress'], { kind: 'ejected' }>,
  snapshot: Snapshot,
): Decision | null {
  const end = endRequested(task);
  if (end !== null) return end;
  switch (ejected.because) {
    case 'withdrawn':
      if (hasUntoldRemarks(task.review)) return remarks(task);
      return anotherTurn(task, snapshot.state) ?? stopped(task, ejected.detail);
    case 'conflict':
    case 'rejected':
      return {
        kind: 'record',
        event: {
          kind: 'task.needs_person',
          task: task.task.id,
          cause:
            ejected.because === 'conflict'
              ? 'conflict'
              : snapshot.state.queue.tipProof === 'red'
                ? 'target'
                : 'violation',
          detail: ejected.detail,
          files: ejected.files,
        },
      };
    case 'broken':
      return again(task, 'gate', ejected.detail, ejected.logs, snapshot, snapshot.state.queue.tip);
    default:
      return assertNever(ejected.because);
  }
}

/** `keep: never`: even what did not land goes, after everything in it is saved; the branch stays. */
function tidyUnlanded(task: TaskState, state: RunState): Decision | null {
  if (task.workspace === null || task.workspaceKept !== null || state.plan.workspace.keep !== 'never')
    return null;
  return {
    kind: 'act',
    step: { kind: 'remove-workspace', task: task.task.id, proof: null, deleteBranch: false },
    because: 'worktrees are never kept (workspace.keep)',
  };
}

function tidy(task: TaskState, state: RunState): Decision | null {
  if (task.workspace === null || task.workspaceKept !== null || state.plan.workspace.keep === 'always')
    return null;
  return {
    kind: 'act',
    step: { kind: 'remove-workspace', task: task.task.id, proof: task.head, deleteBranch: true },
    because: 'its work is on the target',
  };
}
