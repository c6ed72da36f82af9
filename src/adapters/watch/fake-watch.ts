import type { AbsolutePath } from '../../core/ids.ts';
import type { FolderWatch, WatchPort } from '../../ports/world.ts';

/** Watches nothing by itself: a test says what changed. Deaf unless told otherwise, as on a disk that tells nobody. */
export class FakeWatch implements WatchPort {
  isDeaf = true;
  readonly #open = new Map<AbsolutePath, Set<() => void>>();

  watch(folder: AbsolutePath, onChange: () => void): Promise<FolderWatch | null> {
    if (this.isDeaf) return Promise.resolve(null);
    const open = this.#open.get(folder) ?? new Set();
    this.#open.set(folder, open.add(onChange));
    return Promise.resolve({ close: () => void open.delete(onChange) });
  }

  changed(folder: AbsolutePath): void {
    for (const onChange of this.#open.get(folder) ?? []) onChange();
  }

  get openCount(): number {
    return [...this.#open.values()].reduce((sum, open) => sum + open.size, 0);
  }
}
