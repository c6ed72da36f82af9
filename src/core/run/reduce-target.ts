/** What is found out about the target as a whole: the gates at the end, the search for a culprit, tags. */
import { assertNever } from '../../kit/assert.ts';
import type { RunEvent } from './events.ts';
import type { TargetEvent } from './queue-events.ts';
import type { RunState } from './state.ts';

type GatesFinished = Extract<RunEvent, { kind: 'gates.finished' }>;

export function reduceTarget(state: RunState, event: TargetEvent): RunState {
  switch (event.kind) {
    case 'bisect.started': {
      const { gates, points } = event;
      const tip = points.at(-1);
      // The tip is known: its gates failed, or there would be no search.
      const results = tip === undefined ? new Map() : new Map([[tip.commit, 'red' as const]]);
      return { ...state, bisect: { gates, points, results, verdict: null } };
    }
    case 'bisect.finished':
      return state.bisect === null
        ? state
        : { ...state, bisect: { ...state.bisect, verdict: event.verdict } };
    case 'target.tagged': {
      const { tag, commit, outcome } = event;
      return { ...state, tagged: { tag, commit, outcome } };
    }
    default:
      return assertNever(event);
  }
}

/** Gates at the end, or of one commit of the search. */
export function endTested(state: RunState, event: GatesFinished): RunState {
  const { subject, verdict } = event;
  if (subject.kind === 'end') {
    if (event.commit !== state.queue.tip) return state;
    return verdict === 'cancelled'
      ? { ...state, endGates: 'pending', endRed: [] }
      : { ...state, endGates: verdict, endRed: event.red };
  }
  const { bisect } = state;
  if (subject.kind !== 'bisect' || bisect === null) return state;
  if (verdict === 'cancelled') return bisectRefused(state, 'its gates were stopped');
  const results = new Map(bisect.results).set(subject.commit, verdict);
  return { ...state, bisect: { ...bisect, results } };
}

export function bisectRefused(state: RunState, because: string): RunState {
  const { bisect } = state;
  return bisect === null ? state : { ...state, bisect: { ...bisect, verdict: { kind: 'unknown', because } } };
}
