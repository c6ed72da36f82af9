const GAP = (bytes: number): string => `\n[copse: ${bytes} bytes of output not kept]\n`;

/** Head and tail of a stream in memory, addressed by offsets in the whole stream. */
export class FakeLog {
  readonly #cap: { readonly headBytes: number; readonly tailBytes: number };
  #head = Buffer.alloc(0);
  #tail = Buffer.alloc(0);
  #total = 0;

  constructor(cap: { readonly headBytes: number; readonly tailBytes: number }) {
    this.#cap = cap;
  }

  get totalBytes(): number {
    return this.#total;
  }

  append(bytes: Uint8Array): void {
    const room = Math.max(0, this.#cap.headBytes - this.#head.length);
    this.#head = Buffer.concat([this.#head, bytes.subarray(0, room)]);
    const tail = Buffer.concat([this.#tail, bytes.subarray(room)]);
    this.#tail = tail.subarray(Math.max(0, tail.length - this.#cap.tailBytes));
    this.#total += bytes.length;
  }

  read(offset: number, maxBytes: number): { text: string; nextOffset: number; totalBytes: number } {
    const totalBytes = this.#total;
    const from = Math.max(0, offset);
    const tailStart = totalBytes - this.#tail.length;
    if (from >= totalBytes) return { text: '', nextOffset: totalBytes, totalBytes };
    const isHead = from < this.#head.length;
    if (!isHead && from < tailStart)
      return { text: GAP(tailStart - from), nextOffset: tailStart, totalBytes };
    const part = isHead ? this.#head.subarray(from) : this.#tail.subarray(from - tailStart);
    const bytes = part.subarray(0, Math.max(1, maxBytes));
    return { text: bytes.toString('utf8'), nextOffset: from + bytes.length, totalBytes };
  }
}
