/**
 * The worlds turned sideways: for every item and pair the set of worlds in which it makes the tip red. The result of a
 * tree in all worlds is then an OR of a few hundred words.
 */
import type { Bits } from '../bit-set.ts';
import { addBit, countBits, emptyBits } from '../bit-set.ts';
import type { Board } from './board.ts';
import { decodeCause } from './causes.ts';
import type { World } from './worlds.ts';

/** A set of worlds. */
export type WorldSet = Bits;

export interface Outlook {
  readonly worlds: number;
  /** Worlds in which tip + item is red. */
  readonly redAlone: readonly WorldSet[];
  /** Per item: the pending partners it does not go with in some world. */
  readonly partners: readonly (readonly Partner[])[];
  /** Share of the worlds in which tip + item is red. */
  readonly risk: readonly number[];
}

export interface Partner {
  readonly item: number;
  readonly red: WorldSet;
}

export function outlookOf(worlds: readonly World[], board: Board): Outlook {
  const count = board.items.length;
  const redAlone = Array.from({ length: count }, () => emptyBits(worlds.length));
  const pairs = new Map<number, { readonly a: number; readonly b: number; readonly red: WorldSet }>();
  worlds.forEach((world, index) => {
    for (const code of world.causes) {
      const [a, b] = decodeCause(code, board);
      if (a === undefined) continue;
      const alone = redAlone[a];
      if (b === undefined || b >= count) {
        if (alone !== undefined) addBit(alone, index);
        continue;
      }
      const pair = pairs.get(code) ?? { a, b, red: emptyBits(worlds.length) };
      addBit(pair.red, index);
      pairs.set(code, pair);
    }
  });
  const partners: Partner[][] = Array.from({ length: count }, () => []);
  for (const { a, b, red } of pairs.values()) {
    partners[a]?.push({ item: b, red });
    partners[b]?.push({ item: a, red });
  }
  return {
    worlds: worlds.length,
    redAlone,
    partners,
    risk: redAlone.map((red) => countBits(red) / worlds.length),
  };
}

/** Worlds in which the tip with these items is red. */
export function redWorlds(items: readonly number[], outlook: Outlook): WorldSet {
  const red = emptyBits(outlook.worlds);
  const inTree = new Set<number>();
  for (const item of items) {
    addRed(red, item, inTree, outlook);
    inTree.add(item);
  }
  return red;
}

/** Changes `red`: adds the worlds in which `item` turns the tree red that holds `inTree` already. */
export function addRed(red: WorldSet, item: number, inTree: ReadonlySet<number>, outlook: Outlook): void {
  orInto(red, outlook.redAlone[item]);
  for (const partner of outlook.partners[item] ?? []) if (inTree.has(partner.item)) orInto(red, partner.red);
}

function orInto(target: WorldSet, source: WorldSet | undefined): void {
  if (source === undefined) return;
  for (let at = 0; at < target.length; at++) target[at] = (target[at] ?? 0) | (source[at] ?? 0);
}

export function greenShare(red: WorldSet, outlook: Outlook): number {
  return 1 - countBits(red) / outlook.worlds;
}

/** Entropy in bits of an event of this probability. */
export function entropy(probability: number): number {
  if (probability <= 0 || probability >= 1) return 0;
  return -probability * Math.log2(probability) - (1 - probability) * Math.log2(1 - probability);
}
