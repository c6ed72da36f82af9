/**
 * How many more rounds to expect after the results of the trees chosen. Results cut the worlds into cells; in each cell
 * the worlds that are not at their end ask for one round, for another as far as that one cannot try all their ends, and
 * for more the more ends there are to tell apart.
 */
import { rowOf, type Field } from './field.ts';
import { forEachWorld } from './outlook.ts';
import { progressOf } from './progress.ts';
import type { Trial } from './trial.ts';

/** Rounds per bit of doubt about the end and slot. */
const PER_BIT = 0.7;
/** Rounds that landing everything now instead of at the end is worth. */
const LANDED = 0.3;

/** Sums over the worlds of one side of a cell that are not at their end. */
interface Side {
  worlds: number;
  /** Sum of c log c over its ends, each with c worlds. */
  spread: number;
  /** Worlds whose end the next round can reach, and the runs that takes. */
  reached: number;
  runs: number;
}

export class Rounds {
  /** How many ends the worlds have. */
  readonly ends: number;
  /** Worlds looked at so far. */
  operations = 0;
  readonly #field: Field;
  /** Per world, which changes land at best. */
  readonly #end: Int32Array;
  /** Per world, the results of the trees chosen. */
  readonly #cell: Int32Array;
  /** The worlds by cell, and in a cell by end, the most frequent first. */
  #order: Int32Array;
  readonly #sides: readonly [Side, Side] = [emptySide(), emptySide()];

  constructor(field: Field) {
    const { worlds } = field.outlook;
    this.#field = field;
    this.#end = new Int32Array(worlds);
    this.#cell = new Int32Array(worlds);
    this.#order = Int32Array.from({ length: worlds }, (_, world) => world);
    const [distinct, end] = endsOf(field);
    this.ends = distinct;
    this.#end.set(end);
  }

  /** Takes the trials of the field for chosen. */
  follow(): void {
    this.#cell.fill(0);
    for (const trial of this.#field.trials) {
      const cells = new Map<number, number>();
      for (let world = 0; world < this.#cell.length; world++) {
        const code = 2 * (this.#cell[world] ?? 0) + (((trial.red[world >>> 5] ?? 0) >>> (world & 31)) & 1);
        const cell = cells.get(code) ?? cells.size;
        cells.set(code, cell);
        this.#cell[world] = cell;
      }
    }
    const count = new Map<number, number>();
    const codes = this.#cell.map((cell, world) => cell * this.ends + (this.#end[world] ?? 0));
    for (const code of codes) count.set(code, (count.get(code) ?? 0) + 1);
    const often = codes.map((code) => count.get(code) ?? 0);
    this.#order = this.#order.toSorted(
      (a, b) =>
        (this.#cell[a] ?? 0) - (this.#cell[b] ?? 0) ||
        (often[b] ?? 0) - (often[a] ?? 0) ||
        (this.#end[a] ?? 0) - (this.#end[b] ?? 0) ||
        a - b,
    );
  }

  /** The rounds to expect with this tree besides, less what it lands early. */
  after(trial: Trial): number {
    const { missing, total, outlook, scratch: steps } = this.#field;
    const { landed, proven } = progressOf(trial, this.#field);
    const [green, red] = this.#sides;
    let sum = 0;
    for (let at = 0; at < this.#order.length;) {
      const cell = this.#cell[this.#order[at] ?? 0];
      while (at < this.#order.length && this.#cell[this.#order[at] ?? 0] === cell) {
        const end = this.#end[this.#order[at] ?? 0];
        let [greens, greenSteps, reds, redSteps] = [0, 0, 0, 0];
        for (; at < this.#order.length; at++) {
          const world = this.#order[at] ?? 0;
          if (this.#end[world] !== end || this.#cell[world] !== cell) break;
          const left = (missing[world] ?? 0) - (steps[world] ?? 0);
          if (left <= 0) continue;
          if ((((trial.red[world >>> 5] ?? 0) >>> (world & 31)) & 1) === 1)
            [reds, redSteps] = [reds + 1, redSteps + left];
          else [greens, greenSteps] = [greens + 1, greenSteps + left];
        }
        this.#add(green, greens, greenSteps);
        this.#add(red, reds, redSteps);
      }
      sum += this.#close(green) + this.#close(red);
    }
    this.operations += 8 * outlook.worlds;
    return (sum - (LANDED * (landed + proven)) / Math.max(1, total)) / outlook.worlds;
  }

  #add(side: Side, worlds: number, steps: number): void {
    if (worlds === 0) return;
    side.worlds += worlds;
    side.spread += worlds * Math.log2(worlds);
    side.runs += steps / worlds;
    if (side.runs <= this.#field.slots) side.reached += worlds;
  }

  #close(side: Side): number {
    const { worlds, spread, reached } = side;
    if (worlds === 0) return 0;
    side.worlds = side.spread = side.reached = side.runs = 0;
    const bits = Math.log2(worlds) - spread / worlds;
    return 2 * worlds - reached + (PER_BIT * worlds * bits) / this.#field.slots;
  }
}

function emptySide(): Side {
  return { worlds: 0, spread: 0, reached: 0, runs: 0 };
}

/** Numbers the ends: worlds in which the same changes are left out have the same. */
function endsOf(field: Field): readonly [distinct: number, end: readonly number[]] {
  const { board, goal, outlook } = field;
  const keys = Array.from({ length: outlook.worlds }, () => '');
  for (let item = 0; item < board.items.length; item++)
    forEachWorld(rowOf(goal.outside, item, outlook), 'present', (world) => {
      keys[world] = (keys[world] ?? '') + String.fromCharCode(item + 1);
    });
  const numbers = new Map<string, number>();
  const end = keys.map((key) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  return [numbers.size, end];
}
