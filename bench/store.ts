/** Durable appends of the store on this machine's disk (in the folder for temporary files), and reading them again. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteStore } from '../src/adapters/store-sqlite/store.ts';
import type { NewEvent } from '../src/ports/store.ts';
import { metric, publish, quantile } from './lib/measure.ts';

const ROUNDS = 5;
const event: NewEvent = { kind: 'bench.event', run: 'run-bench', data: { task: 'a', text: 'x'.repeat(200) } };

async function withStore<T>(measure: (store: SqliteStore, epoch: number) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'copse-bench-store-'));
  const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => undefined };
  const store = await openSqliteStore({
    path: join(folder, 'store.db'),
    failpoint: async () => undefined,
    clock,
  });
  try {
    const outcome = await store.lead({ address: null, takeover: false });
    return await measure(store, outcome.kind === 'leading' ? outcome.leadership.epoch : 0);
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One append at a time, one event each. */
async function oneByOne(store: SqliteStore, epoch: number) {
  const latencies: number[] = [];
  for (let seq = 0; seq < 400; seq += 1) {
    const before = performance.now();
    await store.append(seq, epoch, [event], 1);
    latencies.push(performance.now() - before);
  }
  const total = latencies.reduce((sum, value) => sum + value, 0);
  return { per_second: 400_000 / total, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

/** `width` appends under way at once share commits. */
async function together(store: SqliteStore, epoch: number, width: number) {
  const before = performance.now();
  const count = width * 40;
  for (let seq = 0; seq < count; seq += width) {
    await Promise.all(
      Array.from({ length: width }, (_, index) => store.append(seq + index, epoch, [event], 1)),
    );
  }
  return { per_second: (count * 1_000) / (performance.now() - before) };
}

async function replay(store: SqliteStore, epoch: number) {
  const count = 20_000;
  await store.append(
    0,
    epoch,
    Array.from({ length: count }, () => event),
    1,
  );
  const started = performance.now();
  for (let seq = 1; seq <= count; seq += 1_000) await store.read(seq, 1_000);
  const read = performance.now();
  if ((await store.verifyChain()) !== null) throw new Error('chain is broken');
  const verified = performance.now();
  return {
    read_per_second: (count * 1_000) / (read - started),
    verify_per_second: (count * 1_000) / (verified - read),
  };
}

async function rounds(
  measure: (store: SqliteStore, epoch: number) => Promise<Record<string, number>>,
): Promise<readonly Record<string, number>[]> {
  const results: Record<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) results.push(await withStore(measure));
  return results;
}

const pick = (results: readonly Record<string, number>[], name: string): number[] =>
  results.map((one) => one[name] ?? Number.NaN);

const alone = await rounds(oneByOne);
const by8 = await rounds((store, epoch) => together(store, epoch, 8));
const by64 = await rounds((store, epoch) => together(store, epoch, 64));
const replayed = await rounds(replay);
const note = `driver ${await withStore((store) => Promise.resolve(store.driver))}, synchronous=FULL`;
publish({
  durable_appends: metric(pick(alone, 'per_second'), 'per_second', { note: `one at a time; ${note}` }),
  durable_append_latency: metric(pick(alone, 'p50'), 'ms'),
  durable_append_latency_p99: metric(pick(alone, 'p99'), 'ms'),
  durable_appends_8_at_once: metric(pick(by8, 'per_second'), 'per_second'),
  durable_appends_64_at_once: metric(pick(by64, 'per_second'), 'per_second'),
  replay: metric(pick(replayed, 'read_per_second'), 'per_second', { note: 'events read' }),
  verify: metric(pick(replayed, 'verify_per_second'), 'per_second', { note: 'events whose hash is checked' }),
});
