/**
 * Trees worth a look for the next free slot. They are generated anew after each choice, because what is chosen is a
 * base for the next one and makes the same question worthless.
 */
import { itemsKey, type Board } from './board.ts';
import { greenShare, type WorldSet } from './outlook.ts';
import { poorWorlds, shareWithin, type Field } from './score.ts';
import { TrialDraft, type Trial, type TrialPurpose } from './trial.ts';

const LANDING_CUTS = [0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.03];

export function candidatesFor(field: Field, freeSlots: number): readonly Trial[] {
  const landing = landingWalk(field, null);
  const emitted = [...landing.emitted];
  const poor = poorWorlds(field, 0.5);
  if (field.trials.length > 0) emitted.push(...landingWalk(field, poor).emitted);
  const bases = basesFor(field, landing.base);
  emitted.push(
    ...groups(field, bases, freeSlots),
    ...splits(field, bases),
    ...singles(field),
    ...overlaps(field, bases),
  );
  return usable(emitted, field);
}

interface LandingTrees {
  readonly emitted: readonly Trial[];
  /** The prefix that is green with probability 0.9. */
  readonly base: readonly number[];
}

/** Adds changes by rising risk while the expected landing grows; keeps the prefixes at falling chances. */
function landingWalk(field: Field, within: WorldSet | null): LandingTrees {
  const { board, outlook } = field;
  const share = (red: WorldSet): number =>
    within === null ? greenShare(red, outlook) : shareWithin(red, within);
  const risk = within === null ? outlook.risk : outlook.redAlone.map((red) => 1 - shareWithin(red, within));
  const order = board.items
    .map((_, item) => item)
    .toSorted((a, b) => (risk[a] ?? 0) - (risk[b] ?? 0) || a - b);
  const draft = new TrialDraft([], board, outlook);
  const emitted: Trial[] = [];
  let base: readonly number[] = [];
  let chance = 1;
  let cut = 0;
  for (const item of order) {
    const fresh = draft.joining(item);
    if (fresh === null) continue;
    const next = share(draft.redWith(fresh));
    const size = draft.items.length;
    if (size > 0 && (size + fresh.length) * next < size * chance) continue;
    while (cut < LANDING_CUTS.length && next < (LANDING_CUTS[cut] ?? 0)) {
      if (size > 0) emitted.push(draft.finish('landing'));
      if ((LANDING_CUTS[cut] ?? 0) === 0.9) base = [...draft.items];
      cut += 1;
    }
    draft.add(item);
    chance = next;
  }
  if (draft.items.length > 0) emitted.push(draft.finish('landing'));
  if (cut < 2) base = [...draft.items];
  return { emitted, base };
}

