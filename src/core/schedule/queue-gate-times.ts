/**
 * How long the gates of a change take, from what ran: a tree takes as long as the slowest change in it, so a change takes
 * at most as long as the quickest green tree that held it, and a task about as long as its own gates did before it
 * entered. Estimates for the planner, never proof.
 */
import { median } from '../../kit/median.ts';
import type { ChangeId } from '../ids.ts';
import type { ChangeState, RunState } from '../run/state.ts';

/** Milliseconds for every change; null while nothing has been measured. */
export function gateTimesOf(state: RunState): (change: ChangeState) => number | null {
  const known = new Map<ChangeId, number>();
  const whole: number[] = [];
  for (const { state: outcome, members, gateMs } of state.queue.builds.values()) {
    // A red tree stops at its first red gate, so its time says nothing.
    if (outcome !== 'green' || gateMs === 0) continue;
    whole.push(gateMs);
    for (const id of members) known.set(id, Math.min(known.get(id) ?? Infinity, gateMs));
  }
  const usual = median(whole);
  return (change) => known.get(change.id) ?? ownGatesOf(change, state) ?? usual;
}

function ownGatesOf(change: ChangeState, state: RunState): number | null {
  const gates = change.task === null ? [] : (state.tasks.get(change.task)?.gates ?? []);
  const total = gates.reduce((sum, gate) => sum + gate.durationMs, 0);
  return total > 0 ? total : null;
}
