/** Every run of the log, and what was done to refs, in order. For care commands; a run itself needs only the newest. */
import type { RunEvent } from '../../core/run/events.ts';
import { reduce } from '../../core/run/reduce.ts';
import type { RunState } from '../../core/run/state.ts';
import type { StoredEvent, StorePort } from '../../ports/store.ts';
import { decodeEvent } from '../journal.ts';

const PAGE = 5_000;

export interface LoggedEvent {
  readonly seq: number;
  readonly run: string | null;
  readonly event: RunEvent;
}

/** Calls `visit` with each event from `fromSeq` on, oldest first; kinds of a newer version are left out. */
export async function visitEvents(
  store: StorePort,
  fromSeq: number,
  visit: (logged: LoggedEvent) => void,
): Promise<void> {
  for (let seq = fromSeq; ;) {
    const rows: readonly StoredEvent[] = await store.read(seq, PAGE);
    for (const row of rows) {
      const event = decodeEvent(row);
      if (event !== null) visit({ seq: row.seq, run: row.run, event });
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    seq = last.seq + 1;
  }
}

/** State of every run, oldest first. */
export async function loadRuns(store: StorePort): Promise<readonly RunState[]> {
  const runs = new Map<string, RunState>();
  await visitEvents(store, 1, ({ run, event }) => {
    if (run === null) return;
    const next = reduce(runs.get(run) ?? null, event);
    if (next !== null) runs.set(run, next);
  });
  return [...runs.values()];
}
