/**
 * Gates that start together never end in one moment. What is planned on the first of their results knows the least, and is
 * often made pointless by the second. So a slot that has become free waits a little for runs about to end. Measured in
 * docs/design/merge-queue.md: a few per cent of makespan and median, a seventh of the gate runs.
 */
import { median } from '../../kit/median.ts';
import type { ChangeId } from '../ids.ts';
import { isSteady } from './chain.ts';
import type { QueueBuild, QueuePlanner, QueueSnapshot } from './model.ts';

/** Part of a gate time: how long a free slot waits at most, and by how much a run may be late and still be waited for. */
const PATIENCE = 0.5;

/**
 * A planner that starts nothing while `waitUntil` says so; what it cancels is not waited for. To be told what it cancels it
 * is asked first as if no slot were free, which is when a planner has least to think about.
 */
export function patient(planner: QueuePlanner): QueuePlanner {
  return (snapshot, seed) => {
    if (!isWaitedIn(snapshot)) return planner(snapshot, seed);
    const running = snapshot.builds.filter((build) => build.state === 'running').length;
    const cancels = planner({ ...snapshot, slots: Math.min(running, snapshot.slots) }, seed).filter(
      (proposal) => proposal.kind === 'cancel',
    );
    const isKept = (build: QueueBuild): boolean => !cancels.some((cancel) => cancel.build === build.id);
    const kept = { ...snapshot, builds: snapshot.builds.filter(isKept) };
    return waitUntil(kept) === null ? planner(snapshot, seed) : cancels;
  };
}

/**
 * The moment (ms, as `nowMs`) until which nothing is to be started or landed, unless a result or a change comes first;
 * null: now. A landing would void results that are about to come, and often a larger one is among them. A slot waits
 * `PATIENCE` of a gate time once; runs whose time nobody knows, chains and steady arrivals are not waited for.
 */
export function waitUntil(snapshot: QueueSnapshot): number | null {
  if (!isWaitedIn(snapshot)) return null;
  const running = snapshot.builds.filter((build) => build.state === 'running');
  const freeSinceMs = running.length >= snapshot.slots ? null : freeSince(snapshot);
  if (freeSinceMs === null) return null;
  const expected = expectedTimes(snapshot);
  const deadlines = running.flatMap((build) => {
    const takesMs = expected(build);
    if (takesMs === null) return [];
    const slackMs = PATIENCE * takesMs;
    const endsAtMs = build.startedAtMs + takesMs;
    return endsAtMs > freeSinceMs + slackMs ? [] : [Math.min(freeSinceMs, endsAtMs) + slackMs];
  });
  const untilMs = Math.ceil(Math.max(-Infinity, ...deadlines));
  // A caller's clock may count in fractions, and be a hair short of the moment it was told.
  return untilMs - snapshot.nowMs >= 1 ? untilMs : null;
}

function isWaitedIn(snapshot: QueueSnapshot): boolean {
  return snapshot.everyCommit !== true && !isSteady(snapshot);
}

/** The end of the first run whose slot nothing was started in since; null when no slot has become free by an end. */
function freeSince({ builds }: QueueSnapshot): number | null {
  const lastStartMs = lastStart(builds);
  const ends = builds.flatMap(({ endedAtMs }) =>
    endedAtMs !== undefined && endedAtMs >= lastStartMs ? [endedAtMs] : [],
  );
  return ends.length === 0 ? null : Math.min(...ends);
}

function lastStart(builds: readonly QueueBuild[]): number {
  return Math.max(-Infinity, ...builds.map((build) => build.startedAtMs));
}

/** Part of the usual time: a run that ended sooner broke off, and says nothing of how long the others take. */
const BROKE_OFF = 0.5;

/**
 * By the gates of its changes, times what runs took beyond those of theirs; else as long as runs took. Medians, of the runs
 * beside which it runs where some have ended (the first ones of a merge find cold slots and take far longer), else of all;
 * null while none has ended and nothing is known.
 */
function expectedTimes(snapshot: QueueSnapshot): (build: QueueBuild) => number | null {
  const changes = [...(snapshot.departed ?? []), ...snapshot.pending];
  const gates = new Map<ChangeId, number | null>(changes.map(({ id, gateMs }) => [id, gateMs]));
  const gatesOf = ({ members }: QueueBuild): number | null => {
    const known = members.flatMap((id) => gates.get(id) ?? []);
    return known.length === 0 ? null : Math.max(...known);
  };
  const all = snapshot.builds.flatMap((build) =>
    build.endedAtMs === undefined
      ? []
      : [{ tookMs: build.endedAtMs - build.startedAtMs, endedAtMs: build.endedAtMs, build }],
  );
  const lastStartMs = lastStart(snapshot.builds);
  const shortestMs = BROKE_OFF * (median(all.map(({ tookMs }) => tookMs)) ?? 0);
  const beside = all.filter(({ tookMs, endedAtMs }) => endedAtMs >= lastStartMs && tookMs >= shortestMs);
  const ended = beside.length > 0 ? beside : all;
  const usualMs = median(ended.map(({ tookMs }) => tookMs));
  const stretch = median(
    ended.flatMap(({ tookMs, build }) => {
      const gateMs = gatesOf(build);
      return gateMs === null || gateMs === 0 ? [] : [tookMs / gateMs];
    }),
  );
  return (build) => {
    const gateMs = gatesOf(build);
    return gateMs === null ? usualMs : gateMs * (stretch ?? 1);
  };
}
