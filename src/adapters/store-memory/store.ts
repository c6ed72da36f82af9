/** The event log in memory, with the same answers as the real one; for tests and simulation. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import {
  envelopeText,
  GENESIS_HASH,
  prepareEvent,
  type PreparedEvent,
} from '../../core/run/event-envelope.ts';
import { Failure } from '../../kit/failure.ts';
import type {
  AppendOutcome,
  LeaderInfo,
  Leadership,
  LeadOutcome,
  NewEvent,
  StoredEvent,
  StorePort,
} from '../../ports/store.ts';
import type { ClockPort, Failpoint } from '../../ports/world.ts';

interface MemoryRow extends PreparedEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly atMs: number;
  readonly hash: string;
}

interface MemoryLeader {
  readonly info: LeaderInfo;
  readonly owner: MemoryStore;
  readonly lost: AbortController;
}

/** What survives its processes: give the same disk to several stores to play several processes. */
export class MemoryDisk {
  readonly rows: MemoryRow[] = [];
  readonly values = new Map<string, string>();
  epoch = 0;
  leader: MemoryLeader | null = null;
  #failures: Failure[] = [];

  /** The next writes fail with these, in order, and write nothing. */
  failNextWrites(...failures: readonly Failure[]): void {
    this.#failures.push(...failures);
  }

  /** Flips a recorded event, as a damaged medium would. */
  damage(seq: number): void {
    const row = this.rows[seq - 1];
    if (row !== undefined) this.rows[seq - 1] = { ...row, kind: `${row.kind}~` };
  }

  takeFailure(): Failure | null {
    return this.#failures.shift() ?? null;
  }
}

export interface MemoryStoreOptions {
  readonly failpoint: Failpoint;
  readonly clock: ClockPort;
  readonly disk?: MemoryDisk;
  /** What `leader()` says of this store's process. */
  readonly pid?: number;
}

/** One process's view of a `MemoryDisk`. */
export class MemoryStore implements StorePort {
  readonly disk: MemoryDisk;
  readonly #failpoint: Failpoint;
  readonly #clock: ClockPort;
  readonly #pid: number;
  #isClosed = false;

  constructor(options: MemoryStoreOptions) {
    this.disk = options.disk ?? new MemoryDisk();
    this.#failpoint = options.failpoint;
    this.#clock = options.clock;
    this.#pid = options.pid ?? 1;
  }

  async append(
    expectedSeq: number,
    epoch: number,
    events: readonly NewEvent[],
    atMs: number,
  ): Promise<AppendOutcome> {
    this.#requireOpen();
    if (!Number.isSafeInteger(atMs)) throw new Failure('event-malformed', `not a time in whole ms: ${atMs}`);
    const prepared = events.map(prepareEvent);
    await this.#failpoint('before:store.commit');
    this.#failIfTold();
    const outcome = this.#appendNow(expectedSeq, epoch, prepared, atMs);
    await this.#failpoint('after:store.commit');
    return outcome;
  }

  async read(fromSeq: number, limit: number): Promise<readonly StoredEvent[]> {
    this.#requireOpen();
    const from = Math.max(0, fromSeq - 1);
    return this.disk.rows.slice(from, from + Math.max(0, limit)).map(eventOfRow);
  }

  async lastSeq(): Promise<number> {
    this.#requireOpen();
    return this.disk.rows.length;
  }

  async value(key: string): Promise<string | null> {
    this.#requireOpen();
    return this.disk.values.get(key) ?? null;
  }

  async compareAndSet(key: string, expected: string | null, next: string | null): Promise<boolean> {
    this.#requireOpen();
    this.#failIfTold();
    if ((this.disk.values.get(key) ?? null) !== expected) return false;
    if (next === null) this.disk.values.delete(key);
    else this.disk.values.set(key, next);
    return true;
  }

  async lead(who: { readonly address: string | null; readonly takeover: boolean }): Promise<LeadOutcome> {
    this.#requireOpen();
    await this.#failpoint('before:leader.acquire');
    const current = this.disk.leader;
    if (current !== null && !who.takeover) return { kind: 'held', by: current.info };
    this.disk.epoch += 1;
    const info = {
      pid: this.#pid,
      host: hostname(),
      sinceMs: this.#clock.now(),
      epoch: this.disk.epoch,
      address: who.address,
    };
    const leader = { info, owner: this, lost: new AbortController() };
    this.disk.leader = leader;
    current?.lost.abort(new Error(`leadership of epoch ${current.info.epoch} was taken over`));
    const leadership = this.#leadershipOf(leader);
    try {
      await this.#failpoint('after:leader.acquire');
    } catch (error) {
      await leadership.release();
      throw error;
    }
    return { kind: 'leading', leadership };
  }

  async leader(): Promise<LeaderInfo | null> {
    this.#requireOpen();
    return this.disk.leader?.info ?? null;
  }

  async verifyChain(): Promise<number | null> {
    this.#requireOpen();
    let previous = GENESIS_HASH;
    for (const row of this.disk.rows) {
      if (row.hash !== hashOf(previous, row)) return row.seq;
      previous = row.hash;
    }
    return null;
  }

  async close(): Promise<void> {
    this.crash();
  }

  /** The process dies: what it held is free at once, what it wrote stays. */
  crash(): void {
    this.#isClosed = true;
    if (this.disk.leader?.owner === this) this.disk.leader = null;
  }

  #appendNow(
    expectedSeq: number,
    epoch: number,
    prepared: readonly PreparedEvent[],
    atMs: number,
  ): AppendOutcome {
    const { rows, leader } = this.disk;
    if (leader?.info.epoch !== epoch) return { kind: 'fenced', epoch: this.disk.epoch };
    if (rows.length !== expectedSeq) return { kind: 'conflict', actualSeq: rows.length };
    let previous = rows.at(-1)?.hash ?? GENESIS_HASH;
    const added = prepared.map((event, index): MemoryRow => {
      const place = { ...event, seq: expectedSeq + index + 1, epoch, atMs };
      previous = hashOf(previous, place);
      return { ...place, hash: previous };
    });
    rows.push(...added);
    return { kind: 'appended', events: added.map(eventOfRow) };
  }

  #leadershipOf(leader: MemoryLeader): Leadership {
    return {
      epoch: leader.info.epoch,
      lost: leader.lost.signal,
      release: async () => {
        if (this.disk.leader === leader) this.disk.leader = null;
      },
    };
  }

  #failIfTold(): void {
    const failure = this.disk.takeFailure();
    if (failure !== null) throw failure;
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Failure('store-closed', 'the store was closed');
  }
}

function hashOf(previous: string, row: Omit<MemoryRow, 'hash'>): string {
  return createHash('sha256').update(previous).update('\n').update(envelopeText(row, row)).digest('hex');
}

function eventOfRow(row: MemoryRow): StoredEvent {
  const { seq, epoch, atMs, kind, run, version, hash } = row;
  return { seq, epoch, atMs, kind, run, version, data: JSON.parse(row.dataText), hash };
}
