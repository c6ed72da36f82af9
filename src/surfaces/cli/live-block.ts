/**
 * A few lines at the bottom of the terminal that are drawn again in place, below the lines that stay. It takes at most a
 * third of the screen, is drawn at most ten times a second, and is gone when the program ends, however it ends.
 */
import { displayWidth } from '../../kit/display-width.ts';
import { OWN_SEQUENCE } from './style.ts';

/** Between two drawings. */
const REPAINT_MS = 100;

export interface Screen {
  write(text: string): void;
  columns(): number;
  rows(): number;
}

export interface Timer {
  /** Milliseconds that never go backwards. */
  now(): number;
  after(delayMs: number, wake: () => void): () => void;
}

export class LiveBlock {
  readonly #screen: Screen;
  readonly #timer: Timer;
  #make: (() => readonly string[]) | null = null;
  /** Lines of the block on the screen now. */
  #drawn: readonly string[] = [];
  #paintedAt = -Infinity;
  #cancel: (() => void) | null = null;

  constructor(screen: Screen, timer: Timer) {
    this.#screen = screen;
    this.#timer = timer;
  }

  /** Shows what `make` gives from now on; called again for each drawing. */
  show(make: () => readonly string[]): void {
    this.#make = make;
    this.refresh();
  }

  /** Something changed: drawn now, or as soon as the last drawing is old enough. */
  refresh(): void {
    if (this.#make === null || this.#cancel !== null) return;
    const wait = this.#paintedAt + REPAINT_MS - this.#timer.now();
    if (wait <= 0) this.#paint();
    else
      this.#cancel = this.#timer.after(wait, () => {
        this.#cancel = null;
        this.#paint();
      });
  }

  /** A line that stays, above the block. */
  above(text: string): void {
    if (this.#drawn.length === 0) {
      this.#screen.write(text);
      return;
    }
    this.#screen.write(`${this.#eraser()}${text}`);
    this.#drawn = [];
    this.refresh();
  }

  /** Takes the block off the screen; `show` brings one back. */
  end(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#make = null;
    if (this.#drawn.length > 0) this.#screen.write(this.#eraser());
    this.#drawn = [];
  }

  #paint(): void {
    if (this.#make === null) return;
    this.#paintedAt = this.#timer.now();
    const room = Math.max(1, Math.floor(this.#screen.rows() / 3));
    // The last column stays free: a full line would wrap on some terminals and the block would climb.
    const width = Math.max(1, this.#screen.columns() - 1);
    const lines = fit(this.#make(), room).map((line) => cut(line, width));
    if (lines.length === this.#drawn.length && lines.every((line, index) => line === this.#drawn[index]))
      return;
    this.#screen.write(`${this.#eraser()}${lines.map((line) => `${line}\n`).join('')}`);
    this.#drawn = lines;
  }

  /** Up to the first line of the block, and everything from there on erased. Lines that a narrower window wrapped count. */
  #eraser(): string {
    if (this.#drawn.length === 0) return '';
    const columns = Math.max(1, this.#screen.columns());
    const height = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(visibleWidth(line) / columns)),
      0,
    );
    return `\u001b[${height}A\r\u001b[J`;
  }
}

function fit(lines: readonly string[], room: number): readonly string[] {
  if (lines.length <= room) return lines;
  const last = lines.at(-1) ?? '';
  return [...lines.slice(0, Math.max(0, room - 2)), `  + ${lines.length - room + 1} more`, last].slice(-room);
}

function visibleWidth(line: string): number {
  return displayWidth(line.replaceAll(OWN_SEQUENCE, ''));
}

/** Cuts to columns; colour sequences take none, and whatever is on at the cut is ended. */
export function cut(line: string, columns: number): string {
  if (visibleWidth(line) <= columns) return line;
  let shown = '';
  let width = 0;
  for (const piece of line.split(OWN_SEQUENCE)) {
    if (piece.startsWith('\u001b')) {
      shown += piece;
      continue;
    }
    for (const character of piece) {
      const step = displayWidth(character);
      if (width + step > columns - 1) return `${shown}…\u001b[22m\u001b[39m`;
      shown += character;
      width += step;
    }
  }
  return shown;
}
