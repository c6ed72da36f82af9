/**
 * Drives one strategy through one workload in virtual time and judges what happened. Strategies see snapshots only; the
 * verdicts are those of `src/core/mergequeue`, the same for all, and the judge knows the truth.
 */
import { admissible, verdictsOf } from '../../src/core/mergequeue/index.ts';
import type {
  QueueBuild,
  QueueChange,
  QueuePlanner,
  QueueSnapshot,
  QueueVerdict,
} from '../../src/core/mergequeue/index.ts';
import type { BuildId, ChangeId } from '../../src/core/ids.ts';
import { prng, type Prng } from '../../src/core/mergequeue/prng.ts';
import type { Workload, WorkloadChange } from './workload.ts';

export interface SimulationOptions {
  readonly seed: number;
  /** Probability that a run of a good tree comes out red. */
  readonly flakeRate?: number;
  /** A red run ends at a random part of its gate time instead of at its end. */
  readonly failFast?: boolean;
  readonly everyCommit?: boolean;
  /** Each run takes up to this part longer than its gates' time. */
  readonly jitter?: number;
  /** The moment, asked after each planning, at which the strategy wants to plan again although nothing has happened. */
  readonly patience?: (snapshot: QueueSnapshot) => number | null;
  /** Called around each planning, for a clock the simulator does not have. */
  readonly onPlan?: (
    snapshot: QueueSnapshot,
    plan: () => ReturnType<QueuePlanner>,
  ) => ReturnType<QueuePlanner>;
  readonly trace?: (line: string) => void;
}

export interface SimulationResult {
  readonly makespan: number;
  /** From arrival to landing, of the changes that landed. */
  readonly medianTurnaround: number;
  readonly p95Turnaround: number;
  readonly gateRuns: number;
  readonly landed: number;
  readonly ejected: number;
  readonly redStates: number;
  readonly untestedLandings: number;
  readonly wrongEjections: number;
  readonly undecided: number;
  readonly refusedProposals: number;
}

interface Run {
  readonly build: QueueBuild;
  readonly isGreen: boolean;
  readonly endsAt: number;
}

interface World {
  readonly truth: ReadonlyMap<string, WorkloadChange>;
  readonly waiting: WorkloadChange[];
  readonly runs: Map<BuildId, Run>;
  readonly decidedAt: Map<ChangeId, number>;
  readonly flakes: Prng;
  snapshot: QueueSnapshot;
  /** In ms, as the snapshot's moments. */
  wakeAt: number | null;
  gateRuns: number;
  redStates: number;
  untestedLandings: number;
  wrongEjections: number;
  refused: number;
}

/** Ends when everything is decided, or when nothing runs, nothing arrives and the strategy starts nothing. */
export function simulate(
  workload: Workload,
  strategy: QueuePlanner,
  options: SimulationOptions,
): SimulationResult {
  const world = emptyWorld(workload, options);
  for (let turn = 0; turn < 100_000; turn++) {
    const now = nextEvent(world);
    if (now === null) break;
    world.snapshot = { ...world.snapshot, nowMs: now * 1000 };
    admitArrivals(world, now);
    finishRuns(world, now, options);
    recordVerdicts(world, now, options);
    if (world.snapshot.pending.length === 0 && world.waiting.length === 0) break;
    plan(world, now, strategy, options);
    world.wakeAt = options.patience?.(world.snapshot) ?? null;
  }
  return judge(world);
}

function emptyWorld(workload: Workload, options: SimulationOptions): World {
  return {
    truth: new Map(workload.changes.map((change) => [change.id, change])),
    waiting: workload.changes.toSorted((a, b) => a.arrival - b.arrival),
    runs: new Map(),
    decidedAt: new Map(),
    flakes: prng(options.seed ^ 0x5bd1e995),
    snapshot: {
      landed: [],
      ejected: [],
      pending: [],
      departed: [],
      builds: [],
      slots: workload.slots,
      nowMs: 0,
      ...(options.flakeRate === undefined ? {} : { flakeRate: options.flakeRate }),
      ...(options.everyCommit === true ? { everyCommit: true } : {}),
    },
    wakeAt: null,
    gateRuns: 0,
    redStates: 0,
    untestedLandings: 0,
    wrongEjections: 0,
    refused: 0,
  };
}

