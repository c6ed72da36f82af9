/** Who is left out of a tree when git cannot merge two changes: the one that came later, where nothing else tells them apart. */
import { bitsIn, hasBit } from '../bit-set.ts';
import { holdsCertainRed, treeOf } from './candidates.ts';
import type { Field } from './field.ts';
import { noiseOf } from './goal.ts';
import type { Trial } from './trial.ts';

/** The tree with later changes exchanged for earlier ones they clash with; the same one when that is no usable tree. */
export function withElders(trial: Trial, field: Field): Trial {
  const { board } = field;
  const kept = new Set(bitsIn(trial.bits));
  for (const item of bitsIn(trial.bits)) {
    const elder = bitsIn(board.textClashes[item] ?? new Uint32Array(0)).find(
      (other) =>
        other < item && !kept.has(other) && isAsGood(other, item, field) && clashesOnlyWith(other, item),
    );
    if (elder === undefined) continue;
    kept.delete(item);
    kept.add(elder);
  }
  const made = treeOf(null, [...kept], trial.purpose, field);
  const isUsable =
    made !== null &&
    !board.tried.has(made.key) &&
    !holdsCertainRed(made.bits, board) &&
    field.trials.every((other) => other.key !== made.key);
  return isUsable ? made : trial;

  function clashesOnlyWith(other: number, item: number): boolean {
    return bitsIn(board.textClashes[other] ?? new Uint32Array(0)).every(
      (one) => one === item || !kept.has(one),
    );
  }
}

function isAsGood(elder: number, item: number, { board, outlook }: Field): boolean {
  if (hasBit(board.inReds, elder)) return false;
  const risk = outlook.risk[item] ?? 0;
  return (outlook.risk[elder] ?? 0) <= risk + noiseOf(risk, outlook.worlds);
}
