/**
 * What to do next, from one look at the run: pure, so the same snapshot always gives the same decisions. Records change
 * the state and may make more decisions possible; the loop asks again until nothing is left. Nothing here knows the
 * clock, the disk or git.
 */
import { decideFinish } from './finish.ts';
import { decideQueue } from './queue.ts';
import { decideStarts } from './starts.ts';
import { decideTask } from './tasks.ts';
import type { Decided, Decision, Policy, Snapshot } from './snapshot.ts';
import { earliest } from './wake.ts';

/** `wakeAtMs` is the earliest moment at which time alone changes the answer. */
export function decide(snapshot: Snapshot, policy: Policy): Decided {
  const { state } = snapshot;
  if (state.life.kind === 'finished') return { decisions: [], wakeAtMs: null };
  const decisions: Decision[] = [];
  let wakeAtMs: number | null = null;
  for (const task of state.tasks.values()) {
    const decided = decideTask(task, snapshot);
    decisions.push(...decided.decisions.filter((decision) => !takesSameSlot(decision, decisions)));
    wakeAtMs = earliest(wakeAtMs, decided.wakeAtMs);
  }
  const queue = decideQueue(snapshot, policy);
  decisions.push(...queue.decisions);
  wakeAtMs = earliest(wakeAtMs, queue.wakeAtMs);
  // Records come first: starting on a state that is about to change would start the wrong thing.
  if (decisions.some((decision) => decision.kind === 'record')) return { decisions, wakeAtMs };
  const starts = decideStarts(snapshot, policy);
  decisions.push(...starts.decisions);
  wakeAtMs = earliest(wakeAtMs, starts.wakeAtMs);
  if (decisions.length === 0) decisions.push(...decideFinish(snapshot, wakeAtMs));
  return { decisions, wakeAtMs };
}

/** Tasks choose their gate slot from the same snapshot: the first keeps it, the others choose again in the next round. */
function takesSameSlot(decision: Decision, others: readonly Decision[]): boolean {
  if (decision.kind !== 'act' || decision.step.kind !== 'run-gates') return false;
  return others.some((other) => other.kind === 'act' && other.step.kind === 'run-gates');
}
