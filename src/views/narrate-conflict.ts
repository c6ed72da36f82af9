/** Lines about conflicts with the target and what is tried on them. */
import { assertNever } from '../kit/assert.ts';
import type { ConflictEvent } from '../core/run/queue-events.ts';
import type { RunState } from '../core/run/state.ts';
import { nameOf } from './narrate-queue.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { listed } from './words.ts';

export function narrateConflict(event: ConflictEvent, state: RunState): Narration | null {
  const name = nameOf(event.change, state);
  switch (event.kind) {
    case 'conflict.opened': {
      const others = event.company.map((id) => nameOf(id, state));
      const company = others.length === 0 ? '' : ` (with ${listed(others)})`;
      return say(0, 'warn', `${name}  conflicts with ${state.target} in ${listed(event.files)}${company}`);
    }
    case 'conflict.tried': {
      const means = event.agent ?? event.stage;
      const mark = event.outcome === 'resolved' ? 'done' : 'info';
      return say(event.outcome === 'resolved' ? 0 : 1, mark, `${name}  ${means}: ${event.detail}`);
    }
    case 'conflict.resolved':
      return say(0, 'done', `${name}  conflict resolved by ${event.by} in ${listed(event.files)}`);
    case 'conflict.asked':
      return say(0, 'info', `${name}  ${event.by} asks ${event.agent} to resolve the conflict`);
    case 'conflict.dropped':
      return say(0, 'info', `${name}  given up by ${event.by}`);
    default:
      return assertNever(event);
  }
}
