/** Attempt events: one agent process each. */
import { assertNever } from '../../kit/assert.ts';
import type { AttemptEvent } from './events.ts';
import { progressed } from './progressed.ts';
import { attemptSpend } from '../agents/attempt-spend.ts';
import type { AttemptState, RunState, TaskState } from './state.ts';

type Timed<E> = E & { readonly atMs: number };

export function reduceAttempt(state: RunState, event: Timed<AttemptEvent>): RunState {
  const task = state.tasks.get(event.task);
  if (task === undefined) return state;
  if (event.kind === 'attempt.started') return started(state, task, event);
  const attempt = state.attempts.get(event.attempt);
  if (attempt === undefined) return state;
  switch (event.kind) {
    case 'attempt.exited': {
      if (attempt.exit !== null) return state;
      const next = { ...attempt, exit: event.exit, endedAtMs: event.atMs };
      const isCurrent = task.progress.kind === 'working' && task.progress.attempt === attempt.id;
      return put(
        state,
        next,
        isCurrent ? progressed(task, { kind: 'collecting', attempt: attempt.id }, event.atMs) : task,
      );
    }
    case 'attempt.collected':
      return collected(state, task, attempt, event);
    case 'attempt.judged':
      return judged(state, task, attempt, event);
    case 'attempt.stop_sent':
      return state;
    default:
      return assertNever(event);
  }
}

function put(state: RunState, attempt: AttemptState, task: TaskState): RunState {
  return {
    ...state,
    attempts: new Map(state.attempts).set(attempt.id, attempt),
    tasks: new Map(state.tasks).set(task.task.id, task),
  };
}

function started(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<AttemptEvent, { kind: 'attempt.started' }>>,
): RunState {
  if (state.attempts.has(event.attempt)) return state;
  const attempt: AttemptState = {
    id: event.attempt,
    task: event.task,
    wave: event.wave,
    agent: event.agent,
    snapshot: event.snapshot,
    headBefore: event.headBefore,
    startedAtMs: event.atMs,
    exit: null,
    endedAtMs: null,
    facts: null,
    verdict: null,
    because: null,
    session: event.session ?? null,
    spend: null,
  };
  const working = progressed(task, { kind: 'working', attempt: event.attempt }, event.atMs);
  return put(state, attempt, { ...working, agent: event.agent, attempts: [...task.attempts, event.attempt] });
}

function collected(
  state: RunState,
  task: TaskState,
  attempt: AttemptState,
  event: Timed<Extract<AttemptEvent, { kind: 'attempt.collected' }>>,
): RunState {
  // Told twice after a crash: what was counted once stays as it is.
  if (attempt.facts !== null) return state;
  const { facts } = event;
  const spend = facts.stream === undefined ? null : attemptSpend(state, attempt, facts.stream);
  const next = progressed(task, { kind: 'judging', attempt: attempt.id }, event.atMs);
  return put(
    state,
    { ...attempt, facts, spend },
    {
      ...next,
      head: facts.head ?? task.head,
      tree: facts.tree ?? task.tree,
      changedPaths: facts.changedPaths,
      salvage: facts.salvageRef === null ? task.salvage : [...task.salvage, facts.salvageRef],
      violations: [
        ...task.violations,
        ...facts.violations.map((violation) => `${violation.what}: ${violation.detail}`),
      ],
    },
  );
}

function judged(
  state: RunState,
  task: TaskState,
  attempt: AttemptState,
  event: Timed<Extract<AttemptEvent, { kind: 'attempt.judged' }>>,
): RunState {
  const next = { ...attempt, verdict: event.verdict, because: event.because };
  if (event.verdict !== 'committed' || task.head === null || task.tree === null) {
    const verdict = event.verdict === 'committed' ? 'no_change' : event.verdict;
    return put(
      state,
      next,
      progressed(task, { kind: 'judged', attempt: attempt.id, verdict, because: event.because }, event.atMs),
    );
  }
  return put(
    state,
    next,
    progressed(task, { kind: 'verifying', head: task.head, tree: task.tree }, event.atMs),
  );
}
