/**
 * One slot: the next test of a nested search. A part of the smallest red tree on the tip, or a group of untested
 * changes, as large as makes the whole search shortest. It needs no proofs of its own: when all but one of a red tree
 * has landed, that tree is the proof.
 */
import { countOnes, hasBit } from '../bit-set.ts';
import type { Field } from './field.ts';
import { byRisk } from './goal.ts';
import { nearestRate, testsToGo, RATE_COUNT } from './nested.ts';
import type { WorldSet } from './outlook.ts';
import type { Trial } from './trial.ts';

/** The worlds in which a change is bad about equally often, behind what has landed. */
interface RateGroup {
  readonly rate: number;
  readonly worlds: WorldSet;
  share: number;
}

/** Null when no part of what is searched may be started. */
export function nestedTrial(field: Field): Trial | null {
  const { board, outlook, draft } = field;
  const order = byRisk(board.items.length, outlook.risk, outlook.worlds);
  const red = smallestRedOnTip(field);
  const suspects = red === null ? [] : order.filter((item) => hasBit(red, item));
  const most = red === null ? order.length : suspects.length - 1;
  const groups = rateGroups(field);
  let best: Trial | null = null;
  let least = Infinity;
  draft.reset();
  const before = draft.operations;
  for (const item of red === null ? order : suspects) {
    if (!draft.offers(item)) continue;
    if (draft.size + draft.offeredSize > most) break;
    draft.accept();
    const trial = draft.finish(red === null ? 'group' : 'split');
    if (board.tried.has(trial.key)) continue;
    const cost = costOf(trial, suspects.length, groups, field);
    if (cost < least) [best, least] = [trial, cost];
  }
  field.work.spent += draft.operations - before;
  return best;
}

/** Gates to expect, this one included, until everything is decided. */
function costOf(trial: Trial, suspects: number, groups: readonly RateGroup[], field: Field): number {
  const { items } = field.board;
  const { size } = trial;
  const gates = field.meanGateMs > 0 && trial.gateMs > 0 ? trial.gateMs / field.meanGateMs : 1;
  const others = items.length - suspects;
  let cost = gates;
  for (const { rate, worlds, share } of groups) {
    let both = 0;
    trial.red.forEach((word, at) => {
      both += countOnes(word & (worlds[at] ?? 0));
    });
    const red = both / field.outlook.worlds;
    const afterGreen =
      suspects === 0 ? testsToGo(0, others - size, rate) : testsToGo(suspects - size, others, rate);
    cost += (share - red) * afterGreen + red * testsToGo(size, items.length - size, rate);
  }
  field.work.spent += 3 * field.outlook.words * groups.length;
  return cost;
}

/** The smallest tree of the tip and at least two pending changes that was red. */
function smallestRedOnTip({ board }: Field): Uint32Array | null {
  let smallest: { readonly bits: Uint32Array; readonly size: number } | null = null;
  for (const red of board.redsOnTip)
    if (red.size > 1 && red.size < (smallest?.size ?? Infinity)) smallest = red;
  return smallest?.bits ?? null;
}

function rateGroups(field: Field): readonly RateGroup[] {
  const { outlook } = field;
  const { unpredicted, predicted, partners } = uncertainty(field);
  const groups: (RateGroup | undefined)[] = Array.from({ length: RATE_COUNT });
  for (let world = 0; world < outlook.worlds; world++) {
    const single = unpredicted * (outlook.singleRates[world] ?? 0) + predicted;
    const fits = (1 - (outlook.pairRates[world] ?? 0)) ** partners;
    const rate = nearestRate(1 - (1 - single) * fits);
    const group = (groups[rate] ??= { rate, worlds: new Uint32Array(outlook.words), share: 0 });
    group.worlds[world >>> 5] = (group.worlds[world >>> 5] ?? 0) | (1 << (world & 31));
    group.share += 1 / outlook.worlds;
  }
  return groups.filter((group) => group !== undefined);
}

/**
 * What can be wrong with an undecided change in the mean: the part of them without a prediction, the predicted part of
 * its rate, and how many changes with common scopes will have landed before it (of the pending ones half).
 */
function uncertainty({ board }: Field): {
  readonly unpredicted: number;
  readonly predicted: number;
  readonly partners: number;
} {
  let count = 0;
  let unpredicted = 0;
  let predicted = 0;
  let partners = 0;
  board.items.forEach((item, index) => {
    const [overlap, cleared] = [board.overlaps[index], board.cleared[index]];
    if (overlap === undefined || cleared === undefined || hasBit(cleared, index)) return;
    count += 1;
    if (item.predictedFail === null) unpredicted += 1;
    else predicted += item.predictedFail;
    for (let other = 0; other < board.size; other++)
      if (hasBit(overlap, other) && !hasBit(cleared, other)) partners += other < board.items.length ? 0.5 : 1;
  });
  const each = Math.max(1, count);
  return { unpredicted: unpredicted / each, predicted: predicted / each, partners: partners / each };
}
