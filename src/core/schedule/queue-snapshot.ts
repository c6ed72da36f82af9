/** The queue as planners and verdicts see it: everything people wish and the run has shown, as one snapshot. */
import { withMemory } from '../mergequeue/history.ts';
import type { QueueBuild, QueueChange, QueueSnapshot } from '../mergequeue/model.ts';
import { waitUntil } from '../mergequeue/patience.ts';
import type { BuildState, ChangeState, RunState } from '../run/state.ts';
import type { Snapshot } from './snapshot.ts';
import { areasOf } from './queue-areas.ts';
import { gateTimesOf } from './queue-gate-times.ts';
import { needsLookup } from './queue-needs.ts';
import { priorityOf } from './queue-order.ts';
import { flakeRateOf, predictedPassOf } from './queue-priors.ts';

/** Until when (ms) the queue starts and lands nothing because runs are about to end; null when it waits for none. */
export function queueWaitsUntil(state: RunState, nowMs: number): number | null {
  const isAtWork = state.life.kind === 'running' && state.queue.changes.size > 0;
  return isAtWork ? waitUntil(queueView({ state, nowMs })) : null;
}

export function queueView(snapshot: Pick<Snapshot, 'state' | 'nowMs'>): QueueSnapshot {
  const { state } = snapshot;
  const { queue } = state;
  const changes = [...queue.changes.values()];
  const isPending = (change: ChangeState): boolean => change.state.kind === 'pending';
  const lookup = {
    needs: needsLookup(state),
    areas: areasOf(changes, isPending),
    gateMs: gateTimesOf(state),
  };
  const ejected = changes.flatMap((change) => {
    if (change.state.kind !== 'ejected') return [];
    const { because } = change.state;
    return [{ id: change.id, because: because === 'rejected' ? ('withdrawn' as const) : because }];
  });
  const flakeRate = flakeRateOf(state);
  const below = queue.closedFor?.below ?? null;
  const view: QueueSnapshot = {
    landed: queue.landed,
    ejected,
    pending: changes.filter(isPending).map((change) => queueChange(change, state, lookup)),
    builds: [...queue.builds.values()].flatMap((build) => queueBuild(build, state)),
    slots: state.plan.merge.slots,
    nowMs: snapshot.nowMs,
    decidedAtMs: queue.decidedAtMs,
    everyCommit: state.plan.merge.everyCommit,
    ...(below === null ? {} : { closedTo: below }),
    ...(flakeRate === 0 ? {} : { flakeRate }),
    departed: changes
      .filter((change) => change.state.kind === 'landed' || change.state.kind === 'ejected')
      .map((change) => queueChange(change, state, lookup)),
  };
  if (state.outcomes.length === 0) return view;
  return withMemory(view, state.memory, (id) => {
    const task = queue.changes.get(id)?.task ?? null;
    return task === null ? null : (state.tasks.get(task)?.agent ?? null);
  });
}

interface Lookup {
  readonly needs: ReturnType<typeof needsLookup>;
  readonly areas: ReturnType<typeof areasOf>;
  readonly gateMs: ReturnType<typeof gateTimesOf>;
}

function queueChange(change: ChangeState, state: RunState, lookup: Lookup): QueueChange {
  const { standing } = change;
  const needs = lookup.needs(change);
  return {
    id: change.id,
    arrival: standing.order,
    arrivedAtMs: change.enteredAtMs,
    priority: priorityOf(change, state),
    needs: needs.ids,
    scopes: lookup.areas.get(change.id) ?? [],
    textConflicts: change.textConflicts,
    gateMs: lookup.gateMs(change),
    predictedPass: predictedPassOf(change, state),
    alone: standing.alone,
    held: standing.heldBy !== null || standing.ejectRequestedBy !== null || needs.waitsFor !== null,
  };
}

function queueBuild(build: BuildState, state: RunState): readonly QueueBuild[] {
  const outcome = build.state === 'making' || build.state === 'made' ? 'running' : build.state;
  if (outcome !== 'running' && outcome !== 'green' && outcome !== 'red') return [];
  const { id, members, landedBefore, startedAtMs, endedAtMs } = build;
  const tries = outcome === 'red' ? redTries(build, state) : 1;
  const more = { ...(tries > 1 ? { tries } : {}), ...(endedAtMs === null ? {} : { endedAtMs }) };
  return [{ id, members, landedBefore, state: outcome, startedAtMs, ...more }];
}

/** A gate with retries was red in every one of them. */
function redTries(build: BuildState, state: RunState): number {
  const retries = build.red.map((name) => state.plan.gates[name]?.retries ?? 0);
  return 1 + Math.max(0, ...retries);
}
