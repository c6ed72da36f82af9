/** Which changes a tree would prove bad, together with the trees that run, are chosen or were red: strict evidence ahead of time. */
import type { Bits } from '../bit-set.ts';
import { bitsIn, isSubset, without } from '../bit-set.ts';
import type { Field } from './field.ts';
import type { WorldSet } from './outlook.ts';
import type { Trial } from './trial.ts';

export interface TrialProof {
  readonly item: number;
  /** Where the larger tree is red, the smaller one green, the change outside of what lands at best, and no proof chosen yet. */
  readonly worlds: WorldSet;
}

export function proofsBy(trial: Trial, field: Field): readonly TrialProof[] {
  const proofs: TrialProof[] = [];
  const add = (larger: Bits, smaller: Bits | null, red: WorldSet | null, green: WorldSet | null): void => {
    const item = bitsIn(smaller === null ? larger : without(larger, smaller))[0];
    if (item !== undefined) proofs.push({ item, worlds: provenWorlds(item, red, green, field) });
  };
  if (trial.size === 1) add(trial.bits, null, trial.red, null);
  for (const other of field.trials) {
    if (!other.landable) continue;
    if (other.size === trial.size - 1 && isSubset(other.bits, trial.bits))
      add(trial.bits, other.bits, trial.red, other.red);
    if (other.size === trial.size + 1 && isSubset(trial.bits, other.bits))
      add(other.bits, trial.bits, other.red, trial.red);
  }
  for (const red of field.board.redsOnTip)
    if (red.size === trial.size + 1 && isSubset(trial.bits, red.bits))
      add(red.bits, trial.bits, null, trial.red);
  return proofs;
}

/** `red` null: the larger tree is known to be red; `green` null: the smaller one is the tip. */
function provenWorlds(item: number, red: WorldSet | null, green: WorldSet | null, field: Field): WorldSet {
  const { words } = field.outlook;
  const worlds = new Uint32Array(words);
  for (let at = 0; at < words; at++) {
    const place = item * words + at;
    const fresh = (field.goal.outside[place] ?? 0) & ~(field.proven[place] ?? 0);
    worlds[at] = (red === null ? -1 : (red[at] ?? 0)) & ~(green?.[at] ?? 0) & fresh;
  }
  return worlds;
}
