/** Task and workspace events. */
import { assertNever } from '../../kit/assert.ts';
import type { RunEvent, TaskEvent, WorkspaceEvent } from './events.ts';
import { newTask } from './reduce.ts';
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
  return { ...state, tasks: new Map(state.tasks).set(event.task, nextTask(task, event)) };
}

/** Replaces the progress and notes since when. */
export function progressed(task: TaskState, progress: Progress, atMs: number): TaskState {
  return { ...task, progress, sinceMs: atMs, hold: null, trouble: null };
}

/** Tries of one effect that the world refuses, before the task has failed. */
const MAX_TROUBLES = 4;
/** Pause after the first refusal; each next one is three times as long. */
const TROUBLE_PAUSE_MS = 1_000;

/** An effect of the task was refused: the same is tried again after a pause, a few times. */
export function troubled(
  state: RunState,
  id: TaskState['task']['id'],
  event: Extract<RunEvent, { kind: 'abandoned' }>,
): RunState {
  const task = state.tasks.get(id);
  if (task === undefined) return state;
  const count = (task.trouble?.count ?? 0) + 1;
  const next: TaskState =
    count >= MAX_TROUBLES
      ? progressed(task, { kind: 'failed', cause: 'environment', detail: event.why }, event.atMs)
      : {
          ...task,
          trouble: { count, notBeforeMs: event.atMs + TROUBLE_PAUSE_MS * 3 ** (count - 1), why: event.why },
        };
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
      return progressed(task, { kind: 'skipped', why: event.why }, event.atMs);
    case 'task.stopped':
      return { ...progressed(task, { kind: 'stopped', by: event.by }, event.atMs), stopRequested: null };
    case 'task.stop_requested':
      return { ...task, stopRequested: event.by };
    case 'task.skip_requested':
      return { ...task, skipRequested: event.by };
    case 'task.reopened':
      return reopened(task, event);
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
        startedFrom: task.startedFrom ?? event.workspace.base,
      };
    case 'workspace.failed':
      return workspaceFailed(task, event);
    case 'workspace.updated':
      return {
        ...progressed(task, { kind: 'prepared' }, event.atMs),
        head: event.head,
        startedFrom: event.head,
      };
    case 'workspace.conflicted':
      return progressed(
        task,
        {
          kind: 'needs-person',
          cause: 'conflict',
          detail: `its branch and the target changed the same lines`,
          files: event.files,
        },
        event.atMs,
      );
    case 'workspace.removed':
      return event.outcome === 'refused'
        ? { ...task, hold: `worktree kept: unsaved files in it` }
        : { ...task, workspace: null };
    default:
      return assertNever(event);
  }
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
    retriesUsed: task.retriesUsed + 1,
  };
}

function reopened(task: TaskState, event: Timed<Extract<TaskEvent, { kind: 'task.reopened' }>>): TaskState {
  const next = {
    ...task,
    retriesUsed: 0,
    agent: task.task.agent,
    wave: event.wave ?? task.wave,
    stopRequested: null,
    skipRequested: null,
    landedCommit: null,
    startedFrom: event.fresh ? null : task.startedFrom,
  };
  if (event.fresh || task.workspace === null) {
    return {
      ...progressed(next, { kind: 'waiting' }, event.atMs),
      head: event.fresh ? null : task.head,
      feedback: null,
    };
  }
  return progressed(next, { kind: 'prepared' }, event.atMs);
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
  if (isLast) return { ...task, waves, retriesUsed: 0, feedback: null };
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
