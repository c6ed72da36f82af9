/** The merge queue as data: what is on the target, what is tested for what reason, what waits, what was refused. */
import { isHeld, testingBuild } from './present.ts';
import { needsLookup } from '../core/schedule/queue-needs.ts';
import { priorityOf, waitingChanges } from '../core/schedule/queue-order.ts';
import { queueWaitsUntil } from '../core/schedule/queue-snapshot.ts';
import { originView, type OriginView } from './conflict-bodies.ts';
import { changeReason, conflictReason, heldReason } from './reason.ts';
import { rollbackViews, rolledBack, type RollbackView } from './rollback-view.ts';
import { conflictView, type ConflictView } from './resolve-view.ts';
import { timeOf } from './words.ts';
import type { BuildId } from '../core/ids.ts';
import { companyOf } from '../core/run/company.ts';
import type { BuildState, ChangeState, RunState } from '../core/run/state.ts';
import { nameOf } from './narrate-queue.ts';

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
  /** Until then nothing is started or landed, because runs that are about to end may tell more. */
  readonly waits_until?: string;
  /** A proven landing that waits for a checkout to become clean. */
  readonly held?: { readonly build: string; readonly checkout: string; readonly commit: string };
  /** In landing order. */
  readonly landed: readonly LandedView[];
  readonly ejected: readonly EjectedView[];
  /** Landings taken back, or being taken back. */
  readonly rollbacks: readonly RollbackView[];
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
  /** How its conflict with the target was resolved, or what it takes back. */
  readonly origin?: OriginView;
  /** The tree that passed every blocker gate and landed. */
  readonly tree?: string;
  /** By what it was taken back. */
  readonly rolled_back?: string;
}

export interface EjectedView {
  readonly change: string;
  readonly task?: string;
  readonly branch: string;
  readonly reason: 'broken' | 'conflict' | 'withdrawn' | 'rejected';
  /** One clause with what was seen. */
  readonly evidence: string;
  readonly files: readonly string[];
  /** Tasks or branches it does not go with: in the red tree, and never in a green one with it. */
  readonly with: readonly string[];
  /** The failing build, and the passing one (or the target's `tip`) without the change; and their trees. */
  readonly red?: string;
  readonly red_tree?: string;
  readonly green?: string;
  readonly green_tree?: string;
  readonly logs: readonly string[];
  /** Both sides and what was tried, of a change that met the target in the same lines. */
  readonly conflict?: ConflictView;
}

/** `nowMs`: for what depends on the time; without it that is left out. */
export function queueView(state: RunState, nowMs?: number): QueueView {
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
    ...waitOf(state, nowMs),
    pending: waiting.map((change, index) => ({
      ...pendingView(change, index + 1, state),
      ...standingOf(change, needs(change).ids, state),
    })),
    builds: shownBuilds([...queue.builds.values()]).map(buildView),
    ...(held === null ? {} : { held: { build: held.build, checkout: held.checkout, commit: held.to } }),
    landed: landedViews(state),
    ejected: changes.flatMap((change) => ejectedView(change, state)),
    rollbacks: rollbackViews(state),
    gate_runs: queue.gateRuns,
  };
}

function waitOf(state: RunState, nowMs: number | undefined): { readonly waits_until?: string } {
  const untilMs = nowMs === undefined ? null : queueWaitsUntil(state, nowMs);
  return untilMs === null ? {} : { waits_until: timeOf(untilMs) };
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
    reason: held
      ? heldReason(state)
      : change.state.kind === 'conflicted'
        ? conflictReason(change, state)
        : changeReason(change, build, state),
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
    ...(change.origin === null ? {} : { origin: originView(change.origin) }),
    ...treeOf(change, state),
    ...backOf(change, state),
  }));
}

function treeOf(change: ChangeState, state: RunState): { readonly tree?: string } {
  const tree = state.queue.landings.find((landing) => landing.changes.includes(change.id))?.tree ?? null;
  return tree === null ? {} : { tree };
}

function proofOf(
  red: BuildId | null,
  green: BuildId | 'tip' | null,
  state: RunState,
): Pick<EjectedView, 'red' | 'red_tree' | 'green' | 'green_tree'> {
  const redBuild = red === null ? undefined : state.queue.builds.get(red);
  const before = state.queue.landings.findLast((landing) => landing.to === redBuild?.tip)?.tree ?? null;
  const greenTree =
    green === 'tip' ? before : green === null ? null : (state.queue.builds.get(green)?.tree ?? null);
  const redTree = redBuild?.tree ?? null;
  return {
    ...(red === null ? {} : { red }),
    ...(redTree === null ? {} : { red_tree: redTree }),
    ...(green === null ? {} : { green }),
    ...(greenTree === null ? {} : { green_tree: greenTree }),
  };
}

function backOf(change: ChangeState, state: RunState): { readonly rolled_back?: string } {
  const text = rolledBack(change, state);
  return text === null ? {} : { rolled_back: text };
}

function ejectedView(change: ChangeState, state: RunState): readonly EjectedView[] {
  if (change.state.kind !== 'ejected') return [];
  const { because, detail, files, red, green } = change.state;
  // What it stood for tells of it, as one of its tries.
  if (change.origin?.kind === 'resolution') return [];
  const conflict = conflictView(change, state);
  return [
    {
      ...subject(change),
      reason: because,
      evidence: detail,
      files,
      with: companyOf(change, state).map((id) => nameOf(id, state)),
      ...proofOf(red, green, state),
      logs: red === null ? [] : (state.queue.builds.get(red)?.redLogs ?? []),
      ...(conflict === null ? {} : { conflict }),
    },
  ];
}
