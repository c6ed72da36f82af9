/** A tree on the tip that runs, was chosen, or might be: its items and the worlds in which it is red. */
import type { Board } from './board.ts';
import { itemsKey } from './board.ts';
import { hasBit } from '../bit-set.ts';
import { addRed, greenShare, type Outlook, type WorldSet } from './outlook.ts';

export type TrialPurpose =
  'landing' | 'group' | 'split' | 'single' | 'overlap' | 'oldest' | 'waiting' | 'repair';

export interface Trial {
  readonly items: readonly number[];
  readonly key: string;
  readonly red: WorldSet;
  readonly pGreen: number;
  /** Worth of what it would land. */
  readonly weight: number;
  readonly gateMs: number;
  readonly landable: boolean;
  readonly purpose: TrialPurpose;
}

/** A tree under construction; `add` refuses what may not be in it. */
export class TrialDraft {
  readonly red: WorldSet;
  readonly items: number[] = [];
  readonly #inTree = new Set<number>();
  readonly #board: Board;
  readonly #outlook: Outlook;

  constructor(base: readonly number[], board: Board, outlook: Outlook) {
    this.#board = board;
    this.#outlook = outlook;
    this.red = new Uint32Array(Math.max(1, (outlook.worlds + 31) >>> 5));
    for (const item of base) this.#put(item);
  }

  has(item: number): boolean {
    return this.#inTree.has(item);
  }

  /** The items `item` would bring with it (itself and its needs); null when they may not join this tree. */
  joining(item: number): readonly number[] | null {
    const closure = this.#board.items[item]?.closure ?? null;
    if (closure === null) return null;
    const fresh = closure.filter((other) => !this.#inTree.has(other));
    const everyone = [...this.items, ...fresh];
    if (everyone.length > 1 && everyone.some((other) => this.#board.items[other]?.alone === true))
      return null;
    const clash = fresh.some((a) => {
      const clashes = this.#board.textClashes[a];
      return clashes !== undefined && everyone.some((b) => hasBit(clashes, b));
    });
    return clash || fresh.length === 0 ? null : fresh;
  }

  /** Worlds in which the tree with these new items is red. */
  redWith(fresh: readonly number[]): WorldSet {
    const red = this.red.slice();
    if (fresh.length === 1) {
      addRed(red, fresh[0] ?? 0, this.#inTree, this.#outlook);
      return red;
    }
    const inTree = new Set(this.#inTree);
    for (const item of fresh) {
      addRed(red, item, inTree, this.#outlook);
      inTree.add(item);
    }
    return red;
  }

  /** Adds an item with its needs; false when they may not join. */
  add(item: number): boolean {
    const fresh = this.joining(item);
    for (const other of fresh ?? []) this.#put(other);
    return fresh !== null;
  }

  get pGreen(): number {
    return greenShare(this.red, this.#outlook);
  }

  finish(purpose: TrialPurpose): Trial {
    return trialOf(this.items, this.red.slice(), purpose, this.#board, this.#outlook);
  }

  #put(item: number): void {
    addRed(this.red, item, this.#inTree, this.#outlook);
    this.#inTree.add(item);
    this.items.push(item);
  }
}

export function trialOf(
  members: readonly number[],
  red: WorldSet,
  purpose: TrialPurpose,
  board: Board,
  outlook: Outlook,
): Trial {
  const items = members.toSorted((a, b) => a - b);
  return {
    items,
    key: itemsKey(items),
    red,
    pGreen: greenShare(red, outlook),
    weight: items.reduce((sum, item) => sum + (board.items[item]?.weight ?? 1), 0),
    gateMs: items.reduce((longest, item) => Math.max(longest, board.items[item]?.gateMs ?? 0), 0),
    landable: true,
    purpose,
  };
}
