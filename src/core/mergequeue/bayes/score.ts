/**
 * What one more tree is worth beside those that run or are chosen: the bits its result adds, what it would land in
 * worlds where nothing else lands as much, the finish of the queue, and proof against a bad change.
 */
import { countBits, countOnes } from '../bit-set.ts';
import type { Board } from './board.ts';
import { entropy, type Outlook, type WorldSet } from './outlook.ts';
import type { Trial } from './trial.ts';

export interface Field {
  readonly board: Board;
  readonly outlook: Outlook;
  readonly slots: number;
  /** Worth of landing everything. */
  readonly total: number;
  readonly kappa: number;
  /** Mean gate time of the items; 0 when unknown. */
  readonly meanGateMs: number;
  /** Per world, worth of the largest good set. */
  readonly largest: Float64Array;
  /** Trees running or chosen. */
  readonly trials: Trial[];
  /** Per world, the most that one of `trials` lands. Changed as trials are added. */
  readonly best: Float64Array;
}

export function fieldOf(board: Board, outlook: Outlook, slots: number, running: readonly Trial[]): Field {
  const total = board.items.reduce((sum, item) => sum + item.weight, 0);
  const rho = outlook.risk.reduce((sum, risk) => sum + entropy(risk), 0) / slots;
  const gates = board.items.map((item) => item.gateMs).filter((ms) => ms > 0);
  const field: Field = {
    board,
    outlook,
    slots,
    total,
    kappa: slots === 1 ? 1 + 1 / Math.max(0.05, rho) : Math.min(16, 3 + 2 / Math.max(0.05, rho)),
    meanGateMs: gates.reduce((sum, ms) => sum + ms, 0) / Math.max(1, gates.length),
    largest: largestGoodSets(board, outlook),
    trials: [],
    best: new Float64Array(outlook.worlds),
  };
  for (const trial of running) addTrial(field, trial);
  return field;
}

export function addTrial(field: Field, trial: Trial): void {
  field.trials.push(trial);
  if (!trial.landable) return;
  for (let world = 0; world < field.outlook.worlds; world++) {
    if (!isIn(trial.red, world)) field.best[world] = Math.max(field.best[world] ?? 0, trial.weight);
  }
}

/** Greedy in order of risk: exact enough, since only worlds with active pairs leave a choice. */
function largestGoodSets(board: Board, outlook: Outlook): Float64Array {
  const order = board.items
    .map((_, item) => item)
    .toSorted((a, b) => (outlook.risk[a] ?? 0) - (outlook.risk[b] ?? 0));
  const largest = new Float64Array(outlook.worlds);
  const chosen = new Map<number, WorldSet>();
  for (const item of order) {
    const out = (outlook.redAlone[item] ?? new Uint32Array(1)).slice();
    for (const partner of outlook.partners[item] ?? []) {
      const inSet = chosen.get(partner.item);
      if (inSet === undefined) continue;
      for (let at = 0; at < out.length; at++)
        out[at] = (out[at] ?? 0) | ((partner.red[at] ?? 0) & (inSet[at] ?? 0));
    }
    const weight = board.items[item]?.weight ?? 1;
    for (let world = 0; world < outlook.worlds; world++) {
      if (!isIn(out, world)) largest[world] = (largest[world] ?? 0) + weight;
    }
    chosen.set(
      item,
      out.map((word) => ~word),
    );
  }
  return largest;
}

export function isIn(set: WorldSet, world: number): boolean {
  return (((set[world >>> 5] ?? 0) >>> (world & 31)) & 1) === 1;
}

