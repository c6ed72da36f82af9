/** When a run is over, and with which outcome. Called only when nothing else was decided. */
import { gatesAt } from '../gates/stages.ts';
import type { RunOutcome } from '../run/events.ts';
import type { ChangeState, Progress, RunState } from '../run/state.ts';
import { BY_BUDGET, pausedByBudget } from './budget.ts';
import { wantedTasks } from './needs.ts';
import { redTarget, RULE } from './red-target.ts';
import type { Decision, Snapshot } from './snapshot.ts';

export function decideFinish(snapshot: Snapshot, wakeAtMs: number | null): readonly Decision[] {
  const { state } = snapshot;
  if (state.life.kind !== 'running' || snapshot.isDraining) return [];
  // A message under way keeps nothing from ending.
  const isBusy = [...state.intents.values()].some(({ step }) => step.kind !== 'notify');
  if (isBusy || wakeAtMs !== null) return [];
  const live = [...state.tasks.values()].some((task) => task.progress.kind === 'working');
  if (live) return [];
  const isWaitingForSlot = [...state.tasks.values()].some((task) => task.progress.kind === 'verifying');
  if (isWaitingForSlot) return [];
  const paused = pausedByBudget(state);
  if (paused !== null) return [{ kind: 'record', event: paused }];
  const hasLanded = state.queue.landed.length > 0;
  if (hasLanded && state.endGates === 'pending' && gatesAt(state, { kind: 'end' }).length > 0)
    return [endGates(state)];
  const next = redTarget(state) ?? tagging(state);
  if (next !== null) return [next];
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

/** A tag on a tip that is wholly done and green; asked for once, never moved. */
function tagging(state: RunState): Decision | null {
  const { tag } = state.plan.merge;
  const { tip, landed } = state.queue;
  if (tag === null || landed.length === 0 || state.tagged !== null || outcomeOf(state) !== 'done')
    return null;
  const name = tag.replaceAll('{run}', state.id).replaceAll('{plan}', state.plan.name);
  return {
    kind: 'act',
    step: { kind: 'tag-target', tag: name, commit: tip },
    because: `everything has landed and ${state.target} is green`,
  };
}

/** Still to land, in some way. */
const WAITING: ReadonlySet<string> = new Set(['announced', 'pending', 'conflicted']);

const WAITS_FOR_PEOPLE: ReadonlySet<Progress['kind']> = new Set(['needs-person', 'awaiting-approval']);

/** The worst thing that is left decides. */
export function outcomeOf(state: RunState): RunOutcome {
  const wanted = wantedTasks(state);
  const all = [...state.tasks.values()]
    .filter((task) => wanted.has(task.task.id))
    .map((task) => task.progress);
  // Of a branch that came back with more, what it came to last counts.
  const own = [...state.queue.changes.values()].filter((change) => change.origin?.kind !== 'resolution');
  const newest = new Map(own.map((change) => [change.branch, change]));
  const changes = [...newest.values()]
    .filter((change) => change.task === null)
    .map((change) => standIn(change, state).state);
  // What a person took out of the queue is not asked for any more.
  const ejected = changes
    .filter((change) => change.kind === 'ejected')
    .filter((change) => change.because !== 'withdrawn');
  const isLimited = all.some(isBudgetEnd);
  const kinds = all.filter((progress) => !isBudgetEnd(progress));
  if (state.endGates === 'red') return 'failed';
  // What a rule took back did not make it, however green the target is without it.
  const takenBack = [...state.queue.changes.values()].some(
    ({ origin, state: now }) => origin?.kind === 'revert' && origin.by === RULE && now.kind === 'landed',
  );
  if (takenBack) return 'failed';
  if (kinds.some((progress) => progress.kind === 'failed')) return 'failed';
  if (ejected.some((change) => change.because !== 'conflict')) return 'failed';
  if (kinds.some((progress) => progress.kind === 'needs-person' && progress.cause === 'conflict'))
    return 'conflict';
  if (ejected.length > 0) return 'conflict';
  if (kinds.some((progress) => WAITS_FOR_PEOPLE.has(progress.kind)) || state.queue.held !== null)
    return 'waiting';
  // Held, or in a closed queue: whoever held it decides.
  if (kinds.some((progress) => progress.kind === 'queued')) return 'waiting';
  if (changes.some((change) => WAITING.has(change.kind))) return 'waiting';
  if (kinds.some((progress) => progress.kind === 'stopped')) return 'stopped';
  const isDone = (kind: string): boolean => kind === 'landed' || kind === 'verified' || kind === 'skipped';
  if (state.options.prepareOnly) return 'done';
  if (isLimited) return 'limit';
  return kinds.every((progress) => isDone(progress.kind)) ? 'done' : 'failed';
}

/** What is in the queue for it now: its newest resolution, where it had to be resolved. */
function standIn(change: ChangeState, state: RunState): ChangeState {
  const by = change.state.kind === 'superseded' ? state.queue.changes.get(change.state.by) : undefined;
  return by === undefined ? change : standIn(by, state);
}

/** Its budget ended it, and nothing that it did. */
function isBudgetEnd(progress: Progress): boolean {
  if (progress.kind === 'stopped') return progress.by.startsWith(BY_BUDGET);
  return (progress.kind === 'failed' || progress.kind === 'needs-person') && progress.cause === 'budget';
}
