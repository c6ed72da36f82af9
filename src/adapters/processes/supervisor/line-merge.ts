const NEWLINE = 10;
const NEWLINE_BYTES = Uint8Array.of(NEWLINE);
/** A stream that waits for the other one's line to end waits no longer than this, and holds no more than this. */
const PATIENCE_MS = 1_000;
const HELD_MAX = 256 * 1_024;

export type StreamName = 'stdout' | 'stderr';

/**
 * Merges two streams into one log in the order of arrival without breaking a line of one by the other: while one is in
 * the middle of a line, the other waits. Nothing of an undisturbed stream is held back. When waiting takes too long, the
 * unfinished line is ended by a newline that the process did not write.
 */
export class LineMerge {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #held: Record<StreamName, Uint8Array[]> = { stdout: [], stderr: [] };
  #heldBytes = 0;
  /** The stream that is in the middle of a line. */
  #owner: StreamName | null = null;
  #timer: NodeJS.Timeout | null = null;

  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
  }

  push(stream: StreamName, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    if (this.#owner === null || this.#owner === stream) {
      this.#emit(stream, bytes);
      if (this.#owner === null) this.#release();
      return;
    }
    // The caller's buffer is reused by the next read.
    this.#held[stream].push(bytes.slice());
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > HELD_MAX) this.#force();
    else
      this.#timer ??= setTimeout(() => {
        this.#force();
      }, PATIENCE_MS);
  }

  /** Writes what waits. */
  end(): void {
    this.#force();
    this.#owner = null;
  }

  #emit(stream: StreamName, bytes: Uint8Array): void {
    this.#write(bytes);
    this.#owner = bytes.at(-1) === NEWLINE ? null : stream;
  }

  #release(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#heldBytes === 0) return;
    const stream: StreamName = this.#held.stdout.length > 0 ? 'stdout' : 'stderr';
    const parts = this.#held[stream];
    this.#held[stream] = [];
    this.#heldBytes = 0;
    for (const part of parts) this.#emit(stream, part);
  }

  #force(): void {
    if (this.#heldBytes > 0 && this.#owner !== null) this.#write(NEWLINE_BYTES);
    this.#release();
  }
}
