import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/** Repairs a lost notice and sees a supervisor that was killed. One timer for all folders. */
const POLL_MS = 1_000;

interface Waiter {
  readonly listeners: Set<() => void>;
  watcher: FSWatcher | null;
}

/**
 * Calls back when something may have happened to a run folder. Watches the `lock` file, which its supervisor touches
 * after the exit record: the folder itself would also report every write of the log.
 */
export class ExitWatch {
  readonly #waiters = new Map<string, Waiter>();
  #timer: NodeJS.Timeout | null = null;

  /** Spurious calls are possible. While anyone waits this process is kept alive. */
  subscribe(runDir: string, listener: () => void): () => void {
    const waiter = this.#waiters.get(runDir) ?? this.#add(runDir);
    waiter.listeners.add(listener);
    this.#timer ??= setInterval(() => {
      for (const folder of this.#waiters.keys()) this.notify(folder);
    }, POLL_MS);
    return () => {
      waiter.listeners.delete(listener);
      if (waiter.listeners.size === 0) this.#remove(runDir, waiter);
    };
  }

  notify(runDir: string): void {
    for (const listener of this.#waiters.get(runDir)?.listeners ?? []) listener();
  }

  #add(runDir: string): Waiter {
    const waiter: Waiter = { listeners: new Set(), watcher: null };
    this.#waiters.set(runDir, waiter);
    try {
      waiter.watcher = watch(join(runDir, 'lock'), { persistent: false }, () => {
        this.notify(runDir);
      });
      waiter.watcher.on('error', () => waiter.watcher?.close());
    } catch {
      // Not there yet, or no watches left on this machine: the poll remains.
    }
    return waiter;
  }

  #remove(runDir: string, waiter: Waiter): void {
    if (this.#waiters.get(runDir) !== waiter) return;
    this.#waiters.delete(runDir);
    waiter.watcher?.close();
    if (this.#waiters.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}
