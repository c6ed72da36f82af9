/**
 * Group commit. Appends that are waiting when a commit starts share its one fsync; each is still checked and answered
 * by itself, in call order, exactly as if it had been alone: a refused one writes nothing and does not disturb the rest.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { prepareEvent, type PreparedEvent } from '../../core/run/event-envelope.ts';
import { Failure } from '../../kit/failure.ts';
import type { AppendOutcome, NewEvent, StoredEvent } from '../../ports/store.ts';
import type { Failpoint } from '../../ports/world.ts';
import { inTransaction, whenFree, type Connection } from './database.ts';
import { hashOf } from './integrity.ts';
import { eventOfRow, type EventRow, type HeadRow, type LeaderRow } from './rows.ts';
import { APPEND_EVENT } from './sql/append-event.ts';
import { MOVE_HEAD } from './sql/move-head.ts';
import { READ_HEAD } from './sql/read-head.ts';
import { READ_LEADER } from './sql/read-leader.ts';

/** Appends per transaction: bounds how long the event loop and other processes wait. */
const BATCH_LIMIT = 256;

interface Waiting {
  readonly expectedSeq: number;
  readonly epoch: number;
  readonly events: readonly PreparedEvent[];
  readonly atMs: number;
  resolve(outcome: AppendOutcome): void;
  reject(reason: unknown): void;
}

export class Appender {
  readonly #connection: Connection;
  readonly #failpoint: Failpoint;
  readonly #waiting: Waiting[] = [];
  #draining: Promise<void> | null = null;

  constructor(connection: Connection, failpoint: Failpoint) {
    this.#connection = connection;
    this.#failpoint = failpoint;
  }

  append(
    expectedSeq: number,
    epoch: number,
    events: readonly NewEvent[],
    atMs: number,
  ): Promise<AppendOutcome> {
    if (!Number.isSafeInteger(atMs)) throw new Failure('event-malformed', `not a time in whole ms: ${atMs}`);
    const prepared = events.map(prepareEvent);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ expectedSeq, epoch, events: prepared, atMs, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  /** Resolves when nothing waits any more. */
  async settle(): Promise<void> {
    while (this.#draining !== null) await this.#draining;
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn();
      const batch = this.#waiting.splice(0, BATCH_LIMIT);
      try {
        const outcomes = await this.#commit(batch);
        for (const [index, waiting] of batch.entries()) {
          const outcome = outcomes[index];
          if (outcome !== undefined) waiting.resolve(outcome);
        }
      } catch (error) {
        for (const waiting of batch) waiting.reject(error);
      }
    }
    this.#draining = null;
  }

  async #commit(batch: readonly Waiting[]): Promise<readonly AppendOutcome[]> {
    const { db, path } = this.#connection;
    await this.#failpoint('before:store.commit');
    const outcomes = await whenFree(path, () => inTransaction(db, () => this.#insertAll(batch)));
    await this.#failpoint('after:store.commit');
    return outcomes;
  }

  #insertAll(batch: readonly Waiting[]): readonly AppendOutcome[] {
    const { db, path } = this.#connection;
    const leader = db.prepare(READ_LEADER).get() as LeaderRow;
    const start = db.prepare(READ_HEAD).get() as HeadRow;
    const insert = db.prepare(APPEND_EVENT);
    let head = start;
    const outcomes = batch.map((waiting): AppendOutcome => {
      if (leader.held !== 1 || leader.epoch !== waiting.epoch) return { kind: 'fenced', epoch: leader.epoch };
      if (head.seq !== waiting.expectedSeq) return { kind: 'conflict', actualSeq: head.seq };
      const events: StoredEvent[] = [];
      for (const event of waiting.events) {
        const row = rowAfter(head, event, waiting);
        insert.run(row.seq, row.epoch, row.at_ms, row.kind, row.run, row.version, row.data, row.hash);
        head = row;
        events.push(eventOfRow(row, path));
      }
      return { kind: 'appended', events };
    });
    if (head.seq !== start.seq) db.prepare(MOVE_HEAD).run(head.seq, head.hash);
    return outcomes;
  }
}

function rowAfter(head: HeadRow, event: PreparedEvent, waiting: Waiting): EventRow {
  const row = {
    seq: head.seq + 1,
    epoch: waiting.epoch,
    at_ms: waiting.atMs,
    kind: event.kind,
    run: event.run,
    version: event.version,
    data: event.dataText,
  };
  return { ...row, hash: hashOf(head.hash, row) };
}
