/** The one writer of the log: events in, durable and ordered, or a failure that ends the leader. */
import { assertNever } from '../kit/assert.ts';
import { Failure } from '../kit/failure.ts';
import { isRunEventKind } from '../core/run/kinds.ts';
import type { RunEvent } from '../core/run/events.ts';
import type { RunId } from '../core/ids.ts';
import type { StoredEvent, StorePort } from '../ports/store.ts';

/** Events read from the store at once. */
const PAGE = 5_000;

export class Journal {
  readonly #store: StorePort;
  readonly #epoch: number;
  #seq: number;

  constructor(store: StorePort, epoch: number, lastSeq: number) {
    this.#store = store;
    this.#epoch = epoch;
    this.#seq = lastSeq;
  }

  get lastSeq(): number {
    return this.#seq;
  }

  /** All or nothing. Failure `leader-lost` when another process leads now. */
  async append(run: RunId, events: readonly RunEvent[]): Promise<readonly StoredEvent[]> {
    if (events.length === 0) return [];
    const atMs = events.at(-1)?.atMs ?? 0;
    const rows = events.map(({ kind, ...data }) => ({ kind, run, data }));
    const outcome = await this.#store.append(this.#seq, this.#epoch, rows, atMs);
    switch (outcome.kind) {
      case 'appended':
        this.#seq += events.length;
        return outcome.events;
      case 'fenced':
      case 'conflict':
        throw new Failure('leader-lost', 'another Copse process took over this repository; this one stops', {
          hint: 'copse status',
        });
      default:
        return assertNever(outcome);
    }
  }
}

/** A stored row as an event of this version; null for kinds of a newer one, which are kept but not understood. */
export function decodeEvent(row: StoredEvent): RunEvent | null {
  if (!isRunEventKind(row.kind) || typeof row.data !== 'object' || row.data === null) return null;
  return { ...row.data, kind: row.kind } as RunEvent;
}

/** Events of the run that started last at or after `fromSeq`, in order; empty when none did. */
export async function readNewestRun(store: StorePort, fromSeq: number): Promise<readonly RunEvent[]> {
  let events: RunEvent[] = [];
  let run: string | null = null;
  for (let seq = fromSeq; ;) {
    const rows = await store.read(seq, PAGE);
    for (const row of rows) {
      const event = decodeEvent(row);
      if (event === null) continue;
      if (event.kind === 'run.started') {
        run = row.run;
        events = [];
      }
      if (row.run === run) events.push(event);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return events;
    seq = last.seq + 1;
  }
}
