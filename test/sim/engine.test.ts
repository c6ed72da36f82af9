import { expect, test } from 'vitest';
import { simulateEngine } from './engine-run.ts';

/** As many random runs as fit; the fewest that must have been tried. */
const BUDGET_MS = 60_000;
const LEAST_SEEDS = 100;

test('the real engine, killed and refused at random, ends every run and keeps every invariant', async () => {
  const startedAt = performance.now();
  const ends = new Map<string, number>();
  let kills = 0;
  let seed = 0;
  while (performance.now() - startedAt < BUDGET_MS || seed < LEAST_SEEDS) {
    seed += 1;
    const result = await simulateEngine(seed);
    expect(result.broken, `seed ${seed}`).toEqual([]);
    kills += result.kills;
    for (const task of result.state?.tasks.values() ?? [])
      ends.set(task.progress.kind, (ends.get(task.progress.kind) ?? 0) + 1);
  }
  expect(kills).toBeGreaterThan(seed);
  for (const kind of ['landed', 'failed', 'needs-person', 'stopped', 'skipped'])
    expect(ends.get(kind) ?? 0, `no task ended ${kind}`).toBeGreaterThan(10);
});

test('an engine that forgets open effects when it is reopened would be caught', async () => {
  const forget: NonNullable<Parameters<typeof simulateEngine>[1]>['forget'] = (state) => ({
    ...state,
    intents: new Map(),
  });
  const results = [];
  for (let seed = 1; seed <= 60; seed += 1) results.push(await simulateEngine(seed, { forget }));
  expect(results.filter((result) => result.broken.length > 0).length).toBeGreaterThan(0);
});
