/** The append-only event log and a few small keys. The log is the only truth; everything else is folded from it. */

export interface NewEvent {
  readonly kind: string;
  readonly run: string | null;
  /** Version of `data`'s shape; 1 when absent. */
  readonly version?: number;
  /** Anything JSON can carry; comes back equal (keys may be in another order). */
  readonly data: unknown;
}

export interface StoredEvent extends NewEvent {
  /** 1, 2, 3 … without a gap. */
  readonly seq: number;
  readonly epoch: number;
  /** Milliseconds since the epoch, from the writer's clock; order is by `seq`, never by time. */
  readonly atMs: number;
  readonly version: number;
  readonly hash: string;
}

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly events: readonly StoredEvent[] }
  | { readonly kind: 'conflict'; readonly actualSeq: number }
  /** Another leader has taken over; nothing was written. */
  | { readonly kind: 'fenced'; readonly epoch: number };

export interface Leadership {
  readonly epoch: number;
  /** Aborts when another process took over. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

export interface LeaderInfo {
  readonly pid: number;
  readonly host: string;
  readonly sinceMs: number;
  readonly epoch: number;
  /** Where commands of other processes reach it. */
  readonly address: string | null;
}

export type LeadOutcome =
  | { readonly kind: 'leading'; readonly leadership: Leadership }
  | { readonly kind: 'held'; readonly by: LeaderInfo };

export interface StorePort {
  /** One durable transaction: all of `events` or none; refused unless the log ends at `expectedSeq` and `epoch` is that of the leadership now held (not yet released). */
  append(
    expectedSeq: number,
    epoch: number,
    events: readonly NewEvent[],
    atMs: number,
  ): Promise<AppendOutcome>;
  /** In order, from `fromSeq` inclusive, at most `limit`. */
  read(fromSeq: number, limit: number): Promise<readonly StoredEvent[]>;
  lastSeq(): Promise<number>;
  value(key: string): Promise<string | null>;
  /** Sets `key` to `next` if it holds `expected` (null: absent); false when it does not. */
  compareAndSet(key: string, expected: string | null, next: string | null): Promise<boolean>;
  /** OS-level exclusion plus a growing epoch; the kernel frees it when the process dies. `takeover` ends nothing, it only fences. */
  lead(who: { readonly address: string | null; readonly takeover: boolean }): Promise<LeadOutcome>;
  leader(): Promise<LeaderInfo | null>;
  /** null when every hash chains to the one before; else the first seq that does not. */
  verifyChain(): Promise<number | null>;
  close(): Promise<void>;
}
