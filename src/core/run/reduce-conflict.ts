/** Conflict events, and what ejections and entries mean to the change that a resolution stands for. */
import { assertNever } from '../../kit/assert.ts';
import { withTurns } from '../agents/turns.ts';
import type { ChangeId } from '../ids.ts';
import type { ConflictState, MadeResolution, ResolutionTry } from './conflict.ts';
import type { RunEvent } from './events.ts';
import type { ConflictEvent, QueueEvent } from './queue-events.ts';
import { progressed } from './progressed.ts';
import type { ChangeState, Progress, RunState } from './state.ts';
import type { Step } from './steps.ts';

type Timed<E> = E & { readonly atMs: number };
type Ejected = Timed<Extract<QueueEvent, { kind: 'change.ejected' }>>;

export function reduceConflict(state: RunState, event: Timed<ConflictEvent>): RunState {
  const change = state.queue.changes.get(event.change);
  if (change === undefined) return state;
  switch (event.kind) {
    case 'conflict.opened':
      return opened(state, change, event);
    case 'conflict.tried':
      return tried(withTurn(state, change, event), change, event);
    case 'conflict.resolved': {
      const { by, onto, head, files } = event;
      return reopened(state, change, event.atMs, {
        made: { stage: 'person', agent: null, by, onto, head, files },
        tries: [
          ...(change.conflict?.tries ?? []),
          tryOf(change.conflict, { stage: 'person', agent: null, onto }, 'resolved', `resolved by ${by}`),
        ],
      });
    }
    case 'conflict.asked':
      return reopened(state, change, event.atMs, {
        asked: { agent: event.agent, by: event.by },
        round: (change.conflict?.round ?? 0) + 1,
      });
    case 'conflict.dropped':
      return dropped(state, change, event);
    default:
      return assertNever(event);
  }
}

/** What its agent used, also of a turn whose result is not taken. */
function withTurn(
  state: RunState,
  change: ChangeState,
  event: Timed<Extract<ConflictEvent, { kind: 'conflict.tried' }>>,
): RunState {
  if (event.turn === undefined || !state.intents.has(event.intent)) return state;
  return withTurns(state, { phase: 'resolve', task: change.task, atMs: event.atMs }, [event.turn]);
}

function opened(
  state: RunState,
  change: ChangeState,
  event: Timed<Extract<ConflictEvent, { kind: 'conflict.opened' }>>,
): RunState {
  const { base, ours, theirs, files, company, atMs } = event;
  const before = change.conflict;
  const conflict: ConflictState = {
    base,
    ours,
    theirs,
    files,
    company,
    openedAtMs: before?.openedAtMs ?? atMs,
    round: (before?.round ?? 0) + 1,
    tries: before?.tries ?? [],
    asked: null,
    made: null,
  };
  let next = withChange(state, { ...change, conflict, state: { kind: 'conflicted' } });
  for (const other of state.queue.changes.values()) {
    if (other.origin?.kind !== 'resolution' || other.origin.of !== change.id) continue;
    if (other.state.kind === 'pending')
      next = withChange(next, { ...other, state: { kind: 'superseded', by: change.id } });
  }
  return withProgress(next, change, { kind: 'queued', change: change.id }, atMs);
}

function tried(
  state: RunState,
  change: ChangeState,
  event: Timed<Extract<ConflictEvent, { kind: 'conflict.tried' }>>,
): RunState {
  const { conflict } = change;
  if (conflict === null || change.state.kind !== 'conflicted' || event.outcome === 'cancelled') return state;
  const { stage, agent, onto, head, files, detail, log } = event;
  const isResolved = event.outcome === 'resolved' && head !== null;
  const logs = log === null ? [] : [log];
  const entry = {
    ...tryOf(conflict, { stage, agent, onto }, isResolved ? 'resolved' : 'unresolved', detail),
    logs,
  };
  const { tree } = event;
  const made: MadeResolution | null = isResolved ? { stage, agent, by: null, onto, head, tree, files } : null;
  return withChange(state, { ...change, conflict: { ...conflict, tries: [...conflict.tries, entry], made } });
}

/** A reviewer did not accept what was made: the chain goes on, told why. */
export function resolutionRefused(state: RunState, id: ChangeId, why: string): RunState {
  const change = state.queue.changes.get(id);
  if (change?.conflict === undefined || change.conflict === null || change.state.kind !== 'conflicted')
    return state;
  const last = change.conflict.tries.length - 1;
  const tries = change.conflict.tries.map((entry, index): ResolutionTry =>
    index === last ? { ...entry, outcome: 'unresolved', detail: `${entry.detail}; ${why}` } : entry,
  );
  return withChange(state, { ...change, conflict: { ...change.conflict, tries, made: null } });
}

