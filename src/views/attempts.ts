/** What an attempt was for, worked out from the ones before it. */
import type { SideTurn } from '../core/agents/turns.ts';
import type { AttemptState, RunState, TaskState } from '../core/run/state.ts';

/** Attempts of the task in the order they began. */
export function attemptsOf(task: TaskState, state: RunState): readonly AttemptState[] {
  return task.attempts.flatMap((id) => state.attempts.get(id) ?? []);
}

/** Turns of reviewers and resolvers at the task. */
export function besideOf(task: TaskState, state: RunState): readonly SideTurn[] {
  return state.sideTurns.filter((turn) => turn.task === task.task.id);
}

/** True when the newest attempt was told about a red gate or an ejection: the one before had committed in the same wave. */
export function isFixing(task: TaskState, state: RunState): boolean {
  const [now, before] = attemptsOf(task, state).toReversed();
  if (task.feedback === null || now === undefined || before === undefined) return false;
  return before.verdict === 'committed' && before.wave === now.wave;
}

/** `try 2 of 3` over all agents of the task; null on the first try. */
export function tryOf(task: TaskState): string | null {
  if (task.retriesUsed === 0) return null;
  const most = (task.task.retries.max + 1) * (1 + task.task.fallback.length);
  return `try ${task.retriesUsed + 1} of ${Math.max(most, task.retriesUsed + 1)}`;
}

/** Why an attempt that committed did not finish its wave: the ejection or the red gate that followed; null when none did. */
export function rejectionOf(attempt: AttemptState, state: RunState): string | null {
  const head = attempt.facts?.head ?? null;
  const tree = attempt.facts?.tree ?? null;
  if (attempt.verdict !== 'committed' || head === null) return attempt.because;
  const change = [...state.queue.changes.values()].find(
    (one) => one.task === attempt.task && one.head === head && one.state.kind === 'ejected',
  );
  if (change?.state.kind === 'ejected') return `ejected: ${change.state.detail}`;
  const round = state.tasks
    .get(attempt.task)
    ?.review.rounds.find((one) => one.head === head && !one.isAccepted);
  if (round !== undefined) return `review ${round.score}/10: ${round.summary}`.replace(/: $/, '');
  const red = [...state.gateResults.values()].find((gate) => gate.tree === tree && gate.verdict === 'fail');
  return red === undefined ? null : `gate ${red.gate} failed: ${red.reason}`;
}
