/** A tree on the tip that runs, was chosen, or might be: its items and the worlds in which it is red. */
import type { Bits } from '../bit-set.ts';
import { bitsIn, emptyBits, hasBit } from '../bit-set.ts';
import { treeKeyOf, type Board } from './board.ts';
import { addRed, sizeOf, type Outlook, type WorldSet } from './outlook.ts';

export type TrialPurpose =
  'landing' | 'group' | 'split' | 'single' | 'overlap' | 'oldest' | 'waiting' | 'repair';

export interface Trial {
  readonly bits: Bits;
  readonly size: number;
  readonly key: string;
  readonly red: WorldSet;
  readonly pGreen: number;
  /** Worth of what it would land. */
  readonly weight: number;
  readonly gateMs: number;
  /** From now, as far as gate times are known. */
  readonly endsInMs: number;
  readonly landable: boolean;
  readonly purpose: TrialPurpose;
}

/** A tree under construction; `add` refuses what may not be in it. Reused by `reset`. */
export class TrialDraft {
  red: WorldSet;
  size = 0;
  readonly #board: Board;
  readonly #outlook: Outlook;
  readonly #inTree: Uint8Array;
  readonly #bits: Bits;
  #offer: WorldSet;
  #fresh: readonly number[] = [];
  #holdsLoner = false;
  #weight = 0;
  #gateMs = 0;
  /** Words read and written so far. */
  operations = 0;

  constructor(board: Board, outlook: Outlook) {
    this.#board = board;
    this.#outlook = outlook;
    this.red = new Uint32Array(outlook.words);
    this.#offer = new Uint32Array(outlook.words);
    this.#inTree = new Uint8Array(board.items.length);
    this.#bits = emptyBits(board.items.length);
  }

  reset(): void {
    this.red.fill(0);
    this.#inTree.fill(0);
    this.#bits.fill(0);
    this.size = this.#weight = this.#gateMs = 0;
    this.#holdsLoner = false;
  }

  /** Starts again from the items of a tree whose red worlds are known. */
  resetTo(base: Trial): void {
    this.reset();
    this.red.set(base.red);
    for (const item of bitsIn(base.bits)) this.#note(item);
  }

  has(item: number): boolean {
    return this.#inTree[item] === 1;
  }

  /** Whether the item with its needs may join; its red worlds are then the offer of this draft. */
  offers(item: number): boolean {
    if (this.#inTree[item] === 1) return false;
    const closure = this.#board.items[item]?.closure ?? null;
    if (closure === null) return false;
    this.#fresh = closure.length === 1 ? closure : closure.filter((other) => this.#inTree[other] !== 1);
    if (!this.#mayJoin()) return false;
    this.#offer.set(this.red);
    for (const other of this.#fresh) {
      addRed(this.#offer, other, this.#inTree, this.#outlook);
      if (this.#fresh.length > 1) this.#inTree[other] = 1;
    }
    if (this.#fresh.length > 1) for (const other of this.#fresh) this.#inTree[other] = 0;
    this.operations += 2 * this.#outlook.words + 8 + this.#partnersOf(item);
    return true;
  }

  get offered(): WorldSet {
    return this.#offer;
  }

  get offeredSize(): number {
    return this.#fresh.length;
  }

  /** Takes the last offer. */
  accept(): void {
    [this.red, this.#offer] = [this.#offer, this.red];
    for (const item of this.#fresh) this.#note(item);
  }

  add(item: number): boolean {
    if (!this.offers(item)) return false;
    this.accept();
    return true;
  }

  get pGreen(): number {
    return 1 - sizeOf(this.red) / this.#outlook.worlds;
  }

  finish(purpose: TrialPurpose): Trial {
    return {
      bits: this.#bits.slice(),
      size: this.size,
      key: treeKeyOf(this.#bits),
      red: this.red.slice(),
      pGreen: this.pGreen,
      weight: this.#weight,
      gateMs: this.#gateMs,
      endsInMs: this.#gateMs,
      landable: true,
      purpose,
    };
  }

  #partnersOf(item: number): number {
    const { partnerStarts } = this.#outlook;
    return 2 * ((partnerStarts[item + 1] ?? 0) - (partnerStarts[item] ?? 0));
  }

  #note(item: number): void {
    const known = this.#board.items[item];
    this.#inTree[item] = 1;
    this.#bits[item >>> 5] = (this.#bits[item >>> 5] ?? 0) | (1 << (item & 31));
    this.size += 1;
    this.#weight += known?.weight ?? 1;
    this.#gateMs = Math.max(this.#gateMs, known?.gateMs ?? 0);
    if (known?.alone === true) this.#holdsLoner = true;
  }

  #mayJoin(): boolean {
    const size = this.size + this.#fresh.length;
    for (const item of this.#fresh) {
      if (size > 1 && (this.#holdsLoner || this.#board.items[item]?.alone === true)) return false;
      const clashes = this.#board.textClashes[item] ?? null;
      if (clashes === null) continue;
      for (let at = 0; at < clashes.length; at++)
        if (((clashes[at] ?? 0) & (this.#bits[at] ?? 0)) !== 0) return false;
      if (this.#fresh.some((other) => hasBit(clashes, other))) return false;
    }
    return true;
  }
}

/** A tree of exactly these items, whether or not it may be started: what runs and what must run. */
export function trialOf(
  items: readonly number[],
  purpose: TrialPurpose,
  board: Board,
  outlook: Outlook,
): Trial {
  const bits = emptyBits(board.items.length);
  const inTree = new Uint8Array(board.items.length);
  const red = new Uint32Array(outlook.words);
  let weight = 0;
  let gateMs = 0;
  for (const item of items) {
    addRed(red, item, inTree, outlook);
    inTree[item] = 1;
    bits[item >>> 5] = (bits[item >>> 5] ?? 0) | (1 << (item & 31));
    weight += board.items[item]?.weight ?? 1;
    gateMs = Math.max(gateMs, board.items[item]?.gateMs ?? 0);
  }
  const pGreen = 1 - sizeOf(red) / outlook.worlds;
  return {
    bits,
    size: items.length,
    key: treeKeyOf(bits),
    red,
    pGreen,
    weight,
    gateMs,
    endsInMs: gateMs,
    landable: true,
    purpose,
  };
}
