/**
 * What the orchestrator costs while 100 agents work: processor time, memory, delay of its event loop. Each agent is a
 * light program (perl, so that 100 of them do not need the machine for themselves) that writes 20 lines of JSON a second;
 * supervisors write the logs, and their memory is given apart. `--full`: one minute instead of ten seconds.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { BranchName, RunId } from '../src/core/ids.ts';
import { startRun } from '../src/engine/api.ts';
import { planOf } from '../test/support/plan-builder.ts';
import { metric, publish } from './lib/measure.ts';
import { endPrograms, pidOf, processFolders, proportionalBytes } from './lib/run-folders.ts';
import { openLeader } from './lib/run-engine.ts';
import { makeRepository, type ScratchRepository } from './lib/scratch-repository.ts';

const AGENTS = 100;
const WINDOW_MS = process.argv.includes('--full') ? 60_000 : 10_000;
/** Longer than anything here may take; the agents are killed before. */
const LIMIT_MS = 600_000;
const EVENTS = String.raw`$|=1; for (1..12000) { print qq({"type":"tool","n":$_,"text":"reading src/m1/f1.ts"}\n); select(undef,undef,undef,0.05) }`;

const repository = makeRepository(20);
try {
  await measure();
} finally {
  await endPrograms(repository);
  repository.dispose();
}
process.exit(0);

async function measure(): Promise<void> {
  const ids = Array.from({ length: AGENTS }, (_, index) => `task-${index}`);
  const { deps, leadership } = await openLeader(repository);
  let running = 0;
  const plan = planOf(
    Object.fromEntries(ids.map((id) => [id, { agent: 'talker', timeoutMs: LIMIT_MS, stallMs: LIMIT_MS }])),
    {
      agents: {
        talker: {
          kind: 'command',
          name: 'talker',
          run: `exec perl -e '${EVENTS}' # {prompt_file}`,
          promptVia: 'file',
          passEnv: [],
          env: {},
          parallel: null,
          instructions: null,
        },
      },
    },
  );
  const started = performance.now();
  const loop = await startRun(
    deps,
    leadership,
    {
      run: 'run-bench' as RunId,
      mode: 'plan',
      plan,
      target: 'copse/integration' as BranchName,
      options: { noMerge: true, parallel: AGENTS, only: null, prepareOnly: false, seed: 7 },
      branches: [],
    },
    ({ events }) => {
      running += events.filter((event) => event.kind === 'attempt.started').length;
    },
  );
  void loop.run();
  while (running < AGENTS) await delay(50);
  const startedMs = performance.now() - started;
  // The last starts and the spare supervisor settle.
  await delay(1_000);
  await observe(startedMs);
}

async function observe(startedMs: number): Promise<void> {
  const loopDelay = monitorEventLoopDelay({ resolution: 5 });
  const rss: number[] = [];
  const before = process.cpuUsage();
  const written = logBytes(repository);
  const since = performance.now();
  loopDelay.enable();
  while (performance.now() - since < WINDOW_MS) {
    await delay(250);
    rss.push(process.memoryUsage.rss());
  }
  loopDelay.disable();
  const elapsedMs = performance.now() - since;
  const { user, system } = process.cpuUsage(before);
  const eventBytes = Buffer.byteLength('{"type":"tool","n":1000,"text":"reading src/m1/f1.ts"}\n');
  publish({
    cpu: metric([(user + system) / 10 / elapsedMs], 'percent', { goal: { max: 50 }, note: 'of one core' }),
    rss: metric(rss, 'bytes', { goal: { max: 250_000_000 } }),
    event_loop_delay_p99: metric([Math.max(0, loopDelay.percentile(99) / 1e6 - 5)], 'ms'),
    all_started: metric([startedMs], 'ms', { note: `${AGENTS} worktrees and agents` }),
    events: metric([(logBytes(repository) - written) / eventBytes / (elapsedMs / 1_000)], 'per_second', {
      note: `${AGENTS} agents, counted in their logs`,
    }),
    supervisor_memory: metric(
      processFolders(repository).map((folder) => proportionalBytes(pidOf(folder, 'supervisor'))),
      'bytes',
      {
        note: 'proportional set size of each',
      },
    ),
  });
}

function logBytes(where: ScratchRepository): number {
  return processFolders(where).reduce((sum, folder) => sum + readFileSync(join(folder, 'log')).length, 0);
}
