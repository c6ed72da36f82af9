/** Task and workspace events. */
import { assertNever } from '../../kit/assert.ts';
import type { RunEvent, TaskEvent, WorkspaceEvent } from './events.ts';
import { progressed } from './progressed.ts';
import { openFindings } from '../review/model.ts';
import { reviewReopened, told, waitsForPerson } from './reduce-review.ts';
import { newTask } from './reduce.ts';
import { letTaskGoOn } from './reduce-limit.ts';
import { retriesAfter } from './retry.ts';
import type { Progress, RunState, TaskState } from './state.ts';

/** Names tried for one task's branch and worktree before a person is asked. */
const MAX_PLACES = 20;

type Timed<E> = E & { readonly atMs: number };
type GatesFinished = Extract<RunEvent, { kind: 'gates.finished' }>;

export function reduceTask(
  state: RunState,
  event: Timed<TaskEvent | WorkspaceEvent> | GatesFinished,
): RunState {
  if (event.kind === 'gates.finished') return gatesFinished(state, event);
  if (event.kind === 'task.added') {
    if (state.tasks.has(event.task.id)) return state;
    return { ...state, tasks: new Map(state.tasks).set(event.task.id, newTask(event.task, event.atMs)) };
  }
  const task = state.tasks.get(event.task);
  if (task === undefined) return state;
  const next = event.kind === 'task.reopened' ? reopened(task, event, state) : nextTask(task, event);
  // Asked for while the end of the run was being written: there is work again, so the run goes on.
  const isBegunAgain = event.kind === 'task.reopened' && REOPENABLE.has(task.progress.kind);
  const life = isBegunAgain && state.life.kind === 'finished' ? ({ kind: 'running' } as const) : state.life;
  const released = isBegunAgain ? letTaskGoOn(state, task) : state;
  return { ...released, life, tasks: new Map(state.tasks).set(event.task, next) };
}

/** Nothing more is to be had from it. */
const DONE: ReadonlySet<Progress['kind']> = new Set(['landed', 'verified', 'skipped']);
/** Nothing works on it any more, so there is nothing to stop. */
const ENDED: ReadonlySet<Progress['kind']> = new Set([...DONE, 'failed', 'stopped']);
/** From here another try may begin at once. */
const REOPENABLE: ReadonlySet<Progress['kind']> = new Set([
  'waiting',
  'prepared',
  'backing-off',
  'updating',
  'needs-person',
  'awaiting-approval',
  'verified',
  'failed',
  'stopped',
  'skipped',
]);

/** Tries of one effect that the world refuses, before the task has failed. */
const MAX_TROUBLES = 4;
/** Pause after the first refusal; each next one is three times as long. */
const TROUBLE_PAUSE_MS = 1_000;
/** Longest pause, for what is tried until it works. */
const MAX_TROUBLE_PAUSE_MS = 60_000;

/**
 * An effect of the task was refused: the same is tried again after a pause, a few times. A worktree that cannot be
 * removed is kept instead; a stop is tried until it works, since the agent runs on.
 */
export function troubled(
  state: RunState,
  id: TaskState['task']['id'],
  event: Timed<Extract<RunEvent, { kind: 'abandoned' }>>,
  step: 'work' | 'stop' | 'remove',
): RunState {
  const task = state.tasks.get(id);
  if (task === undefined) return state;
  const count = (task.trouble?.count ?? 0) + 1;
  const pauseMs = Math.min(MAX_TROUBLE_PAUSE_MS, TROUBLE_PAUSE_MS * 3 ** (count - 1));
  const trouble = { count, notBeforeMs: event.atMs + pauseMs, why: event.why };
  let next: TaskState = { ...task, trouble };
  if (count >= MAX_TROUBLES && step === 'work')
    next = progressed(task, { kind: 'failed', cause: 'environment', detail: event.why }, event.atMs);
  if (count >= MAX_TROUBLES && step === 'remove')
    next = { ...task, trouble: null, workspaceKept: `it could not be removed: ${event.why}` };
  return { ...state, tasks: new Map(state.tasks).set(id, next) };
}

