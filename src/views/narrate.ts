/**
 * The story of a run, one line per fact: past tense for what happened, the task first. Level 0 is what happens to tasks,
 * 1 adds gates, waves and builds, 2 the rest. The text may hold words from outside: `narration-text.ts` makes it printable.
 */
import { assertNever } from '../kit/assert.ts';
import type { GateSubject, LimitEvent, RunEvent, TaskEvent } from '../core/run/events.ts';
import type { RunState } from '../core/run/state.ts';
import type { Step } from '../core/run/steps.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { narrateAttempt, narrateWorkspace } from './narrate-work.ts';
import { narrateReview } from './review-events.ts';
import { narrateTarget } from './narrate-target.ts';
import { narrateConflict } from './narrate-conflict.ts';
import { narrateQueue } from './narrate-queue.ts';
import { isInboxEvent } from '../core/inbox/events.ts';
import { narrateInbox } from './inbox-bodies.ts';
import { narrateOverlap } from './overlap-view.ts';
import { narrateQueueOrder } from './queue-orders.ts';
import { personReason } from './reason.ts';
import { shortId, counted, listed, timeOf } from './words.ts';
import { amountOf } from '../core/schedule/budget.ts';

/** null when the fact adds nothing to the lines before. `state` is the run with the event applied. */
export function narrate(event: RunEvent, state: RunState): Narration | null {
  if (isInboxEvent(event)) return narrateInbox(event);
  switch (event.kind) {
    case 'run.started':
    case 'run.paused':
    case 'run.resumed':
    case 'run.finished':
    case 'intended':
    case 'abandoned':
    case 'gate.finished':
    case 'gates.finished':
    case 'operation':
      return runText(event);
    case 'account.parked':
    case 'budget.exceeded':
      return narrateLimit(event);
    case 'workspace.prepared':
    case 'workspace.failed':
    case 'workspace.updated':
    case 'workspace.conflicted':
    case 'workspace.removed':
      return narrateWorkspace(event);
    case 'attempt.started':
    case 'attempt.exited':
    case 'attempt.collected':
    case 'attempt.judged':
    case 'attempt.stop_sent':
      return narrateAttempt(event, state);
    case 'queue.entered':
    case 'queue.taken_in':
    case 'build.made':
    case 'build.conflicted':
    case 'build.cancelled':
    case 'landed':
    case 'landing.void':
    case 'landing.held':
    case 'target.moved':
    case 'change.ejected':
      return narrateQueue(event, state);
    case 'overlap.expected':
    case 'overlap.seen':
    case 'overlap.gone':
      return narrateOverlap(event, state);
    case 'change.held':
    case 'change.released':
    case 'change.ranked':
    case 'change.eject_requested':
    case 'queue.closed':
    case 'queue.opened':
      return narrateQueueOrder(event, state);
    case 'bisect.started':
    case 'bisect.finished':
    case 'target.tagged':
      return narrateTarget(event, state);
    case 'conflict.opened':
    case 'conflict.tried':
    case 'conflict.resolved':
    case 'conflict.asked':
    case 'conflict.dropped':
      return narrateConflict(event, state);
    case 'review.finished':
    case 'review.commented':
    case 'review.settled':
    case 'review.accepted':
      return narrateReview(event, state);
    default:
      return taskText(event, state);
  }
}

function runText(
  event: Extract<
    RunEvent,
    { kind: `run.${string}` | `gate.${string}` | `gates.${string}` | 'intended' | 'abandoned' | 'operation' }
  >,
): Narration | null {
  switch (event.kind) {
    case 'run.started':
      return say(0, 'info', startedText(event));
    case 'run.paused':
      return say(0, 'warn', `run paused by ${event.by}: ${event.why}`);
    case 'run.resumed':
      return say(0, 'info', `run resumed by ${event.by}`);
    case 'run.finished':
      return say(
        0,
        event.outcome === 'done' ? 'done' : event.outcome === 'failed' ? 'fail' : 'warn',
        `run finished: ${event.outcome}`,
      );
    case 'intended':
      return say(
        2,
        'busy',
        `${stepSubject(event.step)}  ${event.step.kind.replaceAll('-', ' ')}: ${event.because}`,
      );
    case 'abandoned':
      return say(0, 'fail', `${event.task ?? event.intent}  refused (${event.code}): ${event.why}`);
    case 'gate.finished':
      return gateText(event);
    case 'gates.finished':
      return gatesText(event);
    case 'operation':
      return say(0, 'info', `${event.what} (${event.id}); undo: copse undo ${event.id}`);
    default:
      return assertNever(event);
  }
}

function narrateLimit(event: LimitEvent): Narration {
  if (event.kind === 'account.parked') {
    const { account, why, untilMs } = event;
    return say(
      0,
      'warn',
      untilMs === null
        ? `account ${account} needs a login: ${why}; nothing more is started on it`
        : `account ${account} is at its limit until ${timeOf(untilMs)}: ${why}`,
    );
  }
  const { task, what, spent, limit, action } = event;
  const amounts = `${amountOf(what, spent)} of ${amountOf(what, limit)}`;
  return say(0, 'warn', `${task ?? 'run'}  budget passed (${action}): ${amounts}`);
}

