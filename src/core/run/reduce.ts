/**
 * Folds events into the state of a run. Total: an event that does not fit the state (a task that is unknown, an intent
 * settled twice) changes nothing, since a log written by another version must still open.
 */
import { assertNever } from '../../kit/assert.ts';
import type { IntentId, TaskId } from '../ids.ts';
import type { RunEvent } from './events.ts';
import { rememberOutcomes } from '../mergequeue/history.ts';
import { isInboxEvent } from '../inbox/events.ts';
import { EMPTY_INBOX } from '../inbox/model.ts';
import { inboxAfter, reduceInbox } from '../inbox/reduce.ts';
import { reduceQueue } from './reduce-queue.ts';
import { reduceOverlap } from './overlaps.ts';
import { reduceQueueOrder } from './reduce-queue-orders.ts';
import { bisectRefused, endTested, reduceTarget } from './reduce-target.ts';
import { reduceConflict } from './reduce-conflict.ts';
import { reduceReview, reviewRefused } from './reduce-review.ts';
import { reduceTask, troubled } from './reduce-task.ts';
import { reduceAttempt } from './reduce-attempt.ts';
import { letGoOn, reduceLimit } from './reduce-limit.ts';
import { gateKey } from './state.ts';
import { NO_REVIEW } from '../review/model.ts';
import type { RunState, TaskState } from './state.ts';
import type { Plan, Task } from '../plan/model.ts';

/** State of the run after `event`; null stays null until `run.started`. */
export function reduce(state: RunState | null, event: RunEvent): RunState | null {
  if (event.kind === 'run.started') return started(event);
  if (state === null) return null;
  const next = inboxAfter(apply(state, event), event);
  const settled =
    'intent' in event && event.kind !== 'intended' && event.intent !== null
      ? settle(next, event.intent)
      : next;
  return settled.lastAtMs >= event.atMs ? settled : { ...settled, lastAtMs: event.atMs };
}

export function fold(events: Iterable<RunEvent>): RunState | null {
  let state: RunState | null = null;
  for (const event of events) state = reduce(state, event);
  return state;
}

/** Plans of older logs lack what came later. */
const LATER_MERGE_KEYS: Pick<Plan['merge'], 'conflicts' | 'resolver' | 'tag'> = {
  conflicts: ['human'],
  resolver: null,
  tag: null,
};

function started(event: Extract<RunEvent, { kind: 'run.started' }>): RunState {
  return {
    id: event.run,
    outcomes: event.outcomes ?? [],
    memory: rememberOutcomes(event.outcomes ?? []),
    mode: event.mode,
    plan: { ...event.plan, merge: { ...LATER_MERGE_KEYS, ...event.plan.merge } },
    options: event.options,
    target: event.target,
    base: event.base,
    startedAtMs: event.atMs,
    life: { kind: 'running' },
    tasks: new Map(event.plan.tasks.map((task) => [task.id, newTask(task, event.atMs)])),
    attempts: new Map(),
    sideTurns: [],
    queue: {
      tip: event.base,
      tipTree: null,
      tipProof: 'unknown',
      decidedAtMs: event.atMs,
      isOpen: true,
      closedBecause: null,
      closedFor: null,
      trouble: null,
      changes: new Map(),
      builds: new Map(),
      landed: [],
      landings: [],
      held: null,
      gateRuns: 0,
    },
    intents: new Map(),
    gateResults: new Map(),
    accounts: new Map(),
    budgets: new Map(),
    inbox: EMPTY_INBOX,
    endGates: 'pending',
    expected: null,
    overlaps: new Map(),
    endRed: [],
    bisect: null,
    tagged: null,
    counters: { intents: 0, builds: 0 },
    lastAtMs: event.atMs,
  };
}

export function newTask(task: Task, atMs: number): TaskState {
  return {
    task,
    progress: { kind: 'waiting' },
    sinceMs: atMs,
    trouble: null,
    hold: null,
    workspace: null,
    placesTaken: 0,
    head: null,
    tree: null,
    wave: 1,
    attempts: [],
    freshSince: 0,
    retriesUsed: 0,
    agent: task.agent,
    feedback: null,
    stopRequested: null,
    skipRequested: null,
    updateRequested: null,
    targetTried: null,
    landedCommit: null,
    startedFrom: null,
    workspaceKept: null,
    changedPaths: [],
    gates: [],
    waves: [],
    review: NO_REVIEW,
    salvage: [],
    violations: [],
  };
}

function settle(state: RunState, intent: IntentId): RunState {
  if (!state.intents.has(intent)) return state;
  const intents = new Map(state.intents);
  intents.delete(intent);
  return { ...state, intents };
}

function apply(state: RunState, event: Exclude<RunEvent, { kind: 'run.started' }>): RunState {
  if (isInboxEvent(event)) return reduceInbox(state, event);
  switch (event.kind) {
    case 'run.paused':
    case 'run.resumed':
    case 'run.finished':
    case 'intended':
    case 'abandoned':
    case 'operation':
      return applyLife(state, event);
    case 'account.parked':
    case 'budget.exceeded':
      return reduceLimit(state, event);
    case 'gate.finished':
      return gateFinished(state, event);
    case 'overlap.expected':
    case 'overlap.seen':
    case 'overlap.gone':
      return reduceOverlap(state, event);
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
    case 'workspace.prepared':
    case 'workspace.failed':
    case 'workspace.updated':
    case 'workspace.conflicted':
    case 'workspace.removed':
      return reduceTask(state, event);
    case 'attempt.started':
    case 'attempt.exited':
    case 'attempt.collected':
    case 'attempt.judged':
    case 'attempt.stop_sent':
      return reduceAttempt(state, event);
    case 'gates.finished':
      return gatesFinished(state, event);
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
      return reduceQueue(state, event);
    case 'change.held':
    case 'change.released':
    case 'change.ranked':
    case 'change.eject_requested':
    case 'queue.closed':
    case 'queue.opened':
      return reduceQueueOrder(state, event);
    default:
      return applyLanding(state, event);
  }
}

