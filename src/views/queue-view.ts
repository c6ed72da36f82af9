/** The merge queue as data: what is on the target, what is tested for what reason, what waits, what was refused. */
import { isHeld, testingBuild } from './present.ts';
import { changeReason, heldReason } from './reason.ts';
import { needsLookup } from '../core/schedule/queue-needs.ts';
import { priorityOf, waitingChanges } from '../core/schedule/queue-order.ts';
import { timeOf } from './words.ts';
import type { BuildState, ChangeState, RunState } from '../core/run/state.ts';

/** Builds that have ended and are still shown. */
const RECENT_BUILDS = 20;

export interface QueueView {
  readonly tip: string;
  /** False: the target was rewritten or deleted by someone else, nothing more lands. */
  readonly open: boolean;
  /** A person closed it; `below`: only to what is less urgent than that priority. */
  readonly closed?: { readonly by: string; readonly below?: number };
  readonly slots: number;
  readonly pending: readonly PendingView[];
  /** Live ones and the newest that ended, in the order they began. */
  readonly builds: readonly BuildView[];
  /** A proven landing that waits for a checkout to become clean. */
  readonly held?: { readonly build: string; readonly checkout: string; readonly commit: string };
  /** In landing order. */
  readonly landed: readonly LandedView[];
  readonly ejected: readonly EjectedView[];
  /** Builds whose gates ran to an end. */
  readonly gate_runs: number;
}

export interface PendingView {
  readonly change: string;
  readonly task?: string;
  readonly branch: string;
  readonly title: string;
  /** From 1. */
  readonly position: number;
  readonly status: 'queued' | 'landing' | 'needs_you';
  readonly reason: string;
  /** 0 critical .. 4 lowest. */
  readonly priority: number;
  readonly held_by?: string;
  /** Never tested together with others. */
  readonly alone?: true;
  /** Changes that land before it or together with it. */
  readonly needs?: readonly string[];
}

export interface BuildView {
  readonly id: string;
  readonly state: BuildState['state'];
  readonly members: readonly string[];
  readonly because: string;
  readonly tip: string;
  readonly tree: string | null;
  readonly started_at: string;
  /** The red build whose tree is tested once more. */
  readonly repeats?: string;
  readonly red?: readonly string[];
  readonly logs?: readonly string[];
  readonly conflict?: { readonly change: string; readonly with?: string; readonly files: readonly string[] };
}

export interface LandedView {
  readonly change: string;
  readonly task?: string;
  readonly branch: string;
  /** null: it was on the target before the run. */
  readonly commit: string | null;
}

export interface EjectedView {
  readonly change: string;
  readonly task?: string;
  readonly branch: string;
  readonly reason: 'broken' | 'conflict' | 'withdrawn' | 'rejected';
  /** One clause with what was seen. */
  readonly evidence: string;
  readonly files: readonly string[];
  /** The failing build, and the passing one without the change. */
  readonly red?: string;
  readonly green?: string;
  readonly logs: readonly string[];
}

export function queueView(state: RunState): QueueView {
  const { queue } = state;
  const changes = [...queue.changes.values()];
  const waiting = waitingChanges(state);
  const needs = needsLookup(state);
  const { held, closedFor } = queue;
  return {
    tip: queue.tip,
    open: queue.isOpen,
    ...(closedFor === null
      ? {}
      : { closed: { by: closedFor.by, ...(closedFor.below === null ? {} : { below: closedFor.below }) } }),
    slots: state.plan.merge.slots,
    pending: waiting.map((change, index) => ({
      ...pendingView(change, index + 1, state),
      ...standingOf(change, needs(change).ids, state),
    })),
    builds: shownBuilds([...queue.builds.values()]).map(buildView),
    ...(held === null ? {} : { held: { build: held.build, checkout: held.checkout, commit: held.to } }),
    landed: landedViews(state),
    ejected: changes.flatMap((change) => ejectedView(change, state)),
    gate_runs: queue.gateRuns,
  };
}

function subject(change: ChangeState): { change: string; task?: string; branch: string } {
  const { id, task, branch } = change;
  return task === null ? { change: id, branch } : { change: id, task, branch };
}

function standingOf(
  { standing, ...change }: ChangeState,
  needs: readonly string[],
  state: RunState,
): Pick<PendingView, 'priority' | 'held_by' | 'alone' | 'needs'> {
  return {
    priority: priorityOf({ ...change, standing }, state),
    ...(standing.heldBy === null ? {} : { held_by: standing.heldBy }),
    ...(standing.alone ? { alone: true } : {}),
    ...(needs.length === 0 ? {} : { needs }),
  };
}

function pendingView(change: ChangeState, position: number, state: RunState): Omit<PendingView, 'priority'> {
  const build = testingBuild(change, state);
  const held = isHeld(change, state);
  return {
    ...subject(change),
    title: change.title,
    position,
    status: held ? 'needs_you' : build === null ? 'queued' : 'landing',
    reason: held ? heldReason(state) : changeReason(change, build, state),
  };
}

function shownBuilds(builds: readonly BuildState[]): readonly BuildState[] {
  const ended = builds.filter((build) => !isLive(build)).slice(-RECENT_BUILDS);
  return builds.filter((build) => isLive(build) || ended.includes(build));
}

function isLive(build: BuildState): boolean {
  return build.state === 'making' || build.state === 'made';
}

function buildView(build: BuildState): BuildView {
  const { conflict } = build;
  return {
    id: build.id,
    state: build.state,
    members: build.members,
    because: build.because,
    tip: build.tip,
    tree: build.tree,
    started_at: timeOf(build.startedAtMs),
    ...(build.repeats === null ? {} : { repeats: build.repeats }),
    ...(build.red.length === 0 ? {} : { red: build.red, logs: build.redLogs }),
    ...(conflict === null
      ? {}
      : {
          conflict: {
            change: conflict.change,
            ...(conflict.withChange === null ? {} : { with: conflict.withChange }),
            files: conflict.files,
          },
        }),
  };
}

function landedViews(state: RunState): readonly LandedView[] {
  const { landed, changes } = state.queue;
  // A change that was on the target already landed without this run's doing, so it is not in `landed`.
  const contained = [...changes.values()].filter(
    (one) => one.state.kind === 'landed' && !landed.includes(one.id),
  );
  return [...contained, ...landed.flatMap((id) => changes.get(id) ?? [])].map((change) => ({
    ...subject(change),
    commit: change.state.kind === 'landed' ? change.state.commit : null,
  }));
}

function ejectedView(change: ChangeState, state: RunState): readonly EjectedView[] {
  if (change.state.kind !== 'ejected') return [];
  const { because, detail, files, red, green } = change.state;
  return [
    {
      ...subject(change),
      reason: because,
      evidence: detail,
      files,
      ...(red === null ? {} : { red }),
      ...(green === null ? {} : { green }),
      logs: red === null ? [] : (state.queue.builds.get(red)?.redLogs ?? []),
    },
  ];
}
