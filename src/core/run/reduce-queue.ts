/** Merge queue events: changes, builds, landings, moves of the target. */
import { assertNever } from '../../kit/assert.ts';
import type { BuildId, ChangeId } from '../ids.ts';
import type { RunEvent } from './events.ts';
import type { QueueEvent } from './queue-events.ts';
import { progressed } from './progressed.ts';
import { abandonedResolution, resolutionEjected, resolutionEntered } from './reduce-conflict.ts';
import type { BuildState, ChangeState, QueueState, RunState } from './state.ts';
import type { Step } from './steps.ts';

type Timed<E> = E & { readonly atMs: number };
type Intended = Extract<RunEvent, { kind: 'intended' }>;
type Abandoned = Extract<RunEvent, { kind: 'abandoned' }>;
type GatesFinished = Extract<RunEvent, { kind: 'gates.finished' }>;

/** `step` is the effect an `abandoned` event gives up. */
export function reduceQueue(
  state: RunState,
  event: Timed<QueueEvent> | Intended | Abandoned | GatesFinished,
  step?: Step,
): RunState {
  switch (event.kind) {
    case 'intended':
      return event.step.kind === 'make-build'
        ? withQueue(state, buildIntended(state.queue, event, event.step))
        : state;
    case 'abandoned':
      return step === undefined ? state : abandoned(state, event, step);
    case 'gates.finished':
      return event.subject.kind === 'build' ? buildTested(state, event, event.subject.build) : state;
    case 'queue.entered':
      return entered(state, event);
    case 'queue.taken_in':
      return takenIn(state, event);
    case 'build.made':
      return made(state, event);
    case 'build.conflicted':
      return conflicted(state, event);
    case 'build.cancelled':
      return withBuild(state, event.build, { state: 'cancelled' });
    case 'landed':
      return landed(state, event);
    case 'landing.void':
      return calmed(withBuild(state, event.build, { state: 'void' }));
    case 'landing.held':
      return withQueue(state, {
        ...state.queue,
        held: { build: event.build, checkout: event.checkout, to: event.to },
        trouble: null,
      });
    case 'target.moved':
      return targetMoved(state, event);
    case 'change.ejected':
      return ejected(state, event);
    default:
      return assertNever(event);
  }
}

/** Only a build that is still wanted: the tip may have moved, or the build was cancelled, while it was being made. */
function made(state: RunState, event: Extract<QueueEvent, { kind: 'build.made' }>): RunState {
  if (state.queue.builds.get(event.build)?.state !== 'making') return state;
  const { commits, tree } = event;
  return withBuild(state, event.build, { commits, tree, state: 'made' });
}

function calmed(state: RunState): RunState {
  return withQueue(state, { ...state.queue, trouble: null });
}

function withQueue(state: RunState, queue: QueueState): RunState {
  return { ...state, queue };
}

function withBuild(state: RunState, id: BuildId, change: Partial<BuildState>): RunState {
  const build = state.queue.builds.get(id);
  if (build === undefined) return state;
  return withQueue(state, {
    ...state.queue,
    builds: new Map(state.queue.builds).set(id, { ...build, ...change }),
  });
}

function withChange(state: RunState, id: ChangeId, change: Partial<ChangeState>): RunState {
  const before = state.queue.changes.get(id);
  if (before === undefined) return state;
  return withQueue(state, {
    ...state.queue,
    changes: new Map(state.queue.changes).set(id, { ...before, ...change }),
  });
}

function buildIntended(
  queue: QueueState,
  event: Intended,
  step: Extract<Step, { kind: 'make-build' }>,
): QueueState {
  const build: BuildState = {
    id: step.build,
    members: step.members,
    tip: step.tip,
    landedBefore: queue.landed.length,
    startedAtMs: event.atMs,
    because: event.because,
    repeats: step.repeats,
    commits: [],
    tree: null,
    state: 'making',
    conflict: null,
    red: [],
    redLogs: [],
    gateMs: 0,
    endedAtMs: null,
  };
  return { ...queue, builds: new Map(queue.builds).set(step.build, build) };
}

function buildTested(state: RunState, event: GatesFinished, id: BuildId): RunState {
  const build = state.queue.builds.get(id);
  if (build === undefined || build.tree !== event.tree) return state;
  const counted = withQueue(state, { ...state.queue, gateRuns: state.queue.gateRuns + 1, trouble: null });
  if (build.state === 'void' || build.state === 'cancelled') return counted;
  if (event.verdict === 'cancelled') return withBuild(counted, id, { state: 'cancelled' });
  const results = [...state.gateResults.values()].filter((result) => result.tree === event.tree);
  const redLogs = results
    .filter((result) => event.red.includes(result.gate) && result.logPath !== null)
    .map((result) => result.logPath ?? '');
  const gateMs = results.reduce((sum, result) => sum + result.durationMs, 0);
  const { red, verdict, atMs: endedAtMs } = event;
  return withBuild(counted, id, { state: verdict, red, redLogs, gateMs, endedAtMs });
}