/** The worth of adding `trial`, in bits per mean gate time. */
export function valueOf(trial: Trial, field: Field): number {
  const { outlook } = field;
  let gain = 0;
  let finishes = 0;
  for (let world = 0; world < outlook.worlds; world++) {
    if (isIn(trial.red, world)) continue;
    const best = field.best[world] ?? 0;
    const largest = field.largest[world] ?? 0;
    if (trial.weight > best) gain += trial.weight - best;
    if (trial.weight >= largest && best < largest) finishes += 1;
  }
  const landing = (field.kappa * gain) / (outlook.worlds * Math.max(1, field.total));
  const finish = (0.5 * field.slots * finishes) / outlook.worlds;
  const worth = conditionalEntropy(trial, field) + landing + finish + proofValue(trial, field);
  return field.meanGateMs > 0 && trial.gateMs > 0 ? (worth * field.meanGateMs) / trial.gateMs : worth;
}

const PROOF = 1.2;

/** A red result proves something against a change when the tree without it is the tip or turns out green. */
function proofValue(trial: Trial, field: Field): number {
  const share = trial.items.length === 1 ? 1 - trial.pGreen : provenOnTrials(trial, field);
  return share === 0 ? 0 : (PROOF * field.kappa * share) / Math.max(1, field.board.items.length);
}

function provenOnTrials(trial: Trial, field: Field): number {
  let share = 0;
  for (const base of field.trials) {
    if (!base.landable || base.items.length !== trial.items.length - 1) continue;
    if (!base.items.every((item) => trial.items.includes(item))) continue;
    let proofs = 0;
    for (let at = 0; at < base.red.length; at++)
      proofs += countOnes((trial.red[at] ?? 0) & ~(base.red[at] ?? 0));
    share = Math.max(share, proofs / field.outlook.worlds);
  }
  return share;
}

/** Entropy of the result given the results of the three trees that tell most about it. */
function conditionalEntropy(trial: Trial, field: Field): number {
  const own = entropy(trial.pGreen);
  if (own === 0 || field.trials.length === 0) return own;
  const informative = field.trials
    .map((other) => ({ other, left: jointEntropy([other.red], trial.red, field.outlook.worlds) }))
    .toSorted((a, b) => a.left - b.left)
    .slice(0, 3);
  return jointEntropy(
    informative.map(({ other }) => other.red),
    trial.red,
    field.outlook.worlds,
  );
}

/** H(red | givens), by counting the worlds of every combination of results. */
function jointEntropy(givens: readonly WorldSet[], red: WorldSet, worlds: number): number {
  const cells = 1 << givens.length;
  const total = new Float64Array(cells);
  const bad = new Float64Array(cells);
  const spare = worlds & 31;
  for (let at = 0; at < red.length; at++) {
    const valid = at === red.length - 1 && spare !== 0 ? (1 << spare) - 1 : -1;
    const word = red[at] ?? 0;
    for (let cell = 0; cell < cells; cell++) {
      let inCell = valid;
      for (let given = 0; given < givens.length; given++) {
        const mask = givens[given]?.[at] ?? 0;
        inCell &= (cell >>> given) & 1 ? mask : ~mask;
      }
      total[cell] = (total[cell] ?? 0) + countOnes(inCell);
      bad[cell] = (bad[cell] ?? 0) + countOnes(inCell & word);
    }
  }
  let sum = 0;
  for (let cell = 0; cell < cells; cell++) {
    const count = total[cell] ?? 0;
    if (count > 0) sum += (count / worlds) * entropy((bad[cell] ?? 0) / count);
  }
  return sum;
}

/** Share of the worlds in which what runs or is chosen lands less than this part of everything. */
export function poorWorlds(field: Field, part: number): WorldSet {
  const set = new Uint32Array(Math.max(1, (field.outlook.worlds + 31) >>> 5));
  for (let world = 0; world < field.outlook.worlds; world++) {
    if ((field.best[world] ?? 0) < part * field.total)
      set[world >>> 5] = (set[world >>> 5] ?? 0) | (1 << (world & 31));
  }
  return set;
}

export function shareWithin(red: WorldSet, within: WorldSet): number {
  const size = countBits(within);
  if (size === 0) return 0;
  let green = 0;
  for (let at = 0; at < within.length; at++) green += countOnes((within[at] ?? 0) & ~(red[at] ?? 0));
  return green / size;
}