function nextEvent(world: World): number | null {
  const ends = [...world.runs.values()].map((run) => run.endsAt);
  const wakes = world.wakeAt === null ? [] : [world.wakeAt / 1000];
  const times = [...ends, ...wakes, ...world.waiting.slice(0, 1).map((change) => change.arrival)];
  return times.length === 0 ? null : Math.min(...times);
}

function admitArrivals(world: World, now: number): void {
  const arrived: QueueChange[] = [];
  for (let next = world.waiting[0]; next !== undefined && next.arrival <= now; next = world.waiting[0]) {
    world.waiting.shift();
    arrived.push(queueChangeOf(next, world.snapshot.pending.length + world.decidedAt.size + arrived.length));
  }
  if (arrived.length > 0)
    world.snapshot = { ...world.snapshot, pending: [...world.snapshot.pending, ...arrived] };
}

function queueChangeOf(change: WorkloadChange, arrival: number): QueueChange {
  return {
    id: change.id as ChangeId,
    arrival,
    arrivedAtMs: change.arrival * 1000,
    priority: Math.min(4, Math.max(0, change.priority)) as QueueChange['priority'],
    needs: [],
    scopes: change.scopes,
    textConflicts: (change.textConflictsWith ?? []) as readonly ChangeId[],
    gateMs: change.gateSeconds * 1000,
    predictedPass: change.predictedPass ?? null,
    alone: false,
    held: false,
  };
}

function finishRuns(world: World, now: number, options: SimulationOptions): void {
  const done = [...world.runs.values()].filter((run) => run.endsAt <= now);
  for (const run of done) {
    world.runs.delete(run.build.id);
    options.trace?.(`${now.toFixed(0)} ${run.isGreen ? 'green' : 'red'} ${run.build.members.join(' ')}`);
  }
  const results = new Map(done.map((run) => [run.build.id, run.isGreen ? 'green' : 'red'] as const));
  const builds = world.snapshot.builds.map((build) => ({
    ...build,
    ...(results.has(build.id) ? { state: results.get(build.id) ?? build.state, endedAtMs: now * 1000 } : {}),
  }));
  world.snapshot = { ...world.snapshot, builds };
}

function recordVerdicts(world: World, now: number, options: SimulationOptions): void {
  const next = (): readonly QueueVerdict[] => {
    const verdicts = verdictsOf(world.snapshot);
    const isWaiting = (options.patience?.(world.snapshot) ?? null) !== null;
    return isWaiting ? verdicts.filter((verdict) => verdict.kind === 'eject') : verdicts;
  };
  for (let verdicts = next(); verdicts.length > 0; verdicts = next()) {
    for (const verdict of verdicts) {
      const gone = new Set(verdict.kind === 'land' ? verdict.members : [verdict.change]);
      const pending = world.snapshot.pending.filter((change) => !gone.has(change.id));
      const departed = [
        ...(world.snapshot.departed ?? []),
        ...world.snapshot.pending.filter((change) => gone.has(change.id)),
      ];
      world.snapshot = { ...world.snapshot, departed };
      for (const id of gone) world.decidedAt.set(id, now);
      if (verdict.kind === 'land') {
        world.snapshot = {
          ...world.snapshot,
          pending,
          landed: [...world.snapshot.landed, ...verdict.members],
        };
        judgeLanding(world, verdict.build);
        options.trace?.(`${now.toFixed(0)} land ${verdict.members.join(' ')}`);
      } else {
        const ejected = [...world.snapshot.ejected, { id: verdict.change, because: 'broken' as const }];
        world.snapshot = { ...world.snapshot, pending, ejected };
        if (!isBad(verdict.change, new Set(world.snapshot.landed), world)) world.wrongEjections += 1;
        options.trace?.(`${now.toFixed(0)} eject ${verdict.change}`);
      }
      world.snapshot = { ...world.snapshot, decidedAtMs: now * 1000 };
    }
    dropUnmergeable(world, now);
  }
}