function applyLife(
  state: RunState,
  event: Exclude<
    Extract<RunEvent, { kind: `run.${string}` | 'intended' | 'abandoned' | 'operation' }>,
    { kind: 'run.started' }
  >,
): RunState {
  switch (event.kind) {
    case 'run.paused':
      if (state.life.kind === 'finished') return state;
      return { ...state, life: { kind: 'paused', why: event.why, sinceMs: event.atMs } };
    case 'run.resumed':
      return letGoOn({ ...state, life: { kind: 'running' } });
    case 'run.finished':
      return { ...state, life: { kind: 'finished', outcome: event.outcome, atMs: event.atMs } };
    case 'intended':
      return intended(state, event);
    case 'abandoned':
      return abandoned(state, event);
    case 'operation':
      return state;
    default:
      return assertNever(event);
  }
}

/** Reviews, conflicts with the target, and the target itself. */
function applyLanding(
  state: RunState,
  event: Extract<
    RunEvent,
    { kind: `review.${string}` | `conflict.${string}` | `bisect.${string}` | 'target.tagged' }
  >,
): RunState {
  switch (event.kind) {
    case 'review.finished':
    case 'review.commented':
    case 'review.settled':
    case 'review.accepted':
      return reduceReview(state, event);
    case 'bisect.started':
    case 'bisect.finished':
    case 'target.tagged':
      return reduceTarget(state, event);
    case 'conflict.opened':
    case 'conflict.tried':
    case 'conflict.resolved':
    case 'conflict.asked':
    case 'conflict.dropped':
      return reduceConflict(state, event);
    default:
      return assertNever(event);
  }
}

function intended(state: RunState, event: Extract<RunEvent, { kind: 'intended' }>): RunState {
  const intents = new Map(state.intents);
  intents.set(event.intent, {
    id: event.intent,
    step: event.step,
    because: event.because,
    sinceMs: event.atMs,
  });
  const counters = {
    intents: state.counters.intents + 1,
    builds: state.counters.builds + (event.step.kind === 'make-build' ? 1 : 0),
  };
  const next = { ...state, intents, counters };
  return event.step.kind === 'make-build' ? reduceQueue(next, event) : next;
}

function abandoned(state: RunState, event: Extract<RunEvent, { kind: 'abandoned' }>): RunState {
  const step = state.intents.get(event.intent)?.step;
  if (step === undefined) return state;
  switch (step.kind) {
    case 'prepare-workspace':
    case 'start-attempt':
    case 'collect-attempt':
    case 'update-workspace':
    case 'deliver-answer':
    case 'take-in-head':
      return troubled(state, step.task, event, 'work');
    case 'run-review':
      if (step.change === undefined) return troubled(state, step.task, event, 'work');
      return reviewRefused(state, step.task, event.why);
    case 'run-gates':
      if (step.subject.kind === 'task') return troubled(state, step.subject.task, event, 'work');
      if (step.subject.kind === 'end') return { ...state, endGates: 'red', endRed: [] };
      if (step.subject.kind === 'bisect') return bisectRefused(state, event.why);
      return reduceQueue(state, event, step);
    case 'take-in-branch':
    case 'make-build':
    case 'publish':
    case 'resolve-conflict':
      return reduceQueue(state, event, step);
    case 'notify':
      return state;
    case 'tag-target':
      return { ...state, tagged: { tag: step.tag, commit: step.commit, outcome: 'refused' } };
    case 'stop-attempt':
      return troubled(state, step.task, event, 'stop');
    case 'remove-workspace':
      return troubled(state, step.task, event, 'remove');
    default:
      return assertNever(step);
  }
}

function gatesFinished(state: RunState, event: Extract<RunEvent, { kind: 'gates.finished' }>): RunState {
  switch (event.subject.kind) {
    case 'task':
      return reduceTask(state, event);
    case 'build':
      return reduceQueue(state, event);
    case 'tip':
      if (event.verdict === 'cancelled' || event.commit !== state.queue.tip) return state;
      return { ...state, queue: { ...state.queue, tipProof: event.verdict, trouble: null } };
    case 'end':
    case 'bisect':
      return endTested(state, event);
    default:
      return assertNever(event.subject);
  }
}

function gateFinished(state: RunState, event: Extract<RunEvent, { kind: 'gate.finished' }>): RunState {
  const { result, subject } = event;
  const gateResults = new Map(state.gateResults);
  const key = gateKey(result.tree, result.gateDigest, result.environmentDigest);
  gateResults.set(`${key}|${result.gate}`, result);
  const next = { ...state, gateResults };
  if (subject.kind === 'task') return withGate(next, [subject.task], event);
  if (subject.kind === 'build') {
    const members = state.queue.builds.get(subject.build)?.members ?? [];
    const tasks = members
      .map((id) => state.queue.changes.get(id)?.task ?? null)
      .filter((task) => task !== null);
    return withGate(next, tasks, event);
  }
  return next;
}

function withGate(
  state: RunState,
  ids: readonly TaskId[],
  event: Extract<RunEvent, { kind: 'gate.finished' }>,
): RunState {
  const tasks = new Map(state.tasks);
  for (const id of ids) {
    const task = tasks.get(id);
    if (task === undefined) continue;
    const others = task.gates.filter((gate) => gate.gate !== event.result.gate);
    tasks.set(task.task.id, { ...task, gates: [...others, event.result] });
  }
  return { ...state, tasks };
}
