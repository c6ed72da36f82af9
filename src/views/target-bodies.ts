/** Events about the target as a whole, as they are printed. */
import { assertNever } from '../kit/assert.ts';
import type { TargetEvent } from '../core/run/queue-events.ts';

export function targetBody(event: TargetEvent) {
  switch (event.kind) {
    case 'bisect.started':
      return { type: event.kind, gates: event.gates, points: event.points };
    case 'bisect.finished':
      return { type: event.kind, verdict: event.verdict };
    case 'target.tagged':
      return { type: event.kind, tag: event.tag, commit: event.commit, outcome: event.outcome };
    default:
      return assertNever(event);
  }
}
