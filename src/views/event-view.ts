/**
 * One recorded event as the line of NDJSON that `run --json` and `events` print and the dashboard's stream carries.
 * The names are public and stay: types and fields may be added, never renamed. `v` changes when that promise breaks.
 */
import { assertNever } from '../kit/assert.ts';
import { targetBody } from './target-bodies.ts';
import { conflictBody } from './conflict-bodies.ts';
import type { GateSubject, RunEvent } from '../core/run/events.ts';
import type { Step } from '../core/run/steps.ts';
import { queueOrderBody } from './queue-orders.ts';
import type {
  AttemptEvent,
  LimitEvent,
  OverlapEvent,
  TaskEvent,
  WorkspaceEvent,
} from '../core/run/events.ts';
import type { ConflictEvent, TargetEvent, QueueEvent } from '../core/run/queue-events.ts';
import { reviewBody } from './review-events.ts';
import { isInboxEvent } from '../core/inbox/events.ts';
import { inboxBody } from './inbox-bodies.ts';
import { overlapBody } from './overlap-view.ts';
import { attemptBody, limitBody, queueBody, taskBody, workspaceBody } from './event-bodies.ts';
import { gateView } from './status-view.ts';
import { timeOf } from './words.ts';

export type EventBody = ReturnType<typeof bodyOf>;
export type EventView = { readonly v: 1; readonly seq: number; readonly ts: string } & EventBody;

/** `seq` is the event's place in the log; a reader that missed some asks again from the last one it saw. */
export function eventView(event: RunEvent, seq: number): EventView {
  return { v: 1, seq, ts: timeOf(event.atMs), ...bodyOf(event) };
}

function bodyOf(event: RunEvent) {
  if (isInboxEvent(event)) return inboxBody(event);
  switch (event.kind) {
    case 'run.started':
      return startedBody(event);
    case 'run.paused':
      return { type: event.kind, by: event.by, reason: event.why };
    case 'run.resumed':
      return { type: event.kind, by: event.by };
    case 'run.finished':
      return { type: event.kind, outcome: event.outcome };
    case 'intended':
      return {
        type: 'step.started' as const,
        ...taskOfStep(event.step),
        intent: event.intent,
        step: event.step.kind,
        because: event.because,
        ...stepFields(event.step),
      };
    case 'abandoned':
      return { type: 'step.abandoned' as const, intent: event.intent, code: event.code, reason: event.why };
    case 'gate.finished':
      return {
        type: event.kind,
        ...subjectFields(event.subject),
        reused: event.reused,
        gate: gateView(event.result),
      };
    case 'gates.finished':
      return {
        type: event.kind,
        ...subjectFields(event.subject),
        verdict: event.verdict,
        red: event.red,
        commit: event.commit,
        tree: event.tree,
      };
    case 'operation':
      return {
        type: event.kind,
        id: event.id,
        what: event.what,
        refs: event.refs,
        ...(event.undoes === null ? {} : { undoes: event.undoes }),
      };
    case 'change.held':
    case 'change.released':
    case 'change.ranked':
    case 'change.eject_requested':
    case 'queue.closed':
    case 'queue.opened':
      return queueOrderBody(event);
    case 'review.finished':
    case 'review.commented':
    case 'review.settled':
    case 'review.accepted':
      return reviewBody(event);
    default:
      return familyBody(event);
  }
}

function familyBody(
  event:
    | TaskEvent
    | WorkspaceEvent
    | AttemptEvent
    | QueueEvent
    | ConflictEvent
    | TargetEvent
    | OverlapEvent
    | LimitEvent,
) {
  switch (event.kind) {
    case 'task.added':
    case 'task.held':
    case 'task.retry':
    case 'task.failed':
    case 'task.needs_person':
    case 'task.skipped':
    case 'task.stopped':
    case 'task.stop_requested':
    case 'task.skip_requested':
    case 'task.update_requested':
    case 'task.reopened':
    case 'task.verified':
    case 'wave.completed':
      return taskBody(event);
    case 'workspace.prepared':
    case 'workspace.failed':
    case 'workspace.updated':
    case 'workspace.conflicted':
    case 'workspace.removed':
      return workspaceBody(event);
    case 'attempt.started':
    case 'attempt.exited':
    case 'attempt.collected':
    case 'attempt.judged':
    case 'attempt.stop_sent':
      return attemptBody(event);
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
      return queueBody(event);
    case 'overlap.expected':
    case 'overlap.seen':
    case 'overlap.gone':
      return overlapBody(event);
    case 'bisect.started':
    case 'bisect.finished':
    case 'target.tagged':
      return targetBody(event);
    case 'conflict.opened':
    case 'conflict.tried':
    case 'conflict.resolved':
    case 'conflict.asked':
    case 'conflict.dropped':
      return conflictBody(event);
    case 'account.parked':
    case 'budget.exceeded':
      return limitBody(event);
    default:
      return assertNever(event);
  }
}

function startedBody(event: Extract<RunEvent, { kind: 'run.started' }>) {
  return {
    type: event.kind,
    run: event.run,
    mode: event.mode,
    name: event.plan.name,
    target: { branch: event.target, commit: event.base },
    tasks: event.plan.tasks.map((task) => ({ id: task.id, title: task.title })),
    merges: !event.options.noMerge,
    parallel: event.options.parallel ?? event.plan.limits.parallel,
  };
}

function subjectFields(subject: GateSubject): {
  readonly subject: 'task' | 'build' | 'tip' | 'end' | 'bisect';
  readonly task?: string;
  readonly wave?: number;
  readonly build?: string;
} {
  switch (subject.kind) {
    case 'bisect':
      return { subject: 'bisect' };
    case 'task':
      return { subject: 'task', task: subject.task, wave: subject.wave };
    case 'build':
      return { subject: 'build', build: subject.build };
    case 'tip':
    case 'end':
      return { subject: subject.kind };
    default:
      return assertNever(subject);
  }
}

function taskOfStep(step: Step): { readonly task?: string } {
  if ('task' in step) return { task: step.task };
  return step.kind === 'run-gates' && step.subject.kind === 'task' ? { task: step.subject.task } : {};
}

function stepFields(step: Step): {
  readonly branch?: string;
  readonly worktree?: string;
  readonly attempt?: string;
  readonly build?: string;
  readonly members?: readonly string[];
  readonly change?: string;
  readonly stage?: string;
  readonly agent?: string;
} {
  switch (step.kind) {
    case 'prepare-workspace':
      return { branch: step.branch, worktree: step.path };
    case 'start-attempt':
    case 'stop-attempt':
    case 'collect-attempt':
    case 'deliver-answer':
      return { attempt: step.attempt };
    case 'run-review':
      return { agent: step.agent };
    case 'run-gates':
      return step.subject.kind === 'build' ? { build: step.subject.build } : {};
    case 'make-build':
    case 'publish':
      return { build: step.build, members: step.members };
    case 'take-in-branch':
      return { branch: step.branch };
    case 'tag-target':
      return {};
    case 'resolve-conflict': {
      const { change, stage, agent } = step;
      return { change, stage, ...(agent === null ? {} : { agent }) };
    }
    case 'notify':
      return {};
    case 'take-in-head':
    case 'update-workspace':
    case 'remove-workspace':
      return {};
    default:
      return assertNever(step);
  }
}