/** What git cannot merge onto the tip leaves the queue, as the real one hands it to the conflict chain. */
function dropUnmergeable(world: World, now: number): void {
  const landed = new Set<string>(world.snapshot.landed);
  const out = world.snapshot.pending.filter((change) =>
    change.textConflicts.some((other) => landed.has(other)),
  );
  for (const change of out) world.decidedAt.set(change.id, now);
  world.snapshot = {
    ...world.snapshot,
    pending: world.snapshot.pending.filter((change) => !out.includes(change)),
    ejected: [
      ...world.snapshot.ejected,
      ...out.map((change) => ({ id: change.id, because: 'conflict' as const })),
    ],
  };
}

function judgeLanding(world: World, build: BuildId): void {
  const { landed } = world.snapshot;
  if (!isGoodTree(new Set(landed), world)) world.redStates += 1;
  const tested = world.snapshot.builds.find((entry) => entry.id === build);
  const tree = new Set([...landed.slice(0, tested?.landedBefore ?? 0), ...(tested?.members ?? [])]);
  const isExact =
    tested?.state === 'green' && tree.size === landed.length && landed.every((id) => tree.has(id));
  if (!isExact) world.untestedLandings += 1;
}

function isBad(id: string, beside: ReadonlySet<string>, world: World): boolean {
  const change = world.truth.get(id);
  return (
    change === undefined || change.brokenAlone || change.conflictsWith.some((other) => beside.has(other))
  );
}

function isGoodTree(tree: ReadonlySet<string>, world: World): boolean {
  return [...tree].every((id) => !isBad(id, tree, world));
}

function plan(world: World, now: number, strategy: QueuePlanner, options: SimulationOptions): void {
  const think = (): ReturnType<QueuePlanner> => strategy(world.snapshot, options.seed);
  const proposals = options.onPlan === undefined ? think() : options.onPlan(world.snapshot, think);
  const { accepted, rejected } = admissible(proposals, world.snapshot);
  world.refused += rejected.length;
  for (const { proposal, because } of rejected)
    options.trace?.(`${now.toFixed(0)} refused ${because} ${JSON.stringify(proposal)}`);
  for (const proposal of accepted) {
    if (proposal.kind === 'cancel') {
      options.trace?.(`${now.toFixed(0)} cancel ${proposal.build}: ${proposal.because}`);
      world.runs.delete(proposal.build);
      const builds = world.snapshot.builds.filter((build) => build.id !== proposal.build);
      world.snapshot = { ...world.snapshot, builds };
    } else {
      options.trace?.(`${now.toFixed(0)} start ${proposal.members.join(' ')}: ${proposal.because}`);
      startRun(world, now, proposal.members, options);
    }
  }
}

function startRun(world: World, now: number, members: readonly ChangeId[], options: SimulationOptions): void {
  world.gateRuns += 1;
  const build: QueueBuild = {
    id: `b${String(world.gateRuns)}` as BuildId,
    members,
    landedBefore: world.snapshot.landed.length,
    state: 'running',
    startedAtMs: now * 1000,
  };
  const isGood = isGoodTree(new Set([...world.snapshot.landed, ...members]), world);
  const isGreen = isGood && world.flakes.next() >= (options.flakeRate ?? 0);
  const full = Math.max(...members.map((id) => world.truth.get(id)?.gateSeconds ?? 0));
  const part = options.failFast === true && !isGreen ? 0.2 + 0.8 * world.flakes.next() : 1;
  const late = options.jitter === undefined ? 1 : 1 + options.jitter * world.flakes.next();
  world.runs.set(build.id, { build, isGreen, endsAt: now + full * part * late });
  world.snapshot = { ...world.snapshot, builds: [...world.snapshot.builds, build] };
}

function judge(world: World): SimulationResult {
  const landed = new Set<string>(world.snapshot.landed);
  const waits = [...world.decidedAt]
    .filter(([id]) => landed.has(id))
    .map(([id, at]) => at - (world.truth.get(id)?.arrival ?? 0));
  return {
    makespan: Math.max(0, ...world.decidedAt.values()),
    medianTurnaround: quantile(waits, 0.5),
    p95Turnaround: quantile(waits, 0.95),
    gateRuns: world.gateRuns,
    landed: landed.size,
    ejected: world.snapshot.ejected.length,
    redStates: world.redStates,
    untestedLandings: world.untestedLandings,
    wrongEjections: world.wrongEjections,
    undecided: world.snapshot.pending.length + world.waiting.length,
    refusedProposals: world.refused,
  };
}

/** Linear interpolation between the two nearest values; 0 of nothing. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}
