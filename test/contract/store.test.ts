import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { STORE_FAILPOINTS } from '../../src/adapters/store-sqlite/failpoints.ts';
import { GENESIS_HASH, MAX_EVENT_BYTES } from '../../src/core/run/event-envelope.ts';
import type { StorePort } from '../../src/ports/store.ts';
import { leadOn, memoryMedium, noted, realClock, sqliteMedium, type Medium } from './store/harness.ts';

const media = [
  ['memory', memoryMedium],
  ['sqlite', sqliteMedium],
] as const;

describe.each(media)('%s store', (_name, makeMedium) => {
  const open: StorePort[] = [];
  const used: Medium[] = [];

  function medium(): Medium {
    const made = makeMedium();
    used.push(made);
    return {
      ...made,
      open: async (options) => {
        const store = await made.open(options);
        open.push(store);
        return store;
      },
    };
  }

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
    for (const made of used.splice(0)) made.dispose();
  });

  test('starts empty and counts events from 1 without a gap', async () => {
    const store = await medium().open();
    expect(await store.lastSeq()).toBe(0);
    const { epoch } = await leadOn(store);
    const first = await store.append(0, epoch, [noted('a'), noted('b')], 10);
    const second = await store.append(2, epoch, [noted('c')], 5);
    expect(first.kind === 'appended' && first.events.map((event) => event.seq)).toEqual([1, 2]);
    expect(second.kind === 'appended' && second.events).toEqual(await store.read(3, 10));
    expect((await store.read(1, 2)).map((event) => [event.seq, event.atMs])).toEqual([
      [1, 10],
      [2, 10],
    ]);
    expect(await store.read(4, 10)).toEqual([]);
    expect(await store.read(1, 0)).toEqual([]);
    expect(await store.lastSeq()).toBe(3);
  });

  test('writes nothing when the log does not end where the writer thinks', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    await store.append(0, epoch, [noted('a')], 1);
    expect(await store.append(0, epoch, [noted('b')], 1)).toEqual({ kind: 'conflict', actualSeq: 1 });
    expect(await store.append(2, epoch, [noted('b')], 1)).toEqual({ kind: 'conflict', actualSeq: 1 });
    expect(await store.lastSeq()).toBe(1);
  });

  test('refuses a writer without the current epoch', async () => {
    const store = await medium().open();
    expect(await store.append(0, 0, [noted('a')], 1)).toEqual({ kind: 'fenced', epoch: 0 });
    const { epoch } = await leadOn(store);
    expect(await store.append(0, epoch + 1, [noted('a')], 1)).toEqual({ kind: 'fenced', epoch });
    expect(await store.lastSeq()).toBe(0);
  });

  test('accepts an append of no events as a check of the place', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    expect(await store.append(0, epoch, [], 1)).toEqual({ kind: 'appended', events: [] });
  });

  test('answers concurrent appends as if they came one after the other', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    const outcomes = await Promise.all([
      store.append(0, epoch, [noted('a')], 1),
      store.append(0, epoch, [noted('loser')], 1),
      store.append(1, epoch - 1, [noted('stale')], 1),
      store.append(1, epoch, [noted('b'), noted('c')], 1),
      store.append(3, epoch, [noted('d')], 1),
    ]);
    expect(outcomes.map((outcome) => outcome.kind)).toEqual([
      'appended',
      'conflict',
      'fenced',
      'appended',
      'appended',
    ]);
    expect((await store.read(1, 10)).map((event) => event.data)).toEqual(
      ['a', 'b', 'c', 'd'].map((text) => ({ text })),
    );
    expect(await store.verifyChain()).toBeNull();
  });

  test('gives back any JSON as it was', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    let seq = 0;
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ maxDepth: 6 }), async (data) => {
        const outcome = await store.append(seq, epoch, [{ kind: 'any', run: 'run-1', data }], 1);
        expect(outcome.kind).toBe('appended');
        seq += 1;
        const [event] = await store.read(seq, 1);
        expect(event?.data).toEqual(JSON.parse(JSON.stringify(data)));
      }),
      { numRuns: 60 },
    );
    expect(await store.verifyChain()).toBeNull();
  });

  test.each([
    ['lone surrogate', '\ud800'],
    ['NUL and controls', '\u0000\u001b[2J\u0085'],
    ['prototype key', JSON.parse('{"__proto__":{"a":1},"constructor":2}') as unknown],
    ['astral characters', '\u{1f333}'.repeat(10)],
    ['large number', Number.MAX_SAFE_INTEGER],
  ])('keeps %s in data', async (_what, data) => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    await store.append(0, epoch, [{ kind: 'odd', run: null, data }], 1);
    expect(JSON.stringify((await store.read(1, 1))[0]?.data)).toBe(JSON.stringify(data));
  });

  test('keeps unknown kinds and the version of their data', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    await store.append(0, epoch, [{ kind: 'from.the-future', run: 'r', version: 7, data: [1] }], 1);
    expect(await store.read(1, 1)).toMatchObject([
      { kind: 'from.the-future', run: 'r', version: 7, data: [1], epoch },
    ]);
  });

  const circular: unknown[] = [];
  circular.push(circular);
  test.each([
    ['undefined', undefined, 'event-not-json'],
    ['a cycle', circular, 'event-not-json'],
    ['NaN', { a: [Number.NaN] }, 'event-not-json'],
    ['a date', { at: new Date(0) }, 'event-not-json'],
    ['a bigint', 1n, 'event-not-json'],
    ['too many bytes', 'é'.repeat(MAX_EVENT_BYTES / 2), 'event-too-large'],
  ])('refuses %s as data and writes nothing of that append', async (_what, data, code) => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    await expect(
      store.append(0, epoch, [noted('ok'), { kind: 'bad', run: null, data }], 1),
    ).rejects.toMatchObject({
      name: 'Failure',
      code,
    });
    expect(await store.lastSeq()).toBe(0);
  });

  test('accepts an event of exactly the largest size', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    const outcome = await store.append(
      0,
      epoch,
      [{ kind: 'big', run: null, data: 'x'.repeat(MAX_EVENT_BYTES - 2) }],
      1,
    );
    expect(outcome.kind).toBe('appended');
  });

  test.each([
    ['', null],
    ['a\nb', null],
    ['ok', ''],
    ['ok', '\ud800'],
    ['x'.repeat(201), null],
  ])('refuses kind %j with run %j', async (kind, run) => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    await expect(store.append(0, epoch, [{ kind, run, data: {} }], 1)).rejects.toMatchObject({
      code: 'event-malformed',
    });
  });

  test('chains every event to the one before, starting from nothing', async () => {
    const store = await medium().open();
    const { epoch } = await leadOn(store);
    const same = noted('same');
    await store.append(0, epoch, [same, same], 1);
    const [first, second] = await store.read(1, 2);
    expect(first?.hash).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set([first?.hash, second?.hash, GENESIS_HASH]).size).toBe(3);
    expect(await store.verifyChain()).toBeNull();
  });

  test('gives an event another hash after another past', async () => {
    const hashes = await Promise.all(
      ['one past', 'another past'].map(async (past) => {
        const store = await medium().open();
        const { epoch } = await leadOn(store);
        await store.append(0, epoch, [noted(past)], 1);
        await store.append(1, epoch, [noted('same')], 1);
        return (await store.read(2, 1))[0]?.hash;
      }),
    );
    expect(new Set(hashes).size).toBe(2);
  });

  test('keeps everything when it is closed and opened again', async () => {
    const on = medium();
    const before = await on.open();
    const { epoch } = await leadOn(before);
    await before.append(0, epoch, [noted('a')], 1);
    await before.compareAndSet('k', null, 'v');
    await before.close();
    const after = await on.open();
    expect((await after.read(1, 9)).map((event) => event.data)).toEqual([{ text: 'a' }]);
    expect(await after.value('k')).toBe('v');
    expect(await after.leader()).toBeNull();
    expect((await leadOn(after)).epoch).toBe(epoch + 1);
  });

  test('answers appends that were under way when it is closed', async () => {
    const on = medium();
    const store = await on.open();
    const { epoch } = await leadOn(store);
    const pending = store.append(0, epoch, [noted('last')], 1);
    const [outcome] = await Promise.allSettled([pending, store.close()]);
    const reopened = await on.open();
    const kept = await reopened.lastSeq();
    expect(outcome.status === 'fulfilled' && outcome.value.kind === 'appended' ? 1 : 0).toBe(kept);
  });

  test('says that it is closed', async () => {
    const store = await medium().open();
    await store.close();
    await store.close();
    await expect(store.lastSeq()).rejects.toMatchObject({ code: 'store-closed' });
    await expect(store.append(0, 1, [], 1)).rejects.toMatchObject({ code: 'store-closed' });
  });

  test('sets a key only when it holds what was expected', async () => {
    const store = await medium().open();
    expect(await store.value('k')).toBeNull();
    expect(await store.compareAndSet('k', 'x', 'a')).toBe(false);
    expect(await store.compareAndSet('k', null, 'a')).toBe(true);
    expect(await store.compareAndSet('k', null, 'b')).toBe(false);
    expect(await store.compareAndSet('k', 'a', 'b')).toBe(true);
    expect(await store.value('k')).toBe('b');
    expect(await store.compareAndSet('k', 'b', null)).toBe(true);
    expect(await store.compareAndSet('k', null, null)).toBe(true);
    expect(await store.value('k')).toBeNull();
  });

  test('lets one of two lead and tells the other who does', async () => {
    const on = medium();
    const [one, two] = [await on.open(), await on.open()];
    const outcome = await one.lead({ address: 'sock', takeover: false });
    expect(outcome.kind).toBe('leading');
    const refused = await two.lead({ address: null, takeover: false });
    expect(refused).toMatchObject({ kind: 'held', by: { address: 'sock', epoch: 1 } });
    expect(await two.leader()).toEqual(refused.kind === 'held' ? refused.by : null);
    if (outcome.kind === 'leading') await outcome.leadership.release();
    expect(await two.leader()).toBeNull();
    expect((await leadOn(two)).epoch).toBe(2);
  });

  test('fences a leader that released, and releasing twice is harmless', async () => {
    const on = medium();
    const [one, two] = [await on.open(), await on.open()];
    const old = await leadOn(one);
    await old.release();
    expect((await one.append(0, old.epoch, [noted('late')], 1)).kind).toBe('fenced');
    const next = await leadOn(two);
    await old.release();
    expect((await two.append(0, next.epoch, [noted('fine')], 1)).kind).toBe('appended');
  });

  test('fences the leader that was taken over and tells it so', async () => {
    const on = medium();
    const [one, two, three] = [await on.open(), await on.open(), await on.open()];
    const old = await leadOn(one);
    const next = await leadOn(two, true);
    expect(next.epoch).toBeGreaterThan(old.epoch);
    expect(await one.append(0, old.epoch, [noted('stale')], 1)).toEqual({
      kind: 'fenced',
      epoch: next.epoch,
    });
    expect(old.lost.aborted).toBe(true);
    expect(next.lost.aborted).toBe(false);
    await one.close();
    expect((await three.lead({ address: null, takeover: false })).kind).toBe('held');
    expect((await two.append(0, next.epoch, [noted('new')], 1)).kind).toBe('appended');
    expect(await two.lastSeq()).toBe(1);
  });

  test('takes over a store that nobody leads like any other', async () => {
    const store = await medium().open();
    expect((await leadOn(store, true)).epoch).toBe(1);
  });

  test('hears of a takeover at its next look, without an append', async () => {
    const on = medium();
    const wakes: (() => void)[] = [];
    const clock = {
      ...realClock,
      after: (_delayMs: number, wake: () => void) => (wakes.push(wake), () => undefined),
    };
    const [one, two] = [await on.open({ clock }), await on.open({ clock })];
    const old = await leadOn(one);
    const lost = new Promise((resolve) => old.lost.addEventListener('abort', resolve, { once: true }));
    await leadOn(two, true);
    for (const wake of wakes.splice(0)) wake();
    if (!old.lost.aborted) await lost;
    expect(old.lost.aborted).toBe(true);
  });

  test.each(['before:leader.acquire', 'after:leader.acquire'])(
    'leaves nobody leading when it fails at %s',
    async (name) => {
      const on = medium();
      const failing = await on.open({
        failpoint: async (point) => {
          if (point === name) throw new Error(`failpoint ${point}`);
        },
      });
      await expect(failing.lead({ address: null, takeover: false })).rejects.toThrow(name);
      const other = await on.open();
      expect(await other.leader()).toBeNull();
      expect((await leadOn(other)).epoch).toBe(name.startsWith('before') ? 1 : 2);
    },
  );

  test('goes on leading when a look for a takeover fails', async () => {
    const wakes: (() => void)[] = [];
    const clock = {
      ...realClock,
      after: (_delayMs: number, wake: () => void) => (wakes.push(wake), () => undefined),
    };
    let looks = 0;
    const store = await medium().open({
      clock,
      failpoint: async (point) => {
        if (point !== 'before:leader.renew') return;
        looks += 1;
        throw new Error('the disk is slow today');
      },
    });
    const leadership = await leadOn(store);
    const planned = wakes.length;
    for (const wake of wakes.splice(0)) wake();
    await expect.poll(() => wakes.length).toBe(planned);
    expect(looks).toBe(planned);
    expect(leadership.lost.aborted).toBe(false);
    expect((await store.append(0, leadership.epoch, [noted('a')], 1)).kind).toBe('appended');
  });

  test('leaves all of an append or nothing when it fails around the commit', async () => {
    for (const name of STORE_FAILPOINTS.filter((point) => point.endsWith('store.commit'))) {
      const on = medium();
      const armed = { name: '' };
      const store = await on.open({
        failpoint: async (point) => {
          if (point === armed.name) throw new Error(`failpoint ${point}`);
        },
      });
      const { epoch } = await leadOn(store);
      armed.name = name;
      await expect(store.append(0, epoch, [noted('a'), noted('b')], 1)).rejects.toThrow(name);
      armed.name = '';
      const expected = name.startsWith('before') ? 0 : 2;
      expect(await store.lastSeq()).toBe(expected);
      expect((await store.append(expected, epoch, [noted('c')], 1)).kind).toBe('appended');
    }
  });
});
