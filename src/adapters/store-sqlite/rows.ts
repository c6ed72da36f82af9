/** Rows of the store's tables as typed values. The tables are STRICT, so their types are what the schema says. */
import type { StoredEvent } from '../../ports/store.ts';
import { corruptStore } from './sql-errors.ts';

export interface EventRow {
  readonly seq: number;
  readonly epoch: number;
  readonly at_ms: number;
  readonly kind: string;
  readonly run: string | null;
  readonly version: number;
  readonly data: string;
  readonly hash: string;
}

export interface HeadRow {
  readonly seq: number;
  readonly hash: string;
}

export interface LeaderRow {
  readonly epoch: number;
  readonly held: number;
  readonly generation: number;
  readonly pid: number;
  readonly start_ticks: string | null;
  readonly boot_id: string | null;
  readonly host: string;
  readonly since_ms: number;
  readonly address: string | null;
}

/** Failure `store-corrupt` when the data is not JSON any more. */
export function eventOfRow(row: EventRow, path: string): StoredEvent {
  return {
    seq: row.seq,
    epoch: row.epoch,
    atMs: row.at_ms,
    kind: row.kind,
    run: row.run,
    version: row.version,
    data: parseData(row, path),
    hash: row.hash,
  };
}

function parseData(row: EventRow, path: string): unknown {
  try {
    return JSON.parse(row.data);
  } catch (error) {
    throw corruptStore(path, `data of event ${row.seq} is unreadable`, error);
  }
}
