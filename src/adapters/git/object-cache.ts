/**
 * Commits and trees of control that were read or written lately. An object never changes and nothing prunes control, so
 * what is here needs no question to git: a chain of merges reads each tree it has just written.
 */
export interface KnownObject {
  readonly type: string;
  readonly content: Buffer;
}

/** Memory for all of them. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A larger object would push out too many others. */
const MAX_OBJECT_BYTES = 1024 * 1024;
/** What an entry costs beside its content. */
const ENTRY_BYTES = 200;

/** The least recently used goes first. */
export class ObjectCache {
  readonly #objects = new Map<string, KnownObject>();
  #bytes = 0;

  get(id: string): KnownObject | null {
    const found = this.#objects.get(id);
    if (found === undefined) return null;
    this.#objects.delete(id);
    this.#objects.set(id, found);
    return found;
  }

  /** Blobs are not kept: they are large and seldom asked for twice. */
  put(id: string, object: KnownObject): void {
    const { type, content } = object;
    if ((type !== 'commit' && type !== 'tree') || content.length > MAX_OBJECT_BYTES) return;
    if (this.#objects.has(id)) return;
    this.#objects.set(id, object);
    this.#bytes += content.length + ENTRY_BYTES;
    for (const [oldest, { content: dropped }] of this.#objects) {
      if (this.#bytes <= MAX_BYTES) break;
      this.#objects.delete(oldest);
      this.#bytes -= dropped.length + ENTRY_BYTES;
    }
  }
}
