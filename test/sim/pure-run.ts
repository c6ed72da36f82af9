/** One simulated run: decide, record, let the world answer in any order, crash and refold now and then. */
import type { IntentId, TaskId } from '../../src/core/ids.ts';
import { serialPlanner } from '../../src/core/mergequeue/index.ts';
import type { QueuePlanner } from '../../src/core/mergequeue/index.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import type { RunEvent } from '../../src/core/run/events.ts';
import { brokenInvariants } from '../../src/core/run/invariants.ts';
import { fold, reduce } from '../../src/core/run/reduce.ts';
import type { RunState } from '../../src/core/run/state.ts';
import { decide } from '../../src/core/schedule/decide.ts';
import type { Policy, Snapshot } from '../../src/core/schedule/snapshot.ts';
import { OPTIONS, runStarted } from '../support/plan-builder.ts';
import { PureWorld, diceOf } from './pure-world.ts';
import type { Odds } from './pure-world.ts';

export interface SimResult {
  readonly steps: number;
  readonly state: RunState;
  /** Broken invariants with the step they appeared at; the run stops at the first. */
  readonly broken: readonly string[];
  /** False when it was still going after `maxSteps`. */
  readonly ended: boolean;
}

const MACHINE = {
  cpuCount: 4,
  cpuBusy: 0,
  memoryTotalBytes: 1e10,
  memoryAvailableBytes: 1e10,
  diskFreeBytes: 1e12,
};

export function simulate(
  seed: number,
  plan: Plan,
  odds: Odds,
  options: {
    readonly maxSteps: number;
    readonly crashes: number;
    readonly planner?: QueuePlanner;
    readonly corrupt?: (event: RunEvent) => RunEvent | null;
  },
): SimResult {
  const dice = diceOf(seed);
  const start = runStarted(plan, { seed });
  const events: RunEvent[] = [start];
  let state: RunState = refold(events);
  const world = new PureWorld(dice, odds, state.queue.tip);
  const policy: Policy = {
    planner: options.planner ?? serialPlanner,
    place: (_, { task }) => ({ branch: `test/${task.id}`, path: `/w/${task.id}` }),
  };
  let nowMs = 1;
  let steps = 0;
  const happened = (real: RunEvent): void => {
    const event = options.corrupt === undefined ? real : options.corrupt(real);
    steps += 1;
    if (event === null) return;
    events.push(event);
    state = reduce(state, event) ?? state;
  };
  while (steps < options.maxSteps) {
    nowMs += 1;
    if (state.life.kind === 'finished') return { steps, state, broken: [], ended: true };
    const wakeAtMs = decideAll(world, nowMs, policy, happened, () => state);
    const after = state;
    const broken = brokenInvariants(after, OPTIONS.parallel ?? 2);
    if (broken.length > 0) return { steps, state: after, broken, ended: false };
    if (dice.next() < options.crashes) state = refold(events);
    if (dice.next() < 0.002) world.somebodyCommits();
    if (dice.next() < 0.002) person(after, dice.next(), nowMs, happened);
    const fact = nextFact(after, world, dice.next(), nowMs);
    if (fact.length > 0) for (const event of fact) happened(event);
    else if (wakeAtMs !== null) nowMs = Math.max(nowMs, wakeAtMs);
  }
  return { steps, state, broken: [], ended: false };
}

function refold(events: readonly RunEvent[]): RunState {
  const state = fold(events);
  if (state === null) throw new Error('no run');
  return state;
}

function decideAll(
  world: PureWorld,
  nowMs: number,
  policy: Policy,
  happened: (event: RunEvent) => void,
  now: () => RunState,
): number | null {
  for (let round = 0; round < 1_000; round += 1) {
    const state = now();
    const relation = world.targetTip === state.queue.tip ? 'same' : 'forward';
    const snapshot: Snapshot = {
      state,
      nowMs,
      machine: MACHINE,
      target: { tip: world.targetTip, relation },
      isHeldCheckoutClean: true,
      isDraining: false,
    };
    const decided = decide(snapshot, policy);
    if (decided.decisions.length === 0) return decided.wakeAtMs;
    for (const decision of decided.decisions) {
      if (decision.kind === 'record') happened({ ...decision.event, atMs: nowMs });
      else {
        const intent = `i${now().counters.intents + 1}` as IntentId;
        happened({ kind: 'intended', intent, step: decision.step, because: decision.because, atMs: nowMs });
      }
    }
  }
  throw new Error('decisions do not settle');
}

function nextFact(state: RunState, world: PureWorld, roll: number, nowMs: number): readonly RunEvent[] {
  const open = [...state.intents.values()];
  const working = [...state.tasks.values()].flatMap((task) =>
    task.progress.kind === 'working' ? [task] : [],
  );
  const index = Math.floor(roll * (open.length + working.length));
  const intent = open[index];
  if (intent !== undefined) return world.outcomeOf(intent, state).map((fact) => ({ ...fact, atMs: nowMs }));
  const task = working[index - open.length];
  if (task === undefined || task.progress.kind !== 'working') return [];
  const { attempt } = task.progress;
  return [{ kind: 'attempt.exited', attempt, task: task.task.id, exit: world.exitOf(), atMs: nowMs }];
}

function person(state: RunState, roll: number, atMs: number, happened: (event: RunEvent) => void): void {
  const ids = [...state.tasks.keys()];
  const task = ids[Math.floor(roll * ids.length)] as TaskId;
  const kinds = ['task.stop_requested', 'task.skip_requested', 'task.reopened'] as const;
  const kind = kinds[Math.floor(roll * 7919) % 3] ?? 'task.stop_requested';
  if (kind !== 'task.reopened') return happened({ kind, task, by: 'sim', atMs });
  const progress = state.tasks.get(task)?.progress.kind ?? '';
  if (['failed', 'stopped', 'skipped', 'needs-person'].includes(progress)) {
    happened({ kind, task, by: 'sim', fresh: false, wave: null, atMs });
  }
}
