/**
 * What one more tree is worth beside those that run or are chosen: the bits its result adds, what it would land in
 * worlds where nothing else lands as much, the finish of the queue, and proof against a bad change.
 */
import { countOnes, isSubset } from '../bit-set.ts';
import type { Board } from './board.ts';
import { entropyGiven, entropyGivenThree } from './information.ts';
import { addRed, entropy, type Outlook, type WorldSet } from './outlook.ts';
import { TrialDraft, type Trial } from './trial.ts';
import type { Work } from './work.ts';

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
    draft: new TrialDraft(board, outlook),
    work,
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
  const order = byRisk(board.items.length, outlook.risk);
  const largest = new Float64Array(outlook.worlds);
  const { words, partnerStarts, partnerItems, partnerSets, pairSets } = outlook;
  const outs = new Uint32Array(board.items.length * words).fill(0xffffffff);
  const none = new Uint8Array(board.items.length);
  const out = new Uint32Array(words);
  for (const item of order) {
    out.fill(0);
    addRed(out, item, none, outlook);
    for (let partner = partnerStarts[item] ?? 0; partner < (partnerStarts[item + 1] ?? 0); partner++) {
      const other = (partnerItems[partner] ?? 0) * words;
      const set = partnerSets[partner] ?? 0;
      for (let at = 0; at < words; at++)
        out[at] = (out[at] ?? 0) | ((pairSets[set + at] ?? 0) & ~(outs[other + at] ?? 0));
    }
    outs.set(out, item * words);
    const weight = board.items[item]?.weight ?? 1;
    forEachWorld(out, true, (world) => (largest[world] = (largest[world] ?? 0) + weight));
  }
  return largest;
}

/** Items by rising risk, then by serving order. */
export function byRisk(count: number, risk: Float64Array): number[] {
  return Array.from({ length: count }, (_, item) => item).toSorted(
    (a, b) => (risk[a] ?? 0) - (risk[b] ?? 0) || a - b,
  );
}

function forEachWorld(set: WorldSet, isInverted: boolean, visit: (world: number) => void): void {
  for (let at = 0; at < set.length; at++) {
    let rest = isInverted ? ~(set[at] ?? 0) : (set[at] ?? 0);
    for (; rest !== 0; rest &= rest - 1) visit((at << 5) + 31 - Math.clz32(rest & -rest));
  }
}

export function isIn(set: WorldSet, world: number): boolean {
  return (((set[world >>> 5] ?? 0) >>> (world & 31)) & 1) === 1;
}

/** The worth of adding `trial`, in bits per mean gate time; -1 when it is surely not above `atLeast`. */
export function valueOf(trial: Trial, field: Field, atLeast: number): number {
  const { outlook, best, largest } = field;
  let gain = 0;
  let finishes = 0;
  const { red, weight } = trial;
  for (let at = 0; at < red.length; at++) {
    for (let rest = ~(red[at] ?? 0); rest !== 0; rest &= rest - 1) {
      const world = (at << 5) + 31 - Math.clz32(rest & -rest);
      const reached = best[world] ?? 0;
      if (weight > reached) {
        gain += weight - reached;
        if (weight >= (largest[world] ?? 0)) finishes += 1;
      }
    }
  }
  field.work.spent += outlook.worlds;
  const landing = (field.kappa * gain) / (outlook.worlds * Math.max(1, field.total));
  const finish = (0.5 * field.slots * finishes) / outlook.worlds;
  const perGate = field.meanGateMs > 0 && trial.gateMs > 0 ? field.meanGateMs / trial.gateMs : 1;
  const sure = landing + finish + proofValue(trial, field);
  const own = entropy(trial.pGreen);
  if ((sure + own) * perGate <= atLeast) return -1;
  return (sure + conditionalEntropy(trial, own, field, atLeast / perGate - sure)) * perGate;
}

const PROOF = 1.2;

/** A red result proves something against a change when the tree without it is the tip or turns out green. */
function proofValue(trial: Trial, field: Field): number {
  const share = trial.size === 1 ? 1 - trial.pGreen : provenOnTrials(trial, field);
  return share === 0 ? 0 : (PROOF * field.kappa * share) / Math.max(1, field.board.items.length);
}

function provenOnTrials(trial: Trial, field: Field): number {
  let share = 0;
  for (const base of field.trials) {
    if (!base.landable || base.size !== trial.size - 1 || !isSubset(base.bits, trial.bits)) continue;
    let proofs = 0;
    for (let at = 0; at < base.red.length; at++)
      proofs += countOnes((trial.red[at] ?? 0) & ~(base.red[at] ?? 0));
    share = Math.max(share, proofs / field.outlook.worlds);
  }
  return share;
}

/** Entropy of the result given the results of the three trees that tell most about it; stops when below `atLeast`. */
function conditionalEntropy(trial: Trial, own: number, field: Field, atLeast: number): number {
  const { trials, outlook } = field;
  if (own === 0 || trials.length === 0) return own;
  let [first, second, third] = [-1, -1, -1];
  let [least, less, little] = [Infinity, Infinity, Infinity];
  for (let at = 0; at < trials.length; at++) {
    const left = entropyGiven(trials[at]?.red ?? trial.red, trial.red, outlook.worlds);
    if (left < least) {
      [third, second, first] = [second, first, at];
      [little, less, least] = [less, least, left];
    } else if (left < less) {
      [third, second] = [second, at];
      [little, less] = [less, left];
    } else if (left < little) {
      third = at;
      little = left;
    }
  }
  field.work.spent += (trials.length + 8) * 3 * outlook.words;
  if (second < 0 || least <= atLeast) return least;
  const a = trials[first]?.red ?? trial.red;
  const b = trials[second]?.red ?? trial.red;
  const c = third < 0 ? b : (trials[third]?.red ?? trial.red);
  return entropyGivenThree(a, b, c, trial.red, outlook.worlds);
}

/** The worlds in which what runs or is chosen lands less than this part of everything. */
export function poorWorlds(field: Field, part: number): WorldSet {
  const set = new Uint32Array(field.outlook.words);
  for (let world = 0; world < field.outlook.worlds; world++) {
    if ((field.best[world] ?? 0) < part * field.total)
      set[world >>> 5] = (set[world >>> 5] ?? 0) | (1 << (world & 31));
  }
  return set;
}

/** Green share of a tree among the worlds of `within`, which has `size` members. */
export function shareWithin(red: WorldSet, within: WorldSet, size: number): number {
  if (size === 0) return 0;
  let green = 0;
  for (let at = 0; at < within.length; at++) green += countOnes((within[at] ?? 0) & ~(red[at] ?? 0));
  return green / size;
}