/** Trees a group may be tested on: a green group then lands with them. */
function basesFor(field: Field, landingBase: readonly number[]): readonly (readonly number[])[] {
  const likely = field.trials
    .filter((trial) => trial.landable && trial.pGreen >= 0.8)
    .toSorted((a, b) => b.items.length - a.items.length);
  const bases = [[], landingBase, likely[0]?.items ?? []];
  const seen = new Set<string>();
  return bases.filter((base) => {
    const key = itemsKey(base);
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
}

/** Untested uncertain changes, in serving order, as many as make the result a fair coin. */
function groups(field: Field, bases: readonly (readonly number[])[], freeSlots: number): Trial[] {
  const { board, outlook } = field;
  const inRed = new Set(board.reds.flatMap((red) => red.items));
  const chosen = new Set(field.trials.flatMap((trial) => trial.items));
  const fresh = board.items
    .map((_, item) => item)
    .filter((item) => (outlook.risk[item] ?? 0) > 0.015 && !inRed.has(item) && !chosen.has(item));
  if (fresh.length === 0) return [];
  const cap = Math.ceil(fresh.length / Math.max(1, freeSlots));
  return bases.flatMap((base) => {
    const pool = fresh.filter((item) => !base.includes(item));
    return [
      coinFlip(base, pool, pool.length, 'group', field),
      coinFlip(base, pool, cap, 'group', field),
    ].flatMap((trial) => trial ?? []);
  });
}

/** Parts of red trees, at most half of each, on every base. */
function splits(field: Field, bases: readonly (readonly number[])[]): Trial[] {
  const tests = testsPerItem(field);
  const chosen = new Set(field.trials.flatMap((trial) => trial.items));
  return field.board.reds.flatMap((red) => {
    const open = red.items.filter((item) => (field.outlook.risk[item] ?? 0) > 0.015);
    let pool = open.filter((item) => !chosen.has(item));
    if (pool.length === 0) {
      const least = Math.min(...open.map((item) => tests[item] ?? 0));
      pool = open.filter((item) => (tests[item] ?? 0) <= least);
    }
    const cap = Math.max(1, Math.floor(red.items.length / 2));
    return bases.flatMap((base) => {
      const outside = pool.filter((item) => !base.includes(item));
      return coinFlip(base, outside, cap, 'split', field) ?? [];
    });
  });
}

/** How often each item is in a tree that runs or is chosen. */
function testsPerItem(field: Field): number[] {
  const counts = field.board.items.map(() => 0);
  for (const trial of field.trials) for (const item of trial.items) counts[item] = (counts[item] ?? 0) + 1;
  return counts;
}

function singles(field: Field): Trial[] {
  const tests = testsPerItem(field);
  const uncertainty = (item: number): number => Math.abs(0.5 - (field.outlook.risk[item] ?? 0));
  const byNeed = field.board.items
    .map((_, item) => item)
    .toSorted((a, b) => (tests[a] ?? 0) - (tests[b] ?? 0) || uncertainty(a) - uncertainty(b) || a - b);
  const surelyBad = field.board.items
    .map((_, item) => item)
    .filter((item) => (field.outlook.risk[item] ?? 0) > 0.9)
    .slice(0, 12);
  return [...byNeed.slice(0, 12), ...surelyBad].flatMap((item) => treeOf([], [item], 'single', field) ?? []);
}

/** A second cover of changes that are in one test already, cut differently. */
function overlaps(field: Field, bases: readonly (readonly number[])[]): Trial[] {
  const tests = testsPerItem(field);
  const pool = field.board.items
    .map((_, item) => item)
    .filter((item) => tests[item] === 1 && (field.outlook.risk[item] ?? 0) > 0.015);
  if (pool.length < 2) return [];
  const stride = strideFor(pool.length);
  const mixed = pool.map((_, index) => pool[(index * stride + field.trials.length * 7) % pool.length] ?? 0);
  return bases.flatMap((base) => {
    const outside = mixed.filter((item) => !base.includes(item));
    return coinFlip(base, outside, outside.length, 'overlap', field) ?? [];
  });
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
  base: readonly number[],
  pool: readonly number[],
  cap: number,
  purpose: TrialPurpose,
  field: Field,
): Trial | null {
  const draft = new TrialDraft(base, field.board, field.outlook);
  const baseChance = draft.pGreen;
  if (baseChance <= 0) return null;
  let added = 0;
  let chance = 1;
  for (const item of pool) {
    if (added >= cap) break;
    const fresh = draft.joining(item);
    if (fresh === null) continue;
    const next = greenShare(draft.redWith(fresh), field.outlook) / baseChance;
    if (added > 0 && Math.abs(next - 0.5) > Math.abs(chance - 0.5)) break;
    draft.add(item);
    chance = next;
    added += fresh.length;
  }
  return added === 0 ? null : draft.finish(purpose);
}

export function treeOf(
  base: readonly number[],
  added: readonly number[],
  purpose: TrialPurpose,
  field: Field,
): Trial | null {
  const draft = new TrialDraft(base, field.board, field.outlook);
  for (const item of added) if (!draft.has(item) && !draft.add(item)) return null;
  return draft.items.length === 0 ? null : draft.finish(purpose);
}

/** Without repetition, what ran or runs already, and what must be red. */
function usable(trials: readonly Trial[], field: Field): readonly Trial[] {
  const seen = new Set(field.trials.filter((trial) => trial.landable).map((trial) => trial.key));
  return trials.filter((trial) => {
    if (seen.has(trial.key) || field.board.tried.has(trial.key)) return false;
    seen.add(trial.key);
    return trial.items.length === 1 || !holdsCertainRed(trial.items, field.board);
  });
}

/** Whether everything of a red tree is in the tip with these items: red again, as far as anyone knows. */
export function holdsCertainRed(items: readonly number[], board: Board): boolean {
  const inTree = new Set(items);
  return board.reds.some((red) => red.isCertain && red.items.every((item) => inTree.has(item)));
}