/** More than any queue holds: a target that needs a rollback is not a base for anything. */
const ROLLBACK_LEAD = 1_000_000;

/** A resolution stands where the change stood that it stands for. */
function standingOf(
  state: RunState,
  event: Extract<QueueEvent, { kind: 'queue.entered' }>,
  arrival: number,
): ChangeState['standing'] {
  const { origin } = event;
  const root = origin?.kind === 'resolution' ? state.queue.changes.get(origin.of) : undefined;
  if (root !== undefined) return root.standing;
  const isRollback = origin?.kind === 'revert';
  const { priority = isRollback ? 0 : null, alone = false, needs = [] } = event.wish ?? {};
  const order = isRollback ? arrival - ROLLBACK_LEAD : arrival;
  return { priority, order, alone, needs, heldBy: null, ejectRequestedBy: null };
}

function entered(state: RunState, event: Timed<Extract<QueueEvent, { kind: 'queue.entered' }>>): RunState {
  // Told twice, by a command and by somebody who watches: it is in the queue once.
  if (state.queue.changes.has(event.change)) return state;
  const arrival = state.queue.changes.size;
  const change: ChangeState = {
    id: event.change,
    task: event.task,
    wave: event.wave,
    branch: event.branch,
    head: event.head,
    seen: event.seen ?? null,
    title: event.title,
    arrival,
    enteredAtMs: event.atMs,
    paths: event.paths,
    textConflicts: [],
    commits: [],
    standing: standingOf(state, event, arrival),
    origin: event.origin ?? null,
    conflict: null,
    state: event.head === null ? { kind: 'announced' } : { kind: 'pending' },
  };
  const next = withQueue(state, {
    ...state.queue,
    changes: new Map(state.queue.changes).set(event.change, change),
  });
  // Asked for when the run had ended: there is work again, so the run goes on.
  const isBegunAgain = event.origin?.kind === 'revert' && next.life.kind === 'finished';
  const begun: RunState = isBegunAgain ? { ...next, life: { kind: 'running' } } : next;
  const linked = resolutionEntered(begun, change);
  const task = event.task === null ? undefined : state.tasks.get(event.task);
  if (task === undefined) return linked;
  const tasks = new Map(linked.tasks).set(
    task.task.id,
    progressed(task, { kind: 'queued', change: event.change }, event.atMs),
  );
  return { ...linked, tasks };
}

function takenIn(state: RunState, event: Timed<Extract<QueueEvent, { kind: 'queue.taken_in' }>>): RunState {
  if (state.queue.changes.get(event.change)?.state.kind !== 'announced') return state;
  if (event.outcome === 'rejected') {
    return withChange(state, event.change, {
      state: {
        kind: 'ejected',
        because: 'rejected',
        detail: event.detail,
        files: [],
        red: null,
        green: null,
      },
    });
  }
  if (event.outcome === 'contained') {
    return withChange(state, event.change, { head: event.head, state: { kind: 'landed', commit: null } });
  }
  return withChange(state, event.change, {
    head: event.head,
    paths: event.paths,
    commits: event.commits ?? [],
    state: { kind: 'pending' },
  });
}

function conflicted(
  state: RunState,
  event: Timed<Extract<QueueEvent, { kind: 'build.conflicted' }>>,
): RunState {
  if (state.queue.builds.get(event.build)?.state !== 'making') return state;
  const { change, withChange: other, files } = event;
  const next = withBuild(state, event.build, {
    state: 'conflicted',
    conflict: { change, withChange: other, files, base: event.base ?? null },
  });
  if (other !== null) return withPair(next, change, other);
  return next;
}

function withPair(state: RunState, a: ChangeId, b: ChangeId): RunState {
  const known = (current: RunState, id: ChangeId) => current.queue.changes.get(id)?.textConflicts ?? [];
  const one = known(state, a).includes(b)
    ? state
    : withChange(state, a, { textConflicts: [...known(state, a), b] });
  return known(one, b).includes(a) ? one : withChange(one, b, { textConflicts: [...known(one, b), a] });
}

