/** Agents that end badly or not at all: the attempt has a true verdict, their work is safe, everybody else lands. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';
import { isTextKept } from '../rig/world-checks.ts';

const RETRY = {
  max: 1,
  backoff: 'none',
  delayMs: 0,
  on: ['crash', 'timeout', 'stall', 'no_change'],
} as const;

let run: FinishedRun;

beforeAll(async () => {
  run = await runPlan('endings', {
    parallel: 6,
    tasks: {
      ...HONEST,
      killed: {
        retries: RETRY,
        script: `if [ $attempt = 1 ]; then echo killed-first > half.txt; kill -9 $$; fi
test "$(cat half.txt)" = killed-first; echo done > killed.txt; save`,
      },
      crashed: {
        script: 'echo crash-bytes > crash.txt; git add crash.txt; echo more-bytes > other.txt; exit 7',
      },
      silent: { stallMs: 400, script: 'echo stalled-bytes > stalled.txt; exec sleep 1000' },
      late: { timeoutMs: 700, script: 'while :; do echo going; sleep 0.1; done' },
      stubborn: {
        timeoutMs: 500,
        script: `trap '' INT TERM HUP; echo stubborn-bytes > stubborn.txt; while :; do echo no; sleep 0.2; done`,
      },
      idle: { script: 'echo nothing to do' },
      dependent: { needs: ['idle'], script: 'echo never > dependent.txt; save' },
      asks: {
        script:
          'if read -r answer; then echo "$answer" > asked.txt; else echo no-answer > asked.txt; fi; save',
      },
      unstartable: { agent: 'missing', retries: RETRY },
    },
    plan: {
      agents: {
        missing: {
          kind: 'command',
          name: 'missing',
          run: 'exec /nonexistent/coding-agent',
          promptVia: 'stdin',
          passEnv: [],
          env: {},
          parallel: null,
          instructions: null,
        },
      },
    },
  });
});

afterAll(() => run.dispose());

test('nothing that must hold after a run is broken', async () => {
  expect(await run.complaints()).toEqual([]);
  expect(run.state.life).toMatchObject({ kind: 'finished', outcome: 'failed' });
});

test('a killed agent has crashed, its uncommitted work is saved and the next attempt finds it', () => {
  expect(run.attempt('killed').exit).toMatchObject({ signal: 'SIGKILL' });
  expect(run.verdict('killed')).toBe('crash');
  expect(run.facts('killed').salvageRef).not.toBeNull();
  expect(run.facts('killed').committedOnBehalf).toBeNull();
  expect(run.verdict('killed', 2)).toBe('committed');
  expect(run.landed('half.txt')).toBe('killed-first');
});

test('what a crashed agent had not committed is saved, staged or not, and does not land', () => {
  expect(run.verdict('crashed')).toBe('crash');
  expect(run.task('crashed').progress).toMatchObject({ kind: 'failed', cause: 'crash' });
  expect(['crash-bytes', 'more-bytes'].filter((text) => !isTextKept(run.scratch, text))).toEqual([]);
  expect(run.landed('crash.txt')).toBeNull();
});

test('an agent that writes nothing for its stall limit is ended as stalled, its work is saved', () => {
  expect(run.attempt('silent').exit?.cause).toBe('stalled');
  expect(run.verdict('silent')).toBe('stall');
  expect(isTextKept(run.scratch, 'stalled-bytes')).toBe(true);
});

test('an agent that never ends is ended by its time limit although it shows signs of life', () => {
  expect(run.attempt('late').exit?.cause).toBe('timeout');
  expect(run.verdict('late')).toBe('timeout');
});

test('an agent that ignores INT and TERM is killed, its work is saved', () => {
  expect(run.attempt('stubborn').exit).toMatchObject({ cause: 'timeout', signal: 'SIGKILL', survivors: [] });
  expect(run.verdict('stubborn')).toBe('timeout');
  expect(isTextKept(run.scratch, 'stubborn-bytes')).toBe(true);
});

test('exit 0 without a commit is no change, and what needs it is never started', () => {
  expect(run.attempt('idle').exit).toMatchObject({ code: 0 });
  expect(run.verdict('idle')).toBe('no_change');
  expect(run.task('idle').progress).toMatchObject({ kind: 'failed', cause: 'no_change' });
  expect(run.task('dependent').attempts).toEqual([]);
  expect(run.task('dependent').progress.kind).toBe('waiting');
});

test('an agent that asks on its terminal reads the end of its input and does not wait for ever', () => {
  expect(run.verdict('asks')).toBe('committed');
  expect(run.landed('asked.txt')).toBe('no-answer');
});

test('a missing program is a crash of each attempt, not of the run', () => {
  expect(run.verdict('unstartable')).toBe('crash');
  expect(run.verdict('unstartable', 2)).toBe('crash');
  expect(run.task('unstartable').progress).toMatchObject({ kind: 'failed' });
});
