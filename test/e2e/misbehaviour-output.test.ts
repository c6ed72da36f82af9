/** Agents that say too much, or what cannot be said: bounded on disk, bounded in memory, always readable, never in the way. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openProcesses } from '../../src/adapters/processes/open-processes.ts';
import { DIST } from '../rig/programs.ts';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';

const MB = 1_000_000;
/** Cap of an attempt's log, and what markers and records beside it may take. */
const LOG_CAP_BYTES = 64 * MB;
const SLACK_BYTES = MB;

let run: FinishedRun;

beforeAll(async () => {
  run = await runPlan('output', {
    tasks: {
      ...HONEST,
      flood: { prompt: 'demo: write flood.txt f\ndemo: commit "f"\ndemo: flood 200MB' },
      line: { prompt: 'demo: write line.txt l\ndemo: commit "l"\ndemo: flood-line 100MB' },
      garbage: { prompt: 'demo: write garbage.txt g\ndemo: commit "g"\ndemo: garbage 2MB' },
      'red-garbage': {
        // What a failing gate prints goes into the next brief: it must survive the trip.
        retries: { max: 1, backoff: 'none', delayMs: 0, on: ['gate'] },
        script: `if [ $attempt = 1 ]; then printf 'BROKEN \\377\\376\\000\\033[2J\\303\\050\\n' > bytes.txt; else printf 'fine' > bytes.txt; cp "$1" brief.md; fi; save`,
      },
    },
    plan: {
      gates: {
        test: {
          run: `cat *.txt; sh ./test.sh && echo "$(git write-tree) $COPSE_TREE" >> "$RIG/gates.log"`,
        },
      },
    },
  });
});

afterAll(() => run.dispose());

function runDir(attempt: string): string {
  return join(run.scratch.stateDir, 'runs', run.state.id, 'attempts', attempt, 'process');
}

function bytesOnDisk(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .filter((stat) => stat.isFile())
    .reduce((sum, stat) => sum + stat.size, 0);
}

async function logOf(attempt: string): Promise<{ readonly text: string; readonly totalBytes: number }> {
  const processes = openProcesses({
    failpoint: async () => {},
    supervisorEntry: join(DIST, 'supervisor.js'),
  });
  const log = await processes.readLog(runDir(attempt) as never, 0, 100_000);
  processes.close();
  return log;
}

test('nothing that must hold after a run is broken', async () => {
  expect(await run.complaints()).toEqual([]);
  expect(run.state.life).toMatchObject({ kind: 'finished', outcome: 'done' });
});

for (const [task, bytes] of [
  ['flood', 200 * MB],
  ['line', 100 * MB],
] as const) {
  test(`${bytes / MB} MB of output (${task}) are counted, capped on disk, and the work lands`, async () => {
    expect(run.attempt(task).exit?.outputBytes).toBeGreaterThanOrEqual(bytes);
    expect(bytesOnDisk(runDir(`${task}.1`))).toBeLessThan(LOG_CAP_BYTES + SLACK_BYTES);
    expect(bytesOnDisk(runDir(`${task}.1`))).toBeGreaterThan(MB);
    expect((await logOf(`${task}.1`)).text.length).toBeGreaterThan(0);
    expect(run.task(task).progress.kind).toBe('landed');
  });
}

test('bytes that are no text stay readable as text and do not change the verdict', async () => {
  const { text } = await logOf('garbage.1');
  expect(text).toContain('\uFFFD');
  expect(() => JSON.parse(JSON.stringify(text))).not.toThrow();
  expect(run.verdict('garbage')).toBe('committed');
  expect(run.task('garbage').progress.kind).toBe('landed');
});

test('what a red gate printed reaches the next brief although it is no text', () => {
  expect(run.task('red-garbage').attempts).toHaveLength(2);
  expect(run.landed('bytes.txt')).toBe('fine');
  expect(run.landed('brief.md')).toContain('BROKEN \uFFFD');
});
