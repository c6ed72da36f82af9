/** Folds what people say to the merge queue. Said of a change that has left it already, it changes nothing. */
import { assertNever } from '../../kit/assert.ts';
import type { ChangeId } from '../ids.ts';
import type { QueueOrderEvent } from './queue-orders.ts';
import type { ChangeState, RunState } from './state.ts';

export function reduceQueueOrder(state: RunState, event: QueueOrderEvent): RunState {
  switch (event.kind) {
    case 'change.held':
      return withStanding(state, event.change, { heldBy: event.by });
    case 'change.released':
      return withStanding(state, event.change, { heldBy: null });
    case 'change.ranked':
      return withStanding(state, event.change, { priority: event.priority, order: event.order });
    case 'change.eject_requested':
      return withStanding(state, event.change, { ejectRequestedBy: event.by });
    case 'queue.closed':
      return { ...state, queue: { ...state.queue, closedFor: { by: event.by, below: event.below } } };
    case 'queue.opened':
      return { ...state, queue: { ...state.queue, closedFor: null } };
    default:
      return assertNever(event);
  }
}

function withStanding(state: RunState, id: ChangeId, standing: Partial<ChangeState['standing']>): RunState {
  const change = state.queue.changes.get(id);
  if (change === undefined || change.state.kind === 'landed' || change.state.kind === 'ejected') return state;
  const changes = new Map(state.queue.changes);
  changes.set(id, { ...change, standing: { ...change.standing, ...standing } });
  return { ...state, queue: { ...state.queue, changes } };
}
