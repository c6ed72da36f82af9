/**
 * What one more tree is worth beside those that run or are chosen: the bits its result adds, what it would land in worlds
 * where nothing else lands as much, the changes it would prove bad, and the steps it takes towards the end of the queue.
 */
import type { Field } from './field.ts';
import { entropyGiven, entropyGivenThree } from './information.ts';
import { entropy } from './outlook.ts';
import { progressOf } from './progress.ts';
import type { Trial } from './trial.ts';

/** A proof against a change, as part of the worth of landing one. */
const PROOF = 0.7;
/** What a proof saves, in bits: a run of its own later, now and then. */
const PROOF_RUN = 0.2;
/** Worth of the end of the queue, in bits per slot; with one slot there is always time to learn first. */
const END = 1;
const END_ALONE = 0.5;
/** The last step to the end earns half of it, the one before a quarter, and so on. */
const NEARER = 0.5;

/** The worth of adding `trial`, in bits per mean gate time; -1 when it is surely not above `atLeast`. */
export function valueOf(trial: Trial, field: Field, atLeast: number): number {
  const { outlook } = field;
  const { landed, proven } = progressOf(trial, field);
  const end = creditOf(field);
  const progress = (field.kappa * (landed + PROOF * proven)) / Math.max(1, field.total);
  const credit = (field.slots === 1 ? END_ALONE : END * field.slots) * end + PROOF_RUN * proven;
  const sure = (progress + credit) / outlook.worlds;
  const perGate = field.meanGateMs > 0 && trial.gateMs > 0 ? field.meanGateMs / trial.gateMs : 1;
  const own = entropy(trial.pGreen);
  if ((sure + own) * perGate <= atLeast) return -1;
  return (sure + conditionalEntropy(trial, own, field, atLeast / perGate - sure)) * perGate;
}

/** Credit over the worlds for the steps that `progressOf` left in the scratch of the field. */
function creditOf({ missing, scratch: steps }: Field): number {
  let credit = 0;
  for (let world = 0; world < steps.length; world++) {
    const made = steps[world] ?? 0;
    for (let step = 0; step < made; step++) credit += creditFor((missing[world] ?? 1) - step);
  }
  return credit;
}

const CREDITS = Array.from({ length: 16 }, (_, left) => NEARER ** Math.max(1, left));

/** Credit for a step after which `left - 1` are left. */
function creditFor(left: number): number {
  return CREDITS[Math.max(1, left)] ?? 0;
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
