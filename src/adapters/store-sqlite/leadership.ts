/**
 * Who may append. Two things together: the lock file (exclusion the kernel ends with the process) and the epoch in the
 * store (a number every append is checked against). Both change inside one write transaction of the store, so of any
 * number of contenders one wins and the others read its name.
 *
 *   free ──lead──▶ held(epoch n) ──release──▶ free
 *                    │  process dies: lock is free, the row is stale; next lead makes epoch n+1
 *                    └──takeover──▶ held(epoch n+1, next lock file); the old holder is fenced at its next append
 */
import type { ClockPort, Failpoint } from '../../ports/world.ts';
import type { LeaderInfo, Leadership, LeadOutcome } from '../../ports/store.ts';
import type { SqliteBinding } from './binding.ts';
import { inTransaction, whenFree, type Connection } from './database.ts';
import { LeaderLock, lockPath, removeOldLocks } from './leader-lock.ts';
import { lifeOf, ownIdentity } from './process-identity.ts';
import type { LeaderRow } from './rows.ts';
import { READ_LEADER } from './sql/read-leader.ts';
import { RELEASE_LEADER } from './sql/release-leader.ts';
import { SET_LEADER } from './sql/set-leader.ts';

/** How often a leader looks whether it was taken over; only for noticing early, appends are fenced in any case. */
const RENEW_MS = 2_000;

interface Held {
  readonly epoch: number;
  readonly lock: LeaderLock;
  readonly lost: AbortController;
  cancelRenewal: () => void;
}

export class LeaderDesk {
  readonly #connection: Connection;
  readonly #binding: SqliteBinding;
  readonly #clock: ClockPort;
  readonly #failpoint: Failpoint;
  readonly #held = new Map<number, Held>();

  constructor(
    connection: Connection,
    world: { binding: SqliteBinding; clock: ClockPort; failpoint: Failpoint },
  ) {
    this.#connection = connection;
    this.#binding = world.binding;
    this.#clock = world.clock;
    this.#failpoint = world.failpoint;
  }

  async lead(who: { readonly address: string | null; readonly takeover: boolean }): Promise<LeadOutcome> {
    const { db, path } = this.#connection;
    await this.#failpoint('before:leader.acquire');
    const result = await whenFree(path, () => {
      let taken: { lock: LeaderLock; generation: number } | null = null;
      try {
        return inTransaction(db, () => {
          const row = this.#row();
          taken = this.#takeLock(row, who.takeover);
          if (taken === null) return { by: infoOf(row) };
          this.#setLeader(row.epoch + 1, taken.generation, who.address);
          return { ...taken, epoch: row.epoch + 1 };
        });
      } catch (error) {
        (taken as { lock: LeaderLock } | null)?.lock.free();
        throw error;
      }
    });
    if ('by' in result) return { kind: 'held', by: result.by };
    removeOldLocks(path, result.generation);
    const leadership = this.#hold(result.epoch, result.lock);
    try {
      await this.#failpoint('after:leader.acquire');
    } catch (error) {
      // The caller gets no handle, so nobody else could ever release it.
      await leadership.release();
      throw error;
    }
    return { kind: 'leading', leadership };
  }

  /** null when nobody leads or the one on record is dead. */
  async leader(): Promise<LeaderInfo | null> {
    const { db, path } = this.#connection;
    const row = await whenFree(path, () => this.#row());
    if (row.held !== 1) return null;
    const life = lifeOf({ pid: row.pid, startTicks: row.start_ticks, bootId: row.boot_id, host: row.host });
    if (life === 'alive') return infoOf(row);
    if (life === 'dead') return null;
    // Pids say nothing across containers; the lock does. Inside a write transaction no contender can meet our probe.
    return whenFree(path, () =>
      inTransaction(db, () => {
        const now = this.#row();
        const probe = LeaderLock.tryTake(this.#binding, lockPath(path, now.generation));
        probe?.free();
        return now.held === 1 && probe === null ? infoOf(now) : null;
      }),
    );
  }

  /** Called with the epoch now in the store: whoever of ours has another one has lost. */
  noticeEpoch(current: number): void {
    for (const held of this.#held.values()) if (held.epoch !== current) this.#lose(held);
  }

  async releaseAll(): Promise<void> {
    for (const held of this.#held.values()) await this.#release(held);
  }

  #takeLock(row: LeaderRow, takeover: boolean): { lock: LeaderLock; generation: number } | null {
    for (
      let generation = row.generation;
      generation <= row.generation + (takeover ? 1 : 0);
      generation += 1
    ) {
      const lock = LeaderLock.tryTake(this.#binding, lockPath(this.#connection.path, generation));
      if (lock !== null) return { lock, generation };
    }
    return null;
  }

  #setLeader(epoch: number, generation: number, address: string | null): void {
    const me = ownIdentity();
    const since = Math.trunc(this.#clock.now());
    this.#connection.db
      .prepare(SET_LEADER)
      .run(epoch, generation, me.pid, me.startTicks, me.bootId, me.host, since, address);
  }

  #hold(epoch: number, lock: LeaderLock): Leadership {
    const held: Held = { epoch, lock, lost: new AbortController(), cancelRenewal: () => undefined };
    this.#held.set(epoch, held);
    this.#renewLater(held);
    return { epoch, lost: held.lost.signal, release: () => this.#release(held) };
  }

  #renewLater(held: Held): void {
    held.cancelRenewal = this.#clock.after(RENEW_MS, () => {
      const again = (): void => {
        if (this.#held.has(held.epoch)) this.#renewLater(held);
      };
      // A store that cannot be read says nothing about who leads; the next append will fail and say why.
      this.#renew().then(again, again);
    });
  }

  async #renew(): Promise<void> {
    await this.#failpoint('before:leader.renew');
    this.noticeEpoch((await whenFree(this.#connection.path, () => this.#row())).epoch);
    await this.#failpoint('after:leader.renew');
  }

  #lose(held: Held): void {
    this.#drop(held);
    held.lost.abort(new Error(`leadership of epoch ${held.epoch} was taken over`));
  }

  async #release(held: Held): Promise<void> {
    if (!this.#held.has(held.epoch)) return;
    const { db, path } = this.#connection;
    await whenFree(path, () =>
      inTransaction(db, () => {
        db.prepare(RELEASE_LEADER).run(held.epoch);
        // Before the commit: whoever sees the row free must find the lock free too.
        this.#drop(held);
      }),
    );
  }

  #drop(held: Held): void {
    this.#held.delete(held.epoch);
    held.cancelRenewal();
    held.lock.free();
  }

  #row(): LeaderRow {
    return this.#connection.db.prepare(READ_LEADER).get() as LeaderRow;
  }
}

function infoOf(row: LeaderRow): LeaderInfo {
  return { pid: row.pid, host: row.host, sinceMs: row.since_ms, epoch: row.epoch, address: row.address };
}