function landed(state: RunState, event: Timed<Extract<QueueEvent, { kind: 'landed' }>>): RunState {
  let next = withQueue(state, {
    ...state.queue,
    tip: event.to,
    tipTree: state.queue.builds.get(event.build)?.tree ?? null,
    tipProof: 'green',
    decidedAtMs: event.atMs,
    held: null,
    trouble: null,
    landings: [
      ...state.queue.landings,
      {
        build: event.build,
        from: event.from,
        to: event.to,
        tree: state.queue.builds.get(event.build)?.tree ?? null,
        changes: event.changes.map((entry) => entry.change),
      },
    ],
    landed: [...state.queue.landed, ...event.changes.map((entry) => entry.change)],
  });
  for (const { change, commit } of event.changes) {
    next = withChange(next, change, { state: { kind: 'landed', commit } });
    const id = next.queue.changes.get(change)?.task ?? null;
    const task = id === null ? undefined : next.tasks.get(id);
    if (task === undefined) continue;
    const done = { ...progressed(task, { kind: 'landed' }, event.atMs), landedCommit: commit };
    next = { ...next, tasks: new Map(next.tasks).set(task.task.id, done) };
  }
  // What has to pass at the end has to pass with this in it.
  return { ...next, endGates: 'pending', endRed: [], bisect: null };
}

function targetMoved(state: RunState, event: Timed<Extract<QueueEvent, { kind: 'target.moved' }>>): RunState {
  const builds = new Map<BuildId, BuildState>();
  for (const [id, build] of state.queue.builds) builds.set(id, { ...build, state: 'void' });
  return withQueue(state, {
    ...state.queue,
    tip: event.how === 'forward' && event.to !== null ? event.to : state.queue.tip,
    tipTree: null,
    tipProof: 'unknown',
    isOpen: state.queue.isOpen && event.how === 'forward',
    closedBecause:
      event.how === 'forward'
        ? state.queue.closedBecause
        : `${state.target} was rewritten or deleted by someone else`,
    builds,
    held: null,
    trouble: null,
  });
}

function ejected(state: RunState, event: Timed<Extract<QueueEvent, { kind: 'change.ejected' }>>): RunState {
  const { because, detail, files, red, green } = event;
  const { held } = state.queue;
  const heldMembers = held === null ? [] : (state.queue.builds.get(held.build)?.members ?? []);
  const freed = heldMembers.includes(event.change) ? withQueue(state, { ...state.queue, held: null }) : state;
  const changed = withChange(freed, event.change, {
    state: { kind: 'ejected', because, detail, files, red, green },
  });
  const next = withQueue(changed, { ...changed.queue, decidedAtMs: event.atMs });
  const stoodFor = resolutionEjected(next, event);
  if (stoodFor !== null) return stoodFor;
  const id = next.queue.changes.get(event.change)?.task ?? null;
  const task = id === null ? undefined : next.tasks.get(id);
  if (task === undefined) return next;
  const logs = red === null ? [] : (state.queue.builds.get(red)?.redLogs ?? []);
  const progress = { kind: 'ejected', because, detail, files, logs } as const;
  return { ...next, tasks: new Map(next.tasks).set(task.task.id, progressed(task, progress, event.atMs)) };
}

/** Tries of one effect of the queue that the world refuses, before nothing more is landed. */
const MAX_TROUBLES = 4;
/** Pause after the first refusal; each next one is three times as long. */
const TROUBLE_PAUSE_MS = 1_000;

function abandoned(state: RunState, event: Timed<Abandoned>, step: Step): RunState {
  switch (step.kind) {
    case 'make-build':
      return troubled(withBuild(state, step.build, { state: 'void' }), event);
    case 'run-gates':
      return troubled(
        step.subject.kind === 'build' ? withBuild(state, step.subject.build, { state: 'void' }) : state,
        event,
      );
    case 'take-in-branch':
      return withChange(state, step.change, {
        state: { kind: 'ejected', because: 'rejected', detail: event.why, files: [], red: null, green: null },
      });
    case 'publish':
      return troubled(state, event);
    case 'resolve-conflict':
      return abandonedResolution(state, event, step);
    default:
      return state;
  }
}

function troubled(state: RunState, event: Timed<Abandoned>): RunState {
  const count = (state.queue.trouble?.count ?? 0) + 1;
  if (count >= MAX_TROUBLES) {
    return withQueue(state, {
      ...state.queue,
      trouble: null,
      isOpen: false,
      closedBecause: `it was refused ${count} times: ${event.why}`,
    });
  }
  const notBeforeMs = event.atMs + TROUBLE_PAUSE_MS * 3 ** (count - 1);
  return withQueue(state, { ...state.queue, trouble: { count, notBeforeMs, why: event.why } });
}
