/**
 * Trees worth a look for the next free slot. They are generated anew after each choice, because what is chosen is a
 * base for the next one and makes the same question worthless.
 */
import { bitsIn, hasBit, isSubset, type Bits } from '../bit-set.ts';
import type { Board } from './board.ts';
import { landingWalkWithin, type LandingTrees } from './landing-walk.ts';
import { sizeOf } from './outlook.ts';
import { openWorlds, poorWorlds, type Field } from './field.ts';
import type { Trial, TrialPurpose } from './trial.ts';
import { isExhausted } from './work.ts';

/** Below this risk a change is taken for good: no test asks about it. */
const UNCERTAIN = 0.015;
/** Red trees, smallest first, whose parts are looked at per choice. */
const MOST_SPLIT = 20;
/** Worlds whose best end is offered as a tree, per choice. */
const GOAL_TREES = 8;

/** `landing` are the trees of the walk over all worlds, which no choice changes. */
export function candidatesFor(field: Field, landing: LandingTrees, freeSlots: number): readonly Trial[] {
  const emitted = [...landing.emitted];
  const open = openWorlds(field);
  if (field.trials.length > 0 && !isExhausted(field.work)) {
    const isForOpen = field.trials.length % 2 === 0;
    emitted.push(...landingWalkWithin(field, isForOpen ? open : poorWorlds(field, 0.5)));
  }
  if (!isExhausted(field.work)) emitted.push(...goalTrees(field, bitsIn(open)));
  const bases = basesFor(field, landing.base);
  const tests = testsPerItem(field);
  emitted.push(...singles(field, tests), ...groups(field, bases, tests, freeSlots));
  emitted.push(...splits(field, bases, tests), ...overlaps(field, bases, tests));
  return usable(emitted, field);
}

/** The largest good sets of a few worlds in which nothing chosen lands them. */
function goalTrees(field: Field, open: readonly number[]): Trial[] {
  const { draft, goal, outlook } = field;
  const found: Trial[] = [];
  const before = draft.operations;
  const stride = Math.max(1, Math.floor(open.length / GOAL_TREES));
  for (let at = field.trials.length % stride; at < open.length && found.length < GOAL_TREES; at += stride) {
    const world = open[at] ?? 0;
    draft.reset();
    for (let item = 0; item < field.board.items.length; item++) {
      const word = goal.outside[item * outlook.words + (world >>> 5)] ?? 0;
      if (((word >>> (world & 31)) & 1) === 0) draft.add(item);
    }
    if (draft.size > 0) found.push(draft.finish('landing'));
  }
  field.work.spent += draft.operations - before;
  return found;
}

