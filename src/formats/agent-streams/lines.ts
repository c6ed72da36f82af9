/** Cuts text into lines with bounded memory: of a line that is too long only the head is kept. */

/** Longest line that is read: an event with the output of a tool in it. */
export const MAX_LINE_CHARS = 16 * 1_024 * 1_024;
/** What is kept of a longer one. */
export const KEPT_OF_LONG_LINE = 4_096;

export interface Line {
  readonly text: string;
  /** Longer than `MAX_LINE_CHARS`: the rest is gone. */
  readonly isCut: boolean;
}

export class LineCutter {
  #parts: string[] = [];
  #length = 0;
  #isCut = false;

  /** Whole lines that `chunk` completes, without their line break. */
  push(chunk: string): readonly Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (;;) {
      const at = chunk.indexOf('\n', from);
      if (at < 0) break;
      this.#keep(chunk, from, at);
      lines.push(this.#take());
      from = at + 1;
    }
    this.#keep(chunk, from, chunk.length);
    return lines;
  }

  /** What was begun and not ended by a line break. */
  end(): readonly Line[] {
    return this.#length === 0 && !this.#isCut ? [] : [this.#take()];
  }

  #keep(chunk: string, from: number, to: number): void {
    if (from === to || this.#isCut) return;
    if (this.#length + (to - from) > MAX_LINE_CHARS) {
      const head = (this.#parts.join('') + chunk.slice(from, from + KEPT_OF_LONG_LINE)).slice(
        0,
        KEPT_OF_LONG_LINE,
      );
      this.#parts = [head];
      this.#length = head.length;
      this.#isCut = true;
      return;
    }
    this.#parts.push(chunk.slice(from, to));
    this.#length += to - from;
  }

  #take(): Line {
    const whole = this.#parts.length === 1 ? (this.#parts[0] ?? '') : this.#parts.join('');
    const isCut = this.#isCut;
    this.#parts = [];
    this.#length = 0;
    this.#isCut = false;
    return { text: whole.endsWith('\r') ? whole.slice(0, -1) : whole, isCut };
  }
}
