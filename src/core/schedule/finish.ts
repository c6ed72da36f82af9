/** When a run is over, and with which outcome. Called only when nothing else was decided. */
import { gatesAt } from '../gates/stages.ts';
import type { RunOutcome } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import { wantedTasks } from './needs.ts';
import type { Decision, Snapshot } from './snapshot.ts';

export function decideFinish(snapshot: Snapshot, wakeAtMs: number | null): readonly Decision[] {
  const { state } = snapshot;
  if (state.life.kind !== 'running' || snapshot.isDraining) return [];
  if (state.intents.size > 0 || wakeAtMs !== null) return [];
  const live = [...state.tasks.values()].some((task) => task.progress.kind === 'working');
  if (live) return [];
  const isWaitingForSlot = [...state.tasks.values()].some((task) => task.progress.kind === 'verifying');
  if (isWaitingForSlot) return [];
  const hasLanded = state.queue.landed.length > 0;
  if (hasLanded && state.endGates === 'pending' && gatesAt(state, { kind: 'end' }).length > 0)
    return [endGates(state)];
  return [{ kind: 'record', event: { kind: 'run.finished', outcome: outcomeOf(state) } }];
}

function endGates(state: RunState): Decision {
  return {
    kind: 'act',
    step: {
      kind: 'run-gates',
      subject: { kind: 'end' },
      commit: state.queue.tip,
      tree: state.queue.tipTree,
      base: state.base,
      slot: 'queue-1',
      fresh: false,
    },
    because: 'everything has landed',
  };
}

/** The worst thing that is left decides. */
export function outcomeOf(state: RunState): RunOutcome {
  const wanted = wantedTasks(state);
  const kinds = [...state.tasks.values()]
    .filter((task) => wanted.has(task.task.id))
    .map((task) => task.progress);
  // Of a branch that came back with more, what it came to last counts.
  const newest = new Map([...state.queue.changes.values()].map((change) => [change.branch, change]));
  const changes = [...newest.values()].filter((change) => change.task === null).map((change) => change.state);
  // What a person took out of the queue is not asked for any more.
  const ejected = changes
    .filter((change) => change.kind === 'ejected')
    .filter((change) => change.because !== 'withdrawn');
  if (state.endGates === 'red') return 'failed';
  if (kinds.some((progress) => progress.kind === 'failed')) return 'failed';
  if (ejected.some((change) => change.because !== 'conflict')) return 'failed';
  if (kinds.some((progress) => progress.kind === 'needs-person' && progress.cause === 'conflict'))
    return 'conflict';
  if (ejected.length > 0) return 'conflict';
  if (kinds.some((progress) => progress.kind === 'needs-person') || state.queue.held !== null)
    return 'waiting';
  if (changes.some((change) => change.kind === 'pending' || change.kind === 'announced')) return 'waiting';
  if (kinds.some((progress) => progress.kind === 'stopped')) return 'stopped';
  const isDone = (kind: string): boolean => kind === 'landed' || kind === 'verified' || kind === 'skipped';
  if (state.options.prepareOnly) return 'done';
  return kinds.every((progress) => isDone(progress.kind)) ? 'done' : 'failed';
}
