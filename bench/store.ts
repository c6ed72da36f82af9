/**
 * Durable appends of the store on this machine's disk: `node bench/store.ts [FOLDER]` (Node >= 22.18 runs it as it is).
 * Prints one JSON object of medians over rounds; latencies in ms, rates per second.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, type SqliteStore } from '../src/adapters/store-sqlite/store.ts';
import type { NewEvent } from '../src/ports/store.ts';

const ROUNDS = 5;
const event: NewEvent = { kind: 'bench.event', run: 'run-bench', data: { task: 'a', text: 'x'.repeat(200) } };

function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

async function withStore<T>(measure: (store: SqliteStore, epoch: number) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'copse-bench-store-'));
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

async function medians(measure: (store: SqliteStore, epoch: number) => Promise<Record<string, number>>) {
  const rounds: Record<string, number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await withStore(measure));
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [
      name,
      Number(
        quantile(
          rounds.map((one) => one[name] ?? Number.NaN),
          0.5,
        ).toFixed(2),
      ),
    ]),
  );
}

const driver = await withStore(async (store) => store.driver);
const report = {
  node: process.version,
  driver,
  rounds: ROUNDS,
  append_one_by_one: await medians(oneByOne),
  append_8_together: await medians((store, epoch) => together(store, epoch, 8)),
  append_64_together: await medians((store, epoch) => together(store, epoch, 64)),
  replay: await medians(replay),
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
