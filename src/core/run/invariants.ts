/**
 * What must hold at every moment of every run. One function over the folded state and, where it was looked at, the world;
 * called after every simulated step and after every recovery in the crash tests. Numbers are those of
 * docs/design/invariants.md.
 */
import { assertNever } from '../../kit/assert.ts';
import type { CommitId } from '../ids.ts';
import { gatesOfStage } from '../gates/stages.ts';
import type { Need } from '../plan/model.ts';
import { isAcceptedTree } from '../review/model.ts';
import { isGone } from '../schedule/needs.ts';
import { RUN_BUDGET } from './reduce-limit.ts';
import type { RunState, TaskState } from './state.ts';

/** The world as a test read it after a recovery. */
export interface WorldFacts {
  readonly targetTip: CommitId | null;
  /** First-parent history of the target, newest first, down to the run's base. */
  readonly targetChain: readonly CommitId[];
  /** Commits that the log names as heads or salvage and that no ref reaches. */
  readonly unreachable: readonly CommitId[];
  /** Ids of attempts that have a live process. */
  readonly liveAttempts: readonly string[];
  /** Processes that carry the run's marker while nothing is running. */
  readonly orphans: readonly number[];
  /** True when the user's own HEAD, index and files are as they were. */
  readonly isCheckoutUntouched: boolean;
}

/** Every broken invariant as `I<n> what`; empty when all hold. `parallel`: the limit on attempts at once. */
export function brokenInvariants(
  state: RunState,
  parallel: number,
  world: WorldFacts | null = null,
): readonly string[] {
  return [
    ...linearTarget(state),
    ...gatedTrees(state),
    ...atMostOnce(state),
    ...agreement(state),
    ...needsBeforeStart(state),
    ...concurrency(state, parallel),
    ...withinBudget(state),
    ...approvedByPeople(state),
    ...bounded(state),
    ...reviewed(state),
    ...(world === null ? [] : brokenInWorld(state, world)),
  ];
}

/** I1 The target only moves from where it was known to be. */
function linearTarget(state: RunState): readonly string[] {
  const { landings, tip, isOpen } = state.queue;
  const last = landings.at(-1);
  if (last === undefined || !isOpen) return [];
  const isTip = last.to === tip || state.queue.tipTree === null;
  return isTip ? [] : [`I1 the tip ${tip} is neither the last landing nor somebody else's commit`];
}

/** I2 Every landed tree passed every blocker gate. */
function gatedTrees(state: RunState): readonly string[] {
  const blockers = gatesOfStage(state.plan, 'merge').filter((gate) => gate.severity === 'blocker');
  return state.queue.landings.flatMap((landing) =>
    blockers
      .filter((gate) => {
        const results = [...state.gateResults.values()];
        return !results.some(
          (result) => result.gate === gate.name && result.tree === landing.tree && result.verdict !== 'fail',
        );
      })
      .map((gate) => `I2 ${landing.build} landed without a green ${gate.name} on its tree`),
  );
}

/** I5 A change lands once, and a task's work is on the target once. */
function atMostOnce(state: RunState): readonly string[] {
  const broken: string[] = [];
  const seen = new Set<string>();
  for (const id of state.queue.landed) {
    if (seen.has(id)) broken.push(`I5 change ${id} landed twice`);
    seen.add(id);
    if (state.queue.changes.get(id)?.state.kind !== 'landed')
      broken.push(`I5 change ${id} landed and is not marked so`);
  }
  return broken;
}

/** I6 A task has at most one open effect; a working task has a live attempt record. */
function agreement(state: RunState): readonly string[] {
  const broken: string[] = [];
  const busy = new Set<string>();
  for (const { step } of state.intents.values()) {
    const task =
      'task' in step
        ? step.task
        : step.kind === 'run-gates' && step.subject.kind === 'task'
          ? step.subject.task
          : null;
    if (task === null) continue;
    if (busy.has(task)) broken.push(`I6 task ${task} has two open effects`);
    busy.add(task);
  }
  for (const task of state.tasks.values()) {
    if (task.progress.kind !== 'working') continue;
    const attempt = state.attempts.get(task.progress.attempt);
    if (attempt === undefined || attempt.exit !== null)
      broken.push(`I6 task ${task.task.id} works without an attempt`);
  }
  return broken;
}

/** I7 Nothing works before what it needs was there; what was there may since have been ejected or reopened. */
function needsBeforeStart(state: RunState): readonly string[] {
  return [...state.tasks.values()]
    .filter((task) => task.progress.kind === 'working' && task.attempts.length === 1)
    .filter((task) => !task.task.needs.every((need) => wasMet(need, state)))
    .map((task) => `I7 task ${task.task.id} works and its needs were never met`);
}

function wasMet(need: Need, state: RunState): boolean {
  const other = state.tasks.get(need.task);
  if (other === undefined) return false;
  const isComplete = other.waves.some((wave) => wave.number === (need.wave ?? other.task.waves.length));
  switch (need.when) {
    case 'merged':
      return (
        (state.options.noMerge && isComplete) ||
        [...state.queue.changes.values()].some(
          (change) => change.task === need.task && change.state.kind === 'landed',
        )
      );
    case 'verified':
      return isComplete;
    case 'started':
      return other.attempts.length > 0;
    case 'completed':
      return isComplete || other.attempts.length > 0 || isGone(other);
    default:
      return assertNever(need.when);
  }
}

