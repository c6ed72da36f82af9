import { describe, expect, test } from 'vitest';
import { openSystemClock } from './system-clock.ts';
import { VirtualClock } from './virtual-clock.ts';

describe('the virtual clock', () => {
  test('fires timers in the order they are due, and equal ones in the order they were set', () => {
    const clock = new VirtualClock(1_000);
    const fired: string[] = [];
    for (const [name, delay] of [
      ['c', 30],
      ['a', 10],
      ['d', 30],
      ['b', 20],
      ['z', 99],
    ] as const)
      clock.after(delay, () => fired.push(`${name}@${clock.now()}`));
    clock.advance(30);
    expect(fired).toEqual(['a@1010', 'b@1020', 'c@1030', 'd@1030']);
    expect(clock.pendingCount).toBe(1);
  });

  test('fires what a timer sets within the same advance, and not what lies behind it', () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const tick = (): void => {
      fired.push(clock.monotonic());
      clock.after(10, tick);
    };
    clock.after(10, tick);
    clock.advance(35);
    expect(fired).toEqual([10, 20, 30]);
    expect(clock.monotonic()).toBe(35);
  });

  test('never fires a cancelled timer, and cancelling twice or late changes nothing', () => {
    const clock = new VirtualClock(0);
    const fired: string[] = [];
    const cancelA = clock.after(5, () => fired.push('a'));
    const cancelB = clock.after(6, () => fired.push('b'));
    cancelA();
    cancelA();
    clock.advance(10);
    cancelB();
    expect(fired).toEqual(['b']);
    expect(clock.pendingCount).toBe(0);
  });

  test('orders ten thousand random timers', () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    let seed = 7;
    for (let n = 0; n < 10_000; n += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      const delay = seed % 5_000;
      clock.after(delay, () => fired.push(delay));
    }
    clock.advance(5_000);
    expect(fired).toHaveLength(10_000);
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
  });

  test('lets promises run between timers', async () => {
    const clock = new VirtualClock(0);
    const sleep = async (ms: number): Promise<void> =>
      new Promise((resolve) => void clock.after(ms, resolve));
    const work = (async () => {
      await sleep(10);
      await sleep(20);
      return clock.monotonic();
    })();
    expect(await clock.until(work)).toBe(30);
    await expect(clock.until(new Promise(() => undefined))).rejects.toThrow('no timer');
  });

  test('keeps monotonic time when the wall clock jumps', () => {
    const clock = new VirtualClock(1_000);
    clock.advance(5);
    clock.jump(-500);
    expect([clock.now(), clock.monotonic()]).toEqual([505, 5]);
  });
});

describe('the system clock', () => {
  test('calls back once, never early, and not after a cancel', async () => {
    const clock = openSystemClock();
    const startedAt = clock.monotonic();
    const cancelled: string[] = [];
    const cancel = clock.after(1, () => cancelled.push('fired'));
    cancel();
    await new Promise<void>((resolve) => void clock.after(20, resolve));
    expect(clock.monotonic() - startedAt).toBeGreaterThanOrEqual(20);
    expect(cancelled).toEqual([]);
  });

  test('accepts a delay beyond the limit of setTimeout', () => {
    const clock = openSystemClock();
    let fired = false;
    const cancel = clock.after(40 * 86_400_000, () => {
      fired = true;
    });
    cancel();
    expect(fired).toBe(false);
  });
});
