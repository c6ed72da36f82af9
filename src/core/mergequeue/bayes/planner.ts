/**
 * Bayesian group commit. Possible worlds that explain every result so far are drawn from the snapshot; each free slot
 * gets the tree worth most in them. Group sizes, splitting, leave-one-out trees, speculation and the separation of
 * conflicting changes are not rules here: they follow from one score. Pure: the same snapshot and seed give the same plan.
 */
import type { ChangeId } from '../../ids.ts';
import { bitsIn } from '../bit-set.ts';
import type { QueuePlanner, QueueProposal, QueueSnapshot } from '../model.ts';
import { needsFirst } from '../needs.ts';
import { chainPlanner, isSteady } from '../chain.ts';
import { prng } from '../prng.ts';
import { rescuesOf } from '../rescue.ts';
import { knownTreeOnTip, redTriesToEject, treeFacts, type TreeFacts } from '../tree-facts.ts';
import { nestedTrial } from './bisect.ts';
import { boardOf, type Board } from './board.ts';
import { candidatesFor, treeOf } from './candidates.ts';
import { deadRuns } from './dead-runs.ts';
import { withElders } from './elder.ts';
import { reasonFor } from './explain.ts';
import { landingWalk } from './landing-walk.ts';
import { exchanged, isWorthLook } from './lookahead.ts';
import { addTrial, fieldOf, type Field } from './field.ts';
import { valueOf } from './score.ts';
import { trialOf, type Trial } from './trial.ts';
import { overdueTrials } from './watchdog.ts';
import { drawOutlook } from './worlds.ts';

/** Operations for sampling and for the choice: at 200 changes and 16 slots 12 ms in the median, see docs/design/merge-queue-benchmark.md. */
const SAMPLING_WORK = 500_000;
const CHOICE_WORK = 700_000;
/** Below this a run is not worth its slot. */
const LEAST_VALUE = 0.003;

export const bayesPlanner: QueuePlanner = (snapshot, seed) => {
  if (snapshot.everyCommit === true || isSteady(snapshot)) return chainPlanner(snapshot, seed);
  const facts = treeFacts(snapshot);
  const board = boardOf(snapshot, facts);
  const { wanted, awaited } = rescuesOf(snapshot, facts);
  const dead = deadRuns(snapshot, facts, board, awaited);
  const kept = board.running.filter((run) => !dead.some((cancel) => cancel.build === run.build));
  // Most calls: nothing can be started, so nobody asks what is likely.
  if (kept.length >= snapshot.slots) return dead;
  const random = prng(seed ^ (snapshot.builds.length * 7919 + snapshot.landed.length * 104_729));
  const outlook = drawOutlook(board, random, snapshot.history ?? null, { spent: 0, limit: SAMPLING_WORK });
  const running = kept.map((run) => {
    const trial = trialOf(run.items, 'landing', board, outlook);
    const endsInMs = Math.max(0, run.startedAtMs + trial.gateMs - snapshot.nowMs);
    return { ...trial, landable: run.holdsTip, endsInMs };
  });
  const proposals: QueueProposal[] = [...dead];
  let free = snapshot.slots - kept.length;
  const field = fieldOf(board, outlook, snapshot.slots, running, { spent: 0, limit: CHOICE_WORK });
  for (const joint of wanted.slice(0, Math.max(0, free))) {
    const items = board.items.flatMap((item, index) =>
      item.members.some((id) => joint.includes(id)) ? [index] : [],
    );
    addTrial(field, trialOf(items, 'repair', board, outlook));
    proposals.push(
      startOf(joint, 'red alone, but a related change may repair it: tests them together once', facts),
    );
    free -= 1;
  }
  for (const repeat of repeatsOf(board, snapshot, facts).slice(0, Math.max(0, free))) {
    proposals.push(repeat);
    free -= 1;
  }
  const overdue = overdueTrials(snapshot, field, free);
  for (const trial of overdue) addTrial(field, trial);
  for (const trial of [...overdue, ...chooseTrials(field, free - overdue.length)]) {
    proposals.push(startOf(membersOf(trial, board), reasonFor(trial, field), facts));
  }
  return proposals;
};

/** Where gates are flaky: the second run of changes that were red alone on the present tip. */
function repeatsOf(board: Board, snapshot: QueueSnapshot, facts: TreeFacts): readonly QueueProposal[] {
  const needed = redTriesToEject(snapshot);
  if (needed < 2) return [];
  return board.items.flatMap((item): QueueProposal[] => {
    const known = item.closure?.length === 1 ? knownTreeOnTip(item.members, facts) : null;
    if (known === null || known.red === null || known.green !== null || known.running !== null) return [];
    if (known.redTries >= needed) return [];
    const members = needsFirst(item.members, facts.pending);
    const because = `repeats ${members.join(' with ')}: gates are flaky, one red run is not proof`;
    return [{ kind: 'start', members, repeats: known.red, because }];
  });
}

function chooseTrials(field: Field, freeSlots: number): Trial[] {
  const nested = freeSlots > 0 && field.slots === 1 ? nestedTrial(field) : null;
  if (nested !== null) return [withElders(nested, field)];
  const chosen: Trial[] = [];
  const pool = isWorthLook(field) ? new Map<string, Trial>() : null;
  const landing = freeSlots > 0 ? landingWalk(field) : { emitted: [], base: null };
  for (let free = freeSlots; free > 0; free--) {
    let best: Trial | null = null;
    let bestValue = LEAST_VALUE;
    for (const trial of candidatesFor(field, landing, free)) {
      pool?.set(trial.key, trial);
      const value = valueOf(trial, field, bestValue);
      if (value > bestValue) [best, bestValue] = [trial, value];
    }
    best ??= field.trials.length === 0 ? oldestAlone(field) : null;
    if (best === null) break;
    const tree = withElders(best, field);
    chosen.push(tree);
    addTrial(field, tree);
  }
  return pool === null ? chosen : exchanged(chosen, pool, field);
}

function oldestAlone(field: Field): Trial | null {
  for (let item = 0; item < field.board.items.length; item++) {
    const trial = treeOf(null, [item], 'oldest', field);
    if (trial !== null && !field.board.tried.has(trial.key)) return trial;
  }
  return null;
}

function membersOf(trial: Trial, board: Board): readonly ChangeId[] {
  return bitsIn(trial.bits).flatMap((item) => board.items[item]?.members ?? []);
}

function startOf(members: readonly ChangeId[], because: string, facts: TreeFacts): QueueProposal {
  return { kind: 'start', members: needsFirst(members, facts.pending), because };
}