/** I8 No more attempts than allowed, none beside an exclusive one, no lock held twice. */
function concurrency(state: RunState, parallel: number): readonly string[] {
  const working = [...state.tasks.values()].filter((task) => task.progress.kind === 'working');
  const broken: string[] = [];
  if (working.length > parallel) broken.push(`I8 ${working.length} attempts run, ${parallel} are allowed`);
  const exclusive = working.find((task) => task.task.exclusive);
  if (exclusive !== undefined && working.length > 1)
    broken.push(`I8 ${exclusive.task.id} is exclusive and not alone`);
  const slots = [...state.intents.values()].flatMap(({ step }) =>
    step.kind === 'run-gates' ? [step.slot] : [],
  );
  if (new Set(slots).size !== slots.length) broken.push('I8 two gate runs share a checkout');
  const locks = working.flatMap((task) => task.task.locks);
  if (new Set(locks).size !== locks.length) broken.push('I8 a lock is held twice');
  return broken;
}

/** I13 Retries are bounded. */
/** I9 Once a budget was passed no turn begins until a person let it go on: what was under way is all that goes beyond it. */
function withinBudget(state: RunState): readonly string[] {
  return [...state.intents.values()].flatMap(({ step, sinceMs }) => {
    if (step.kind !== 'start-attempt') return [];
    return [RUN_BUDGET, step.task].flatMap((key) => {
      const passed = state.budgets.get(key);
      const isStopped = passed?.isOpen === true && passed.action !== 'warn' && sinceMs > passed.atMs;
      return isStopped
        ? [`I9 attempt ${step.attempt} was started beyond the budget of ${key || 'the run'}`]
        : [];
    });
  });
}

/** I12 What entered the queue of a task with approval was approved as exactly that commit, by as many of those who may. */
function approvedByPeople(state: RunState): readonly string[] {
  return [...state.queue.changes.values()].flatMap(({ id, task, head, origin }) => {
    const wanted = task === null ? null : (state.tasks.get(task)?.task.approval ?? null);
    if (wanted === null || origin !== null) return [];
    const isApproved = [...state.inbox.approvals.values()].some(
      ({ standing, given, ...asked }) =>
        standing.kind === 'granted' &&
        asked.task === task &&
        asked.head === head &&
        new Set(given.map(({ by }) => by)).size >= wanted.required &&
        (wanted.from.length === 0 || given.every(({ by }) => wanted.from.includes(by))),
    );
    return isApproved ? [] : [`I12 ${id} entered the queue and nobody approved ${head ?? 'it'}`];
  });
}

function bounded(state: RunState): readonly string[] {
  return [...state.tasks.values()]
    .filter((task) => task.retriesUsed > mostRetries(task))
    .map((task) => `I13 task ${task.task.id} was retried ${task.retriesUsed} times`);
}

/** I13 A review has no more rounds than its plan allows, and what is queued of a reviewed task was accepted. */
function reviewed(state: RunState): readonly string[] {
  return [...state.tasks.values()].flatMap(({ task, review, progress, tree, wave }) => {
    const policy = task.review ?? null;
    if (policy === null) return [];
    const broken: string[] = [];
    const counted = review.rounds.length - Math.max(review.countedFrom, review.freshFrom);
    if (counted > policy.maxIterations)
      broken.push(`I13 the review of ${task.id} has ${counted} rounds, ${policy.maxIterations} are allowed`);
    const isJudged = task.waves[wave - 1]?.isReviewed !== false;
    const isOn = progress.kind === 'queued' || progress.kind === 'verified';
    if (isJudged && isOn && tree !== null && !isAcceptedTree(review, tree))
      broken.push(`I17 ${task.id} is ${progress.kind} on a tree that its review did not accept`);
    return broken;
  });
}

function mostRetries(task: TaskState): number {
  return (task.task.retries.max + 1) * (1 + task.task.fallback.length);
}

function brokenInWorld(state: RunState, world: WorldFacts): readonly string[] {
  const broken: string[] = [];
  for (const landing of state.queue.landings) {
    if (!world.targetChain.includes(landing.to)) broken.push(`I1 landing ${landing.to} is not on the target`);
  }
  for (const commit of world.unreachable)
    broken.push(`I3 commit ${commit} is named by the log and reachable from no ref`);
  const working = new Set<string>();
  for (const task of state.tasks.values())
    if (task.progress.kind === 'working') working.add(task.progress.attempt);
  for (const attempt of world.liveAttempts) {
    const record = state.attempts.get(attempt as never);
    if (record?.exit !== null && record !== undefined)
      broken.push(`I8 attempt ${attempt} lives after its recorded exit`);
  }
  if (working.size === 0 && state.intents.size === 0) {
    for (const pid of world.orphans) broken.push(`I14 process ${pid} is left over`);
  }
  if (!world.isCheckoutUntouched) broken.push("I16 the user's checkout was changed");
  return broken;
}
