/** What people say to the merge queue: the public fields of those events, and a line about each. */
import { assertNever } from '../kit/assert.ts';
import type { QueueOrderEvent } from '../core/run/queue-orders.ts';
import type { RunState } from '../core/run/state.ts';
import { say, type Narration } from './narration.ts';
import { nameOf } from './narrate-queue.ts';

export function queueOrderBody(event: QueueOrderEvent) {
  switch (event.kind) {
    case 'change.held':
    case 'change.released':
    case 'change.eject_requested':
      return { type: event.kind, change: event.change, by: event.by };
    case 'change.ranked':
      return { type: event.kind, change: event.change, by: event.by, priority: event.priority };
    case 'queue.closed':
      return { type: event.kind, by: event.by, ...(event.below === null ? {} : { below: event.below }) };
    case 'queue.opened':
      return { type: event.kind, by: event.by };
    default:
      return assertNever(event);
  }
}

export function narrateQueueOrder(event: QueueOrderEvent, state: RunState): Narration {
  switch (event.kind) {
    case 'change.held':
      return say(0, 'info', `${nameOf(event.change, state)}  held back by ${event.by}`);
    case 'change.released':
      return say(0, 'info', `${nameOf(event.change, state)}  released by ${event.by}`);
    case 'change.ranked':
      return say(0, 'info', `${nameOf(event.change, state)}  moved in the merge queue by ${event.by}`);
    case 'change.eject_requested':
      return say(0, 'info', `${nameOf(event.change, state)}  is to leave the merge queue, says ${event.by}`);
    case 'queue.closed': {
      const what = event.below === null ? '' : ` to what is less urgent than priority ${event.below}`;
      return say(0, 'warn', `merge queue closed${what} by ${event.by}`);
    }
    case 'queue.opened':
      return say(0, 'info', `merge queue opened by ${event.by}`);
    default:
      return assertNever(event);
  }
}
