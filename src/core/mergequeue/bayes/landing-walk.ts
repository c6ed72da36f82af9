/** Trees made to land: changes by rising risk while the expected landing grows. */
import { countOnes } from '../bit-set.ts';
import { rowOf, type Field } from './field.ts';
import { byRisk } from './goal.ts';
import { sizeOf, type WorldSet } from './outlook.ts';
import type { Trial } from './trial.ts';

const CUTS = [0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.03];
const BASE_CUT = 0.9;
/** A walk for everything leaves out only what takes more than a quarter of the chance of green. */
const MOST_LOSS = 0.75;

export interface LandingTrees {
  readonly emitted: readonly Trial[];
  /** The prefix that is green with probability 0.9; null when that is empty. */
  readonly base: Trial | null;
}

/** A gate that takes this many times the mean is slow. */
const SLOW = 1.25;
/** Which parts of the changes, the quickest first, get a walk of their own then. */
const QUICK_PARTS = [1 / 3, 2 / 3];

interface Walk {
  readonly order: readonly number[];
  readonly share: (red: WorldSet) => number;
  readonly keepsAdding: (size: number, chance: number, nextSize: number, next: number) => boolean;
}

/** Adds changes while the expected landing grows, then once more for everything; keeps the prefixes at falling chances. */
export function landingWalk(field: Field): LandingTrees {
  const { worlds, risk } = field.outlook;
  const share = (red: WorldSet): number => 1 - sizeOf(red) / worlds;
  const order = byRisk(field.board.items.length, risk, worlds);
  const growing = walk(field, { order, share, keepsAdding: landsMore });
  const whole = walk(field, {
    order,
    share,
    keepsAdding: (_, chance, __, next) => next >= chance * MOST_LOSS,
  });
  const soon = quickOf(order, field).flatMap(
    (quick) => walk(field, { order: quick, share, keepsAdding: landsMore }).emitted,
  );
  return { base: growing.base, emitted: [...growing.emitted, ...whole.emitted, ...soon] };
}

/** Where some gates take much longer than most: the changes with the quicker ones, so that what is slow need not slow all. */
function quickOf(order: readonly number[], { board, meanGateMs }: Field): readonly (readonly number[])[] {
  const gateOf = (item: number): number => board.items[item]?.gateMs ?? 0;
  const gates = order.map(gateOf).toSorted((a, b) => a - b);
  const most = gates.at(-1) ?? 0;
  if (most <= SLOW * meanGateMs) return [];
  const limits = QUICK_PARTS.map((part) => gates[Math.floor(part * (gates.length - 1))] ?? 0);
  return limits.map((limit) => order.filter((item) => gateOf(item) <= limit));
}

/** The same over some worlds only, so that it finds trees for what nothing chosen so far would land. */
export function landingWalkWithin(field: Field, within: WorldSet): readonly Trial[] {
  const { outlook } = field;
  const size = sizeOf(within);
  if (size === 0 || size === outlook.worlds) return [];
  const share = (red: WorldSet): number => shareWithin(red, within, size);
  const count = field.board.items.length;
  const risk = new Float64Array(count);
  for (let item = 0; item < count; item++) risk[item] = 1 - share(rowOf(outlook.alone, item, outlook));
  return walk(field, { order: byRisk(count, risk, size), share, keepsAdding: landsMore }).emitted;
}

function landsMore(size: number, chance: number, nextSize: number, next: number): boolean {
  return nextSize * next >= size * chance;
}

function shareWithin(red: WorldSet, within: WorldSet, size: number): number {
  let green = 0;
  for (let at = 0; at < within.length; at++) green += countOnes((within[at] ?? 0) & ~(red[at] ?? 0));
  return green / size;
}

function walk(field: Field, { order, share, keepsAdding }: Walk): LandingTrees {
  const { draft } = field;
  draft.reset();
  const before = draft.operations;
  const emitted: Trial[] = [];
  let base: Trial | null = null;
  let chance = 1;
  let cut = 0;
  for (const item of order) {
    if (!draft.offers(item)) continue;
    const next = share(draft.offered);
    const { size } = draft;
    if (size > 0 && !keepsAdding(size, chance, size + draft.offeredSize, next)) continue;
    while (cut < CUTS.length && next < (CUTS[cut] ?? 0)) {
      if (size > 0) {
        const prefix = draft.finish('landing');
        if (emitted.at(-1)?.size !== size) emitted.push(prefix);
        if (CUTS[cut] === BASE_CUT) base = prefix;
      }
      cut += 1;
    }
    draft.accept();
    chance = next;
  }
  const last = draft.size > 0 ? draft.finish('landing') : null;
  if (last !== null) emitted.push(last);
  field.work.spent += draft.operations - before + order.length * field.outlook.words;
  return { emitted, base: cut < 2 ? last : base };
}
