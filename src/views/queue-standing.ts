/** Why a change that waits in the merge queue is not tested, where a person or a need is the reason. */
import { needsLookup } from '../core/schedule/queue-needs.ts';
import { priorityOf } from '../core/schedule/queue-order.ts';
import type { ChangeState, RunState } from '../core/run/state.ts';
import { listed } from './words.ts';

/** null when nothing of the kind holds it. */
export function standingReason(change: ChangeState, state: RunState): string | null {
  const { standing } = change;
  const { closedFor } = state.queue;
  if (standing.ejectRequestedBy !== null) return `leaves the queue, asked by ${standing.ejectRequestedBy}`;
  if (standing.heldBy !== null) return `held by ${standing.heldBy}: copse queue release ${change.id}`;
  if (closedFor !== null && closedFor.below === null)
    return `the queue is closed by ${closedFor.by}: copse queue open`;
  if (closedFor !== null && priorityOf(change, state) > (closedFor.below ?? 0))
    return `the queue is closed below priority ${closedFor.below ?? 0} by ${closedFor.by}: copse queue open`;
  const { waitsFor } = needsLookup(state)(change);
  return waitsFor === null ? null : `needs ${waitsFor}, which is not in the queue yet`;
}

/** `after a, b` where it needs changes that wait as well; null when it needs none. */
export function needsClause(change: ChangeState, state: RunState): string | null {
  const { ids } = needsLookup(state)(change);
  return ids.length === 0 ? null : `after ${listed(ids)} or together`;
}
