/** Agents that leave processes behind: every one is ended before the attempt's work is looked at. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';

let run: FinishedRun;

/** Each writes its own pid down, then holds on for long. */
const HOLD = 'echo $$ >> "$0.pids"; trap "" INT TERM HUP; while :; do sleep 1000; done';

beforeAll(async () => {
  run = await runPlan('processes', {
    parallel: 6,
    tasks: {
      ...HONEST,
      session: {
        script: `setsid sh -c '${HOLD}' "$RIG/session" >/dev/null 2>&1 </dev/null &
until test -s "$RIG/session.pids"; do sleep 0.05; done; echo s > session.txt; save`,
      },
      nameless: {
        script: `setsid env -i PATH="$PATH" sh -c '${HOLD}' "$RIG/nameless" >/dev/null 2>&1 </dev/null &
until test -s "$RIG/nameless.pids"; do sleep 0.05; done; echo n > nameless.txt; save`,
      },
      'double-fork': {
        script: `(env -i PATH="$PATH" setsid sh -c '(${HOLD}) & exit 0' "$RIG/double-fork" &)
until test -s "$RIG/double-fork.pids"; do sleep 0.05; done; echo d > double-fork.txt; save`,
      },
      'holds-stdout': {
        script: `setsid sh -c '${HOLD}' "$RIG/holds-stdout" &
until test -s "$RIG/holds-stdout.pids"; do sleep 0.05; done; echo o > holds-stdout.txt; save`,
      },
      'late-writer': {
        script: `setsid sh -c 'echo $$ >> "$0.pids"; i=0; while :; do i=$((i+1)); echo $i > late-writer.txt; done' "$RIG/late-writer" >/dev/null 2>&1 </dev/null &
until test -s late-writer.txt; do sleep 0.05; done; echo w > writer-done.txt; save`,
      },
      swarm: {
        script: `i=0; while [ $i -lt 200 ]; do i=$((i+1)); case $((i % 3)) in
0) sleep 1000 & echo $! >> "$RIG/swarm.pids";;
1) setsid sh -c 'echo $$ >> "$0"; exec sleep 1000' "$RIG/swarm.pids" >/dev/null 2>&1 &;;
2) env -i PATH="$PATH" setsid sh -c 'echo $$ >> "$0"; exec sleep 1000' "$RIG/swarm.pids" >/dev/null 2>&1 &;;
esac; done
until [ "$(wc -l < "$RIG/swarm.pids")" -ge 200 ]; do sleep 0.05; done; echo s > swarm.txt; save`,
      },
    },
  });
});

afterAll(() => run.dispose());

function pidsOf(task: string): readonly number[] {
  return readFileSync(join(run.scratch.root, `${task}.pids`), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map(Number);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')) && process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('nothing that must hold after a run is broken, no process is left', async () => {
  expect(await run.complaints()).toEqual([]);
  expect(run.state.life).toMatchObject({ kind: 'finished', outcome: 'done' });
});

const LEAVERS = [
  ['in a session of its own', 'session', 1],
  ['with an emptied environment', 'nameless', 1],
  ['whose parents are gone and whose environment is empty', 'double-fork', 1],
  ['that keeps stdout open', 'holds-stdout', 1],
  ['that goes on writing into the worktree', 'late-writer', 1],
  ['two hundred at once', 'swarm', 200],
] as const;

for (const [what, task, count] of LEAVERS) {
  test(`a process left behind ${what} is ended and the committed work lands`, () => {
    const pids = pidsOf(task);
    expect(pids.length).toBe(count);
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
    expect(run.attempt(task).exit).toMatchObject({ cause: 'exited', code: 0, survivors: [] });
    expect(run.verdict(task)).toBe('committed');
    expect(run.task(task).progress.kind).toBe('landed');
  });
}