/** A stage that the world refused has had its try. */
export function abandonedResolution(
  state: RunState,
  event: Timed<Extract<RunEvent, { kind: 'abandoned' }>>,
  step: Extract<Step, { kind: 'resolve-conflict' }>,
): RunState {
  const change = state.queue.changes.get(step.change);
  if (change?.conflict === undefined || change.conflict === null) return state;
  const { conflict } = change;
  const tries = [...conflict.tries, tryOf(conflict, step, 'unresolved', event.why)];
  return withChange(state, { ...change, conflict: { ...conflict, tries } });
}

/** Only what waits for a person: what is still in the chain, or landed, goes its own way. */
function reopened(
  state: RunState,
  change: ChangeState,
  atMs: number,
  changes: Partial<ConflictState>,
): RunState {
  const { conflict } = change;
  const isWaiting = change.state.kind === 'ejected' && change.state.because === 'conflict';
  if (conflict === null || (!isWaiting && change.state.kind !== 'conflicted')) return state;
  const next = withChange(state, {
    ...change,
    conflict: { ...conflict, made: null, asked: null, ...changes },
    state: { kind: 'conflicted' },
  });
  const life = next.life.kind === 'finished' ? ({ kind: 'running' } as const) : next.life;
  return withProgress({ ...next, life }, change, { kind: 'queued', change: change.id }, atMs);
}

function dropped(
  state: RunState,
  change: ChangeState,
  event: Timed<Extract<ConflictEvent, { kind: 'conflict.dropped' }>>,
): RunState {
  if (change.state.kind !== 'conflicted' && change.state.kind !== 'ejected') return state;
  const files = change.conflict?.files ?? [];
  const next = withChange(state, {
    ...change,
    state: {
      kind: 'ejected',
      because: 'withdrawn',
      detail: `given up by ${event.by}`,
      files,
      red: null,
      green: null,
    },
  });
  return withProgress(next, change, { kind: 'stopped', by: event.by }, event.atMs);
}

/** A resolution stands in the queue now: what it stands for waits for its end. */
export function resolutionEntered(state: RunState, resolution: ChangeState): RunState {
  const { origin } = resolution;
  const change = origin?.kind === 'resolution' ? state.queue.changes.get(origin.of) : undefined;
  if (change?.conflict === undefined || change.conflict === null) return state;
  const last = change.conflict.tries.length - 1;
  const tries = change.conflict.tries.map((entry, index) =>
    index === last ? { ...entry, change: resolution.id } : entry,
  );
  return withChange(state, {
    ...change,
    conflict: { ...change.conflict, tries, made: null },
    state: { kind: 'superseded', by: resolution.id },
  });
}

/**
 * A resolution left the queue: when it was broken, the chain goes on with what is left of it; when nothing could be
 * proven, or a person took it out, so is what it stands for. null: the change is no resolution.
 */
export function resolutionEjected(state: RunState, event: Ejected): RunState | null {
  const resolution = state.queue.changes.get(event.change);
  const origin = resolution?.origin;
  const change = origin?.kind === 'resolution' ? state.queue.changes.get(origin.of) : undefined;
  if (change?.conflict === undefined || change.conflict === null) return null;
  const { because, detail, files, red, green } = event;
  const logs = red === null ? [] : (state.queue.builds.get(red)?.redLogs ?? []);
  const tries = change.conflict.tries.map((entry): ResolutionTry =>
    entry.change === event.change ? { ...entry, outcome: 'red', detail, logs } : entry,
  );
  const conflict = { ...change.conflict, tries };
  if (because === 'broken' || because === 'conflict') {
    const next = withChange(state, { ...change, conflict, state: { kind: 'conflicted' } });
    return withProgress(next, change, { kind: 'queued', change: change.id }, event.atMs);
  }
  const end = { kind: 'ejected', because, detail, files, red, green } as const;
  const next = withChange(state, { ...change, conflict, state: end });
  return withProgress(next, change, { kind: 'ejected', because, detail, files, logs }, event.atMs);
}

function tryOf(
  conflict: ConflictState | null,
  what: Pick<ResolutionTry, 'stage' | 'agent' | 'onto'>,
  outcome: ResolutionTry['outcome'],
  detail: string,
): ResolutionTry {
  const { stage, agent, onto } = what;
  return { stage, agent, onto, outcome, detail, change: null, logs: [], round: conflict?.round ?? 1 };
}

function withChange(state: RunState, change: ChangeState): RunState {
  const changes = new Map<ChangeId, ChangeState>(state.queue.changes).set(change.id, change);
  return { ...state, queue: { ...state.queue, changes } };
}

function withProgress(state: RunState, change: ChangeState, progress: Progress, atMs: number): RunState {
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  if (task === undefined) return state;
  const next = { ...progressed(task, progress, atMs), stopRequested: null, skipRequested: null };
  return { ...state, tasks: new Map(state.tasks).set(task.task.id, next) };
}
