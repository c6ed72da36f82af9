/** Agents that commit very much: counted, gated, landed, and nobody waits for ever. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';

let run: FinishedRun;

beforeAll(async () => {
  run = await runPlan('size', {
    tasks: {
      ...HONEST,
      huge: { script: 'head -c 60000000 /dev/zero > huge.bin; echo huge > huge.txt; save' },
      many: { script: 'mkdir many; cd many; seq 1 20000 | split -l 1 -a 4 - f; cd ..; save' },
    },
  });
});

afterAll(() => run.dispose());

test('nothing that must hold after a run is broken', async () => {
  expect(await run.complaints(), run.story()).toEqual([]);
  expect(run.state.life, run.story()).toMatchObject({ kind: 'finished', outcome: 'done' });
});

test('large and many files are counted and land', () => {
  expect([run.facts('huge').changedCount, run.facts('many').changedCount]).toEqual([2, 20_000]);
  expect(run.facts('many').changedPaths.length).toBe(2_000);
  expect([run.landed('huge.txt'), run.landed('many/faaaa')], run.story()).toEqual(['huge', '1']);
});