function nextTask(
  task: TaskState,
  event: Timed<Exclude<TaskEvent, { kind: 'task.added' }> | WorkspaceEvent>,
): TaskState {
  switch (event.kind) {
    case 'task.held':
      return { ...task, hold: event.why };
    case 'task.retry':
      return retried(task, event);
    case 'task.failed':
      return progressed(task, { kind: 'failed', cause: event.cause, detail: event.detail }, event.atMs);
    case 'task.needs_person':
      return progressed(
        task,
        { kind: 'needs-person', cause: event.cause, detail: event.detail, files: event.files },
        event.atMs,
      );
    case 'task.skipped':
      return {
        ...progressed(task, { kind: 'skipped', why: event.why }, event.atMs),
        stopRequested: null,
        skipRequested: null,
      };
    case 'task.stopped':
      return {
        ...progressed(task, { kind: 'stopped', by: event.by }, event.atMs),
        stopRequested: null,
        skipRequested: null,
      };
    case 'task.stop_requested':
      return ENDED.has(task.progress.kind) ? task : { ...task, stopRequested: event.by };
    case 'task.skip_requested':
      return DONE.has(task.progress.kind) ? task : { ...task, skipRequested: event.by };
    case 'task.update_requested':
      return DONE.has(task.progress.kind) ? task : { ...task, updateRequested: event.by };
    case 'task.reopened':
      return task;
    case 'task.verified':
      return progressed(task, { kind: 'verified' }, event.atMs);
    case 'wave.completed':
      return waveCompleted(task, event);
    default:
      return nextWorkspace(task, event);
  }
}

function nextWorkspace(task: TaskState, event: Timed<WorkspaceEvent>): TaskState {
  switch (event.kind) {
    case 'workspace.prepared':
      return {
        ...progressed(task, { kind: 'prepared' }, event.atMs),
        workspace: event.workspace,
        workspaceKept: null,
        head: task.head ?? event.workspace.base,
        targetTried: task.head === null ? event.workspace.base : task.targetTried,
        startedFrom: task.startedFrom ?? event.workspace.base,
      };
    case 'workspace.failed':
      return workspaceFailed(task, event);
    case 'workspace.updated':
      return {
        ...progressed(task, { kind: 'prepared' }, event.atMs),
        head: event.head,
        startedFrom: event.head,
        targetTried: event.onto,
        updateRequested: null,
      };
    case 'workspace.conflicted':
      return workspaceConflicted(task, event);
    case 'workspace.removed':
      return event.outcome === 'refused'
        ? { ...task, trouble: null, workspaceKept: `unsaved files in it: ${listed(event.unsaved)}` }
        : { ...task, trouble: null, workspace: null };
    default:
      return assertNever(event);
  }
}

/**
 * After an ejection the branch has to take the target in, so a person is asked. Taken in on the way, it need not: the agent
 * goes on and is told, and what still conflicts when it is done goes through the plan's chain.
 */
function workspaceConflicted(
  task: TaskState,
  event: Timed<Extract<WorkspaceEvent, { kind: 'workspace.conflicted' }>>,
): TaskState {
  const tried = { ...task, targetTried: event.onto, updateRequested: null };
  if (task.progress.kind === 'updating') {
    const detail = 'its branch and the target changed the same lines';
    return progressed(
      tried,
      { kind: 'needs-person', cause: 'conflict', detail, files: event.files },
      event.atMs,
    );
  }
  const met = `the target has changed the same lines as this branch in ${listed(event.files)}`;
  const summary = task.feedback === null ? met : `${task.feedback.summary}; ${met}`;
  return { ...tried, trouble: null, feedback: { summary, logs: task.feedback?.logs ?? [] } };
}

function workspaceFailed(
  task: TaskState,
  event: Timed<Extract<WorkspaceEvent, { kind: 'workspace.failed' }>>,
): TaskState {
  if (event.what === 'setup') {
    return progressed(task, { kind: 'failed', cause: 'setup', detail: event.detail }, event.atMs);
  }
  const placesTaken = task.placesTaken + 1;
  const progress: Progress =
    placesTaken < MAX_PLACES
      ? { kind: 'waiting' }
      : { kind: 'needs-person', cause: 'workspace', detail: event.detail, files: [] };
  return { ...progressed(task, progress, event.atMs), placesTaken };
}

function retried(task: TaskState, event: Timed<Extract<TaskEvent, { kind: 'task.retry' }>>): TaskState {
  const progress: Progress =
    event.onto === null
      ? { kind: 'backing-off', notBeforeMs: event.notBeforeMs, cause: event.cause }
      : { kind: 'updating', onto: event.onto, notBeforeMs: event.notBeforeMs };
  return {
    ...progressed(task, progress, event.atMs),
    agent: event.agent,
    feedback: event.feedback,
    retriesUsed: usedAfter(task, event),
    ...(event.cause === 'review' ? { review: told(task.review), startedFrom: task.head } : {}),
  };
}

