/** Trees made to land: changes by rising risk while the expected landing grows. */
import { byRisk, shareWithin, type Field } from './score.ts';
import { sizeOf, type WorldSet } from './outlook.ts';
import type { Trial } from './trial.ts';

const CUTS = [0.95, 0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1, 0.03];
const BASE_CUT = 0.9;

export interface LandingTrees {
  readonly emitted: readonly Trial[];
  /** The prefix that is green with probability 0.9; null when that is empty. */
  readonly base: Trial | null;
}

/** Adds changes while the expected landing grows; keeps the prefixes at falling chances. */
export function landingWalk(field: Field): LandingTrees {
  const { worlds } = field.outlook;
  const share = (red: WorldSet): number => 1 - sizeOf(red) / worlds;
  return walk(field, byRisk(field.board.items.length, field.outlook.risk), share);
}

/** The same over some worlds only, so that it finds trees for what nothing chosen so far would land. */
export function landingWalkWithin(field: Field, within: WorldSet): LandingTrees {
  const { outlook } = field;
  const size = sizeOf(within);
  if (size === 0 || size === outlook.worlds) return { emitted: [], base: null };
  const share = (red: WorldSet): number => shareWithin(red, within, size);
  const count = field.board.items.length;
  const risk = new Float64Array(count);
  for (let item = 0; item < count; item++) {
    const alone = outlook.alone.subarray(item * outlook.words, (item + 1) * outlook.words);
    risk[item] = 1 - share(alone);
  }
  return walk(field, byRisk(count, risk), share);
}

function walk(field: Field, order: readonly number[], share: (red: WorldSet) => number): LandingTrees {
  const { draft } = field;
  draft.reset();
  const emitted: Trial[] = [];
  let base: Trial | null = null;
  let chance = 1;
  let cut = 0;
  for (const item of order) {
    if (!draft.offers(item)) continue;
    const next = share(draft.offered);
    const { size } = draft;
    if (size > 0 && (size + draft.offeredSize) * next < size * chance) continue;
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
  field.work.spent += order.length * field.outlook.words;
  return { emitted, base: cut < 2 ? last : base };
}
