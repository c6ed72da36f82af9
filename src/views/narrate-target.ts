/** Lines about the target as a whole: the search for what turned it red, and its tags. */
import { assertNever } from '../kit/assert.ts';
import type { BisectVerdict } from '../core/run/bisect.ts';
import type { TargetEvent } from '../core/run/queue-events.ts';
import type { RunState } from '../core/run/state.ts';
import { nameOf } from './narrate-queue.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { counted, listed, shortId } from './words.ts';

export function narrateTarget(event: TargetEvent, state: RunState): Narration {
  switch (event.kind) {
    case 'bisect.started': {
      const commits = counted(event.points.length - 1, 'commit');
      return say(
        0,
        'busy',
        `${state.target}  is red (${listed(event.gates)}): looking through ${commits} of this run`,
      );
    }
    case 'bisect.finished':
      return say(
        0,
        event.verdict.kind === 'culprit' ? 'fail' : 'warn',
        `${state.target}  ${culpritText(event.verdict, state)}`,
      );
    case 'target.tagged':
      return event.outcome === 'tagged'
        ? say(0, 'done', `${state.target}  tagged ${event.tag} at ${shortId(event.commit)}`)
        : say(0, 'warn', `${state.target}  not tagged: ${event.tag} is another commit already`);
    default:
      return assertNever(event);
  }
}

/** Who turned the target red, with both ends of the evidence. */
export function culpritText(verdict: BisectVerdict, state: RunState): string {
  switch (verdict.kind) {
    case 'culprit':
      return `turned red with ${nameOf(verdict.change, state)}: ${shortId(verdict.green)} without it is green, ${shortId(verdict.red)} with it is red`;
    case 'red-before':
      return `was red before anything of this run landed (${shortId(verdict.commit)})`;
    case 'unknown':
      return `turned red, and it is not known with which change: ${verdict.because}`;
    default:
      return assertNever(verdict);
  }
}
