/** `status.json` in the state folder, for scripts that watch a file. Replaced whole, at most twice a second; nobody reads it back. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunState } from '../../../core/run/state.ts';
import { statusView } from '../../../views/status-view.ts';

const EVERY_MS = 500;

export interface StatusMirror {
  update(state: RunState): void;
  /** Writes what is not yet written. */
  close(): void;
}

export function openStatusMirror(stateDir: string, now: () => number): StatusMirror {
  const file = join(stateDir, 'status.json');
  let latest: RunState | null = null;
  let timer: NodeJS.Timeout | null = null;
  const write = (): void => {
    timer = null;
    if (latest === null) return;
    const data = statusView(latest, { nowMs: now(), isLed: true, eta: null });
    latest = null;
    try {
      const temporary = `${file}.tmp`;
      writeFileSync(temporary, `${JSON.stringify({ schema: 'copse.status/1', data })}\n`, { mode: 0o600 });
      renameSync(temporary, file);
    } catch {
      // A mirror that cannot be written (a full disk) must not end the run; the log is the truth.
    }
  };
  return {
    update: (state) => {
      latest = state;
      timer ??= setTimeout(write, EVERY_MS).unref();
    },
    close: () => {
      if (timer !== null) clearTimeout(timer);
      write();
    },
  };
}