function usedAfter(task: TaskState, event: Extract<TaskEvent, { kind: 'task.retry' }>): number {
  const { cause } = event;
  if (event.isFree === true || cause === 'auth' || cause === 'session' || cause === 'review')
    return task.retriesUsed;
  return retriesAfter(task.task, cause, task.retriesUsed);
}

/** What is at work or landed is not begun again beside itself: there it only takes back a request to stop. */
function reopened(
  task: TaskState,
  event: Timed<Extract<TaskEvent, { kind: 'task.reopened' }>>,
  state: RunState,
): TaskState {
  if (!REOPENABLE.has(task.progress.kind) || (!ENDED.has(task.progress.kind) && isActedOn(task, state)))
    return { ...task, stopRequested: null, skipRequested: null };
  const next = {
    ...task,
    retriesUsed: 0,
    agent: task.task.agent,
    wave: event.wave ?? task.wave,
    stopRequested: null,
    skipRequested: null,
    landedCommit: null,
    review: reviewReopened(task.review, event.by, event.fresh),
    startedFrom: event.fresh ? null : task.startedFrom,
  };
  if (event.fresh) {
    // The old worktree and branch stay as they are, so the new ones need other names.
    const placesTaken = task.workspace === null ? task.placesTaken : task.placesTaken + 1;
    const clean = {
      workspace: null,
      workspaceKept: null,
      head: null,
      tree: null,
      feedback: null,
      placesTaken,
      freshSince: task.attempts.length,
    };
    return { ...progressed(next, { kind: 'waiting' }, event.atMs), ...clean };
  }
  const { head, tree } = task;
  const isUnjudged = waitsForPerson(task) && openFindings(task.review).length === 0;
  // There is nothing for the author to do: the same work is judged again.
  if ((isUnjudged || isReviewAwaited(task, state)) && head !== null && tree !== null)
    return progressed(next, { kind: 'verifying', head, tree }, event.atMs);
  if (task.workspace === null)
    return { ...progressed(next, { kind: 'waiting' }, event.atMs), feedback: null };
  return progressed(next, { kind: 'prepared' }, event.atMs);
}

/** Its own work was done; what a budget or a login stopped was its review. */
function isReviewAwaited(task: TaskState, state: RunState): boolean {
  const { progress } = task;
  if (progress.kind !== 'needs-person' && progress.kind !== 'failed') return false;
  if (progress.cause !== 'budget' && progress.cause !== 'login') return false;
  const last = state.attempts.get(task.attempts.at(-1) ?? ('' as never));
  return last?.verdict === 'committed' && task.head !== task.startedFrom;
}

function isActedOn(task: TaskState, state: RunState): boolean {
  return [...state.intents.values()].some(({ step }) => 'task' in step && step.task === task.task.id);
}

function listed(paths: readonly string[]): string {
  return `${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ` and ${paths.length - 3} more` : ''}`;
}

function waveCompleted(
  task: TaskState,
  event: Timed<Extract<TaskEvent, { kind: 'wave.completed' }>>,
): TaskState {
  const waves = [
    ...task.waves.filter((wave) => wave.number !== event.wave),
    { number: event.wave, head: event.head, atMs: event.atMs },
  ];
  const isLast = event.wave >= task.task.waves.length;
  // Its tries go on counting: what is ejected from the queue later is still this wave's work.
  if (isLast) return { ...task, waves, feedback: null };
  return {
    ...progressed(task, { kind: 'prepared' }, event.atMs),
    waves,
    wave: event.wave + 1,
    startedFrom: event.head,
    retriesUsed: 0,
    feedback: null,
  };
}

function gatesFinished(state: RunState, event: GatesFinished): RunState {
  if (event.subject.kind !== 'task') return state;
  const task = state.tasks.get(event.subject.task);
  if (task === undefined || task.progress.kind !== 'verifying' || task.progress.tree !== event.tree)
    return state;
  if (event.verdict === 'cancelled') return state;
  const progress: Progress =
    event.verdict === 'green'
      ? { kind: 'green', head: event.commit, tree: event.tree }
      : { kind: 'red', red: event.red, logs: redLogs(task, event) };
  return {
    ...state,
    tasks: new Map(state.tasks).set(task.task.id, {
      ...progressed(task, progress, event.atMs),
      startedFrom: event.verdict === 'red' ? event.commit : task.startedFrom,
    }),
  };
}

function redLogs(task: TaskState, event: GatesFinished): readonly string[] {
  return task.gates
    .filter((gate) => gate.tree === event.tree && event.red.includes(gate.gate) && gate.logPath !== null)
    .map((gate) => gate.logPath ?? '');
}
