import type { ClockPort } from '../../ports/world.ts';

interface Timer {
  readonly dueMs: number;
  /** Timers due at the same time fire in the order they were set. */
  readonly order: number;
  /** null when cancelled or fired. */
  wake: (() => void) | null;
}

/** A clock that stands still until it is advanced. Same calls, same order, every time. */
export class VirtualClock implements ClockPort {
  #epochMs: number;
  #elapsedMs = 0;
  #orders = 0;
  /** A binary heap: simulations hold thousands of timers. */
  readonly #heap: Timer[] = [];
  #cancelledCount = 0;

  constructor(epochMs = Date.UTC(2026, 0, 1)) {
    this.#epochMs = epochMs;
  }

  now(): number {
    return this.#epochMs + this.#elapsedMs;
  }

  monotonic(): number {
    return this.#elapsedMs;
  }

  after(delayMs: number, wake: () => void): () => void {
    const timer: Timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), order: (this.#orders += 1), wake };
    this.#push(timer);
    return () => {
      if (timer.wake === null) return;
      timer.wake = null;
      this.#cancelledCount += 1;
    };
  }

  /** Fires, in order, what is due within `ms`, including timers set meanwhile; then that much time has passed. */
  advance(ms: number): void {
    const until = this.#elapsedMs + ms;
    while (this.#fireNext(until));
    this.#elapsedMs = Math.max(this.#elapsedMs, until);
  }

  /** As `advance`, but lets promises run on between two timers. */
  async advanceAsync(ms: number): Promise<void> {
    const until = this.#elapsedMs + ms;
    await promisesToRun();
    while (this.#fireNext(until)) await promisesToRun();
    this.#elapsedMs = Math.max(this.#elapsedMs, until);
  }

  /** Passes time until `promise` settles; rejects when nothing is left that could settle it within `limitMs`. */
  async until<T>(promise: Promise<T>, limitMs = Infinity): Promise<T> {
    const state = { isSettled: false };
    const mark = (): void => {
      state.isSettled = true;
    };
    promise.then(mark, mark);
    const until = this.#elapsedMs + limitMs;
    for (await promisesToRun(); !state.isSettled; await promisesToRun())
      if (!this.#fireNext(until)) throw new Error('no timer is left that could settle the promise');
    return promise;
  }

  /** Moves the wall clock, not the monotonic one, as a person or NTP does. */
  jump(ms: number): void {
    this.#epochMs += ms;
  }

  /** Timers set and not yet fired or cancelled. */
  get pendingCount(): number {
    return this.#heap.length - this.#cancelledCount;
  }

  #fireNext(until: number): boolean {
    for (let next = this.#heap[0]; next !== undefined && next.dueMs <= until; next = this.#heap[0]) {
      this.#pop();
      const { wake } = next;
      if (wake === null) {
        this.#cancelledCount -= 1;
        continue;
      }
      next.wake = null;
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      wake();
      return true;
    }
    return false;
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    heap.push(timer);
    for (let at = heap.length - 1; at > 0;) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfEarlier(at, parent)) return;
      at = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let at = 0; ;) {
      const left = at * 2 + 1;
      const child = isEarlier(heap[left + 1], heap[left]) ? left + 1 : left;
      if (!this.#swapIfEarlier(child, at)) return;
      at = child;
    }
  }

  #swapIfEarlier(lower: number, upper: number): boolean {
    const a = this.#heap[lower];
    const b = this.#heap[upper];
    if (a === undefined || b === undefined || !isEarlier(a, b)) return false;
    this.#heap[lower] = b;
    this.#heap[upper] = a;
    return true;
  }
}

function isEarlier(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/** After every promise that can run without a timer has run. */
async function promisesToRun(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
