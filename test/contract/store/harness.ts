import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryDisk, MemoryStore } from '../../../src/adapters/store-memory/store.ts';
import { openSqliteStore } from '../../../src/adapters/store-sqlite/store.ts';
import type { Leadership, NewEvent, StorePort } from '../../../src/ports/store.ts';
import type { ClockPort, Failpoint } from '../../../src/ports/world.ts';

export const realClock: ClockPort = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (delayMs, wake) => {
    const timer = setTimeout(wake, delayMs);
    return () => clearTimeout(timer);
  },
};

export const noFailpoint: Failpoint = async () => undefined;

/** A medium that outlives the stores opened on it. */
export interface Medium {
  readonly folder: string;
  open(options?: { failpoint?: Failpoint; clock?: ClockPort }): Promise<StorePort>;
  dispose(): void;
}

export function sqliteMedium(): Medium & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'copse-store-'));
  const path = join(folder, 'store.db');
  return {
    folder,
    path,
    open: (options = {}) => openSqliteStore({ path, failpoint: noFailpoint, clock: realClock, ...options }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function memoryMedium(): Medium {
  const disk = new MemoryDisk();
  return {
    folder: '',
    open: async (options = {}) =>
      new MemoryStore({ disk, failpoint: noFailpoint, clock: realClock, ...options }),
    dispose: () => undefined,
  };
}

export async function leadOn(store: StorePort, takeover = false): Promise<Leadership> {
  const outcome = await store.lead({ address: null, takeover });
  if (outcome.kind !== 'leading') throw new Error(`held by ${JSON.stringify(outcome.by)}`);
  return outcome.leadership;
}

export function noted(text: unknown, kind = 'noted'): NewEvent {
  return { kind, run: null, data: { text } };
}