function taskText(event: TaskEvent, state: RunState): Narration {
  switch (event.kind) {
    case 'task.added':
      return say(0, 'info', `${event.task.id}  added: ${event.task.title}`);
    case 'task.held':
      return event.why === null
        ? say(2, 'info', `${event.task}  nothing holds the task any more`)
        : say(2, 'info', `${event.task}  waits: ${event.why}`);
    case 'task.retry':
      return say(
        0,
        'warn',
        event.cause === 'review'
          ? `${event.task}  goes back to its author: ${event.feedback.summary}`
          : `${event.task}  to be tried again with ${event.agent}: ${event.feedback.summary}`,
      );
    case 'task.failed':
      return say(0, 'fail', `${event.task}  failed: ${event.detail}`);
    case 'task.needs_person':
      return say(0, 'warn', `${event.task}  needs a person: ${personReason(event)}`);
    case 'task.skipped':
      return say(0, 'info', `${event.task}  skipped: ${event.why}`);
    case 'task.stopped':
      return say(0, 'info', `${event.task}  stopped by ${event.by}`);
    case 'task.stop_requested':
      return say(0, 'busy', `${event.task}  stopping, asked for by ${event.by}`);
    case 'task.skip_requested':
      return say(0, 'busy', `${event.task}  to be skipped, asked for by ${event.by}`);
    case 'task.update_requested':
      return say(
        0,
        'info',
        `${event.task}  to take ${state.target} in before its next attempt, asked for by ${event.by}`,
      );
    case 'task.reopened':
      return say(
        0,
        'info',
        `${event.task}  reopened by ${event.by}${event.fresh ? ', with a new worktree' : ''}`,
      );
    case 'wave.completed': {
      const waves = state.tasks.get(event.task)?.task.waves.length ?? event.wave;
      return say(
        1,
        'done',
        `${event.task}  completed wave ${event.wave} of ${waves} at ${shortId(event.head)}`,
      );
    }
    case 'task.verified':
      return say(0, 'done', `${event.task}  verified at ${shortId(event.head)}, not merged`);
    default:
      return assertNever(event);
  }
}

/** What an effect works on. */
function stepSubject(step: Step): string {
  if ('task' in step) return step.task;
  if (step.kind === 'run-gates') return subjectText(step.subject);
  if (step.kind === 'resolve-conflict') return step.change;
  if (step.kind === 'tag-target') return step.tag;
  if (step.kind === 'notify') return step.notice.task ?? 'run';
  return step.kind === 'take-in-branch' ? step.branch : step.build;
}

/** The intent is settled when this is told, so the task is found by the failure it left; the intent's id when there is none. */
function startedText(event: Extract<RunEvent, { kind: 'run.started' }>): string {
  const what = event.mode === 'plan' ? `${counted(event.plan.tasks.length, 'task')} ` : '';
  return `${event.run} started: ${what}onto ${event.target} at ${shortId(event.base)}`;
}

function subjectText(subject: GateSubject): string {
  switch (subject.kind) {
    case 'task':
      return subject.task;
    case 'build':
      return subject.build;
    case 'tip':
      return 'target';
    case 'end':
      return 'end of run';
    case 'bisect':
      return `search at ${shortId(subject.commit)}`;
    default:
      return assertNever(subject);
  }
}

function gateText(event: Extract<RunEvent, { kind: 'gate.finished' }>): Narration {
  const { result, subject, reused } = event;
  const word = { pass: 'passed', warn: 'warned', fail: 'failed' }[result.verdict];
  const mark = { pass: reused ? 'info' : 'done', warn: 'warn', fail: 'fail' } as const;
  const notes = [...(reused ? ['result of the same tree'] : []), ...(result.flaky ? ['flaky'] : [])];
  const tail = notes.length === 0 ? '' : ` (${notes.join(', ')})`;
  return say(
    1,
    mark[result.verdict],
    `${subjectText(subject)}  gate ${result.gate} ${word}: ${result.reason}${tail}`,
  );
}

function gatesText(event: Extract<RunEvent, { kind: 'gates.finished' }>): Narration {
  const who = subjectText(event.subject);
  const on = shortId(event.commit);
  switch (event.verdict) {
    case 'green':
      return say(event.subject.kind === 'end' ? 0 : 1, 'done', `${who}  gates passed on ${on}`);
    case 'red':
      return say(
        event.subject.kind === 'end' ? 0 : 1,
        'fail',
        `${who}  gates failed on ${on}: ${listed(event.red)}`,
      );
    case 'cancelled':
      return say(2, 'info', `${who}  gates were cancelled on ${on}`);
    default:
      return assertNever(event.verdict);
  }
}
