import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Scenario } from './scenario.ts';

/** Names hit in a run that nobody disturbs; found by running it once. */
let hit: readonly string[] = [];

async function trace(): Promise<readonly string[]> {
  const scenario = new Scenario('trace');
  try {
    const file = join(scenario.scratch.root, 'trace');
    const end = await scenario.launch({ COPSE_FAILPOINTS_TRACE: file });
    expect(end.errors).toBe('');
    expect(await scenario.complaints()).toEqual([]);
    return [
      ...new Set(
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      ),
    ];
  } finally {
    scenario.dispose();
  }
}

beforeAll(async () => {
  hit = await trace();
});

describe('killed at a failpoint and started again', () => {
  test('a run hits failpoints of every adapter and of every kind of step', () => {
    expect(hit.length).toBeGreaterThan(60);
  });

  for (const half of [0, 1]) {
    test(`ends as if it had never died, at every point (${half === 0 ? 'first' : 'second'} half)`, async () => {
      const failures: string[] = [];
      for (const name of hit.filter((_, index) => index % 2 === half)) {
        const scenario = new Scenario('crash');
        try {
          const died = await scenario.launch({ COPSE_FAILPOINTS: `${name}=kill@1` });
          const isByTime = name.endsWith(':leader.renew') && died.code === 0;
          if (died.signal !== 'SIGKILL' && !isByTime)
            failures.push(`${name}: did not die (${died.code} ${died.errors})`);
          const end = await scenario.launch();
          if (end.code !== 0) failures.push(`${name}: restart ended with ${end.code} ${end.errors}`);
          for (const complaint of await scenario.complaints()) failures.push(`${name}: ${complaint}`);
        } finally {
          scenario.dispose();
        }
      }
      expect(failures).toEqual([]);
    });
  }
});

test('forgetting what was intended would be caught', async () => {
  const scenario = new Scenario('forgets');
  try {
    await scenario.launch({ COPSE_FAILPOINTS: 'after:publish.cas=kill@1' });
    await scenario.launch({ RIG_FORGETS_INTENTS: '1' });
    expect((await scenario.complaints()).filter((complaint) => complaint.startsWith('I5 '))).not.toEqual([]);
  } finally {
    scenario.dispose();
  }
});

afterAll(() => {
  hit = [];
});