/** How often each item is in a tree that runs or is chosen. */
function testsPerItem(field: Field): Int32Array {
  const counts = new Int32Array(field.board.items.length);
  for (const trial of field.trials)
    for (const item of bitsIn(trial.bits)) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

/** Trees a group may be tested on, null for the bare tip: a green group then lands with them. */
function basesFor(field: Field, landingBase: Trial | null): readonly (Trial | null)[] {
  let likely: Trial | null = null;
  for (const trial of field.trials)
    if (trial.landable && trial.pGreen >= 0.8 && trial.size > (likely?.size ?? 0)) likely = trial;
  const bases: (Trial | null)[] = [null];
  if (landingBase !== null && landingBase.pGreen > 0) bases.push(landingBase);
  if (likely !== null && likely.key !== landingBase?.key) bases.push(likely);
  return bases;
}

/** Untested uncertain changes, in serving order, as many as make the result a fair coin. */
function groups(
  field: Field,
  bases: readonly (Trial | null)[],
  tests: Int32Array,
  freeSlots: number,
): Trial[] {
  const { board, outlook } = field;
  const fresh: number[] = [];
  for (let item = 0; item < board.items.length; item++) {
    const isOpen = (outlook.risk[item] ?? 0) > UNCERTAIN && !hasBit(board.inReds, item) && tests[item] === 0;
    if (isOpen) fresh.push(item);
  }
  if (fresh.length === 0) return [];
  const cap = Math.ceil(fresh.length / Math.max(1, freeSlots));
  return bases.flatMap((base) => [
    ...coinFlip(base, fresh, fresh.length, 'group', field),
    ...coinFlip(base, fresh, cap, 'group', field),
  ]);
}

/** Parts of red trees, at most half of each, on every base. */
function splits(field: Field, bases: readonly (Trial | null)[], tests: Int32Array): Trial[] {
  const found: Trial[] = [];
  for (const red of field.board.reds.slice(0, MOST_SPLIT)) {
    if (isExhausted(field.work)) break;
    const open = red.items.filter((item) => (field.outlook.risk[item] ?? 0) > UNCERTAIN);
    let pool = open.filter((item) => tests[item] === 0);
    if (pool.length === 0) {
      const least = open.reduce((few, item) => Math.min(few, tests[item] ?? 0), Infinity);
      pool = open.filter((item) => (tests[item] ?? 0) <= least);
    }
    const cap = Math.max(1, Math.floor(red.items.length / 2));
    for (const base of bases) found.push(...coinFlip(base, pool, cap, 'split', field));
  }
  return found;
}

function singles(field: Field, tests: Int32Array): Trial[] {
  const { risk } = field.outlook;
  const uncertainty = (item: number): number => Math.abs(0.5 - (risk[item] ?? 0));
  const byNeed = field.board.items
    .map((_, item) => item)
    .toSorted((a, b) => (tests[a] ?? 0) - (tests[b] ?? 0) || uncertainty(a) - uncertainty(b) || a - b);
  const surelyBad: number[] = [];
  for (let item = 0; item < risk.length && surelyBad.length < 12; item++)
    if ((risk[item] ?? 0) > 0.9) surelyBad.push(item);
  return [...byNeed.slice(0, 12), ...surelyBad].flatMap(
    (item) => treeOf(null, [item], 'single', field) ?? [],
  );
}

/** A second cover of changes that are in one test already, cut differently. */
function overlaps(field: Field, bases: readonly (Trial | null)[], tests: Int32Array): Trial[] {
  const pool: number[] = [];
  for (let item = 0; item < tests.length; item++)
    if (tests[item] === 1 && (field.outlook.risk[item] ?? 0) > UNCERTAIN) pool.push(item);
  if (pool.length < 2) return [];
  const stride = strideFor(pool.length);
  const mixed = pool.map((_, index) => pool[(index * stride + field.trials.length * 7) % pool.length] ?? 0);
  return bases.flatMap((base) => coinFlip(base, mixed, mixed.length, 'overlap', field));
}

/** A step that visits every place of a ring of this size, far from 1. */
function strideFor(size: number): number {
  let stride = Math.max(1, Math.round(size * 0.382));
  while (greatestCommonDivisor(stride, size) !== 1) stride += 1;
  return stride;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** Base plus members of the pool until the group, given its base, is green with a chance next to one half. */
function coinFlip(
  base: Trial | null,
  pool: readonly number[],
  cap: number,
  purpose: TrialPurpose,
  field: Field,
): Trial[] {
  const { draft, outlook, work } = field;
  if (isExhausted(work)) return [];
  if (base === null) draft.reset();
  else draft.resetTo(base);
  const baseChance = draft.pGreen;
  if (baseChance <= 0) return [];
  let added = 0;
  let chance = 1;
  const before = draft.operations;
  for (const item of pool) {
    if (added >= cap) break;
    if (!draft.offers(item)) continue;
    const next = (1 - sizeOf(draft.offered) / outlook.worlds) / baseChance;
    if (added > 0 && Math.abs(next - 0.5) > Math.abs(chance - 0.5)) break;
    added += draft.offeredSize;
    draft.accept();
    chance = next;
  }
  work.spent += draft.operations - before + 40;
  return added === 0 ? [] : [draft.finish(purpose)];
}

export function treeOf(
  base: Trial | null,
  added: readonly number[],
  purpose: TrialPurpose,
  field: Field,
): Trial | null {
  const { draft } = field;
  if (base === null) draft.reset();
  else draft.resetTo(base);
  for (const item of added) if (!draft.has(item) && !draft.add(item)) return null;
  return draft.size === 0 ? null : draft.finish(purpose);
}

/** Without repetition, what ran or runs already, and what must be red. */
function usable(trials: readonly Trial[], field: Field): readonly Trial[] {
  const seen = new Set<string>();
  for (const trial of field.trials) if (trial.landable) seen.add(trial.key);
  return trials.filter((trial) => {
    if (seen.has(trial.key) || field.board.tried.has(trial.key)) return false;
    seen.add(trial.key);
    return trial.size === 1 || !holdsCertainRed(trial.bits, field.board);
  });
}

/** Whether everything of a red tree is in the tip with these items: red again, as far as anyone knows. */
export function holdsCertainRed(bits: Bits, board: Board): boolean {
  return board.reds.some((red) => red.isCertain && isSubset(red.itemBits, bits));
}
