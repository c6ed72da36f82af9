/** What a choice is made against: the worlds, the trees that run or are chosen, and what these leave undone in each world. */
import type { Board } from './board.ts';
import { goalOf, type Goal } from './goal.ts';
import { entropy, forEachWorld, isIn, type Outlook, type WorldSet } from './outlook.ts';
import { proofsBy } from './proofs.ts';
import { successionOf } from './succession.ts';
import { TrialDraft, type Trial } from './trial.ts';
import type { Work } from './work.ts';

export interface Field {
  readonly board: Board;
  readonly outlook: Outlook;
  readonly slots: number;
  /** Worth of landing everything. */
  readonly total: number;
  /** Worth of landing everything at once, in bits. */
  readonly kappa: number;
  /** Mean gate time of the items; 0 when unknown. */
  readonly meanGateMs: number;
  readonly goal: Goal;
  /** Trees running or chosen. */
  readonly trials: Trial[];
  /** Per world, the most that one of `trials` lands. */
  readonly best: Float64Array;
  /** Per world, which one of `trials` that is; -1: none. */
  readonly bestBy: Int16Array;
  /** Per world, the steps left to its end: the landing of the largest good set, and a proof for each other change. */
  readonly missing: Uint16Array;
  /** The same when nothing runs. */
  readonly steps: Uint16Array;
  /** Row of words per item: worlds in which `trials` prove it bad. */
  readonly proven: Uint32Array;
  /** Per world, for whoever counts next. */
  readonly scratch: Uint8Array;
  /** A draft for whoever builds a tree next. */
  readonly draft: TrialDraft;
  readonly work: Work;
}

export function fieldOf(
  board: Board,
  outlook: Outlook,
  slots: number,
  running: readonly Trial[],
  work: Work,
): Field {
  const rho = outlook.risk.reduce((sum, risk) => sum + entropy(risk), 0) / slots;
  const gates = board.items.map((item) => item.gateMs).filter((ms) => ms > 0);
  const goal = goalOf(board, outlook);
  const steps = stepsIn(goal, board.items.length, outlook);
  const field: Field = {
    board,
    outlook,
    slots,
    total: board.items.reduce((sum, item) => sum + item.weight, 0),
    kappa: kappaFor(slots, rho),
    meanGateMs: gates.reduce((sum, ms) => sum + ms, 0) / Math.max(1, gates.length),
    goal,
    trials: [],
    best: new Float64Array(outlook.worlds),
    bestBy: new Int16Array(outlook.worlds).fill(-1),
    missing: steps.slice(),
    steps,
    proven: new Uint32Array(board.items.length * outlook.words),
    scratch: new Uint8Array(outlook.worlds),
    draft: new TrialDraft(board, outlook),
    work,
  };
  for (const trial of running) addTrial(field, trial);
  return field;
}

/** Landing counts for more the fewer rounds of uncertainty are left. */
function kappaFor(slots: number, rounds: number): number {
  const left = Math.max(0.05, rounds);
  return slots === 1 ? 1 + 1 / left : Math.min(16, 3 + 2 / left);
}

function stepsIn(goal: Goal, items: number, outlook: Outlook): Uint16Array {
  const steps = new Uint16Array(outlook.worlds).fill(1);
  for (let item = 0; item < items; item++)
    forEachWorld(rowOf(goal.outside, item, outlook), 'present', (world) => {
      steps[world] = (steps[world] ?? 0) + 1;
    });
  return steps;
}

/** The set of worlds of one item in a table of them. */
export function rowOf(rows: Uint32Array, item: number, outlook: Outlook): WorldSet {
  return rows.subarray(item * outlook.words, (item + 1) * outlook.words);
}

/** Changes the field: these trees run or are chosen, and no others. */
export function resetTrials(field: Field, trials: readonly Trial[]): void {
  field.trials.length = 0;
  field.best.fill(0);
  field.bestBy.fill(-1);
  field.missing.set(field.steps);
  field.proven.fill(0);
  for (const trial of trials) addTrial(field, trial);
}

/** Changes the field: the tree is chosen. */
export function addTrial(field: Field, trial: Trial): void {
  const { best, bestBy, goal, missing } = field;
  if (trial.landable) {
    for (const proof of proofsBy(trial, field)) {
      const row = rowOf(field.proven, proof.item, field.outlook);
      forEachWorld(proof.worlds, 'present', (world) => {
        row[world >>> 5] = (row[world >>> 5] ?? 0) | (1 << (world & 31));
        missing[world] = (missing[world] ?? 1) - 1;
      });
    }
    const { late, instead } = successionOf(trial, field);
    forEachWorld(trial.red, 'absent', (world) => {
      if (late !== null && isIn(late, world)) return;
      const before = best[world] ?? 0;
      const wanted = goal.largest[world] ?? 0;
      if (trial.weight <= before && instead?.has(bestBy[world] ?? -1) !== true) return;
      if (before < wanted && trial.weight >= wanted) missing[world] = (missing[world] ?? 1) - 1;
      if (before >= wanted && trial.weight < wanted) missing[world] = (missing[world] ?? 0) + 1;
      best[world] = trial.weight;
      bestBy[world] = field.trials.length;
    });
  }
  field.trials.push(trial);
}

/** The worlds in which what runs or is chosen lands less than this part of everything. */
export function poorWorlds(field: Field, part: number): WorldSet {
  return worldsWhere(field, (world) => (field.best[world] ?? 0) < part * field.total);
}

/** The worlds in which nothing that runs or is chosen lands the largest good set. */
export function openWorlds(field: Field): WorldSet {
  return worldsWhere(field, (world) => (field.best[world] ?? 0) < (field.goal.largest[world] ?? 0));
}

function worldsWhere(field: Field, holds: (world: number) => boolean): WorldSet {
  const set = new Uint32Array(field.outlook.words);
  for (let world = 0; world < field.outlook.worlds; world++)
    if (holds(world)) set[world >>> 5] = (set[world >>> 5] ?? 0) | (1 << (world & 31));
  return set;
}
