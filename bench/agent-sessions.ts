/**
 * Conversations of agents: what Copse adds between a red gate and the next turn of the same conversation (goal <= 100 ms),
 * and the memory of 20 living ACP sessions: of Copse itself, and of the supervisor and the bridge of each. The agents are
 * the fakes of the tests. `--full`: more turns.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentSpec, Plan } from '../src/core/plan/model.ts';
import { lead, startRun } from '../src/engine/api.ts';
import type { BranchName, RunId } from '../src/core/ids.ts';
import { openDeps } from '../src/main/open-deps.ts';
import { planOf } from '../test/support/plan-builder.ts';
import { metric, publish, type Metric } from './lib/measure.ts';
import { endPrograms, pidOf, processFolders, proportionalBytes } from './lib/run-folders.ts';
import { DIST, runEngine } from './lib/run-engine.ts';
import { makeRepository } from './lib/scratch-repository.ts';

const TURNS = process.argv.includes('--full') ? 30 : 8;
const SESSIONS = 20;
/** Ends everything when something hangs. */
const LIMIT_MS = 300_000;
const ROOT = process.env['COPSE_BENCH_ROOT'] ?? process.cwd();

publish({
  follow_up: metric(await followUps(), 'ms', {
    goal: { max: 100 },
    note: 'from the red gate in the log to the next turn running, without the client',
  }),
  ...(await memoryOfSessions()),
});
process.exit(0);

/** Each turn commits something; the gate is red until the last. */
async function followUps(): Promise<readonly number[]> {
  const repository = makeRepository(200);
  try {
    const { events } = await runEngine(repository, {
      mode: 'plan',
      plan: talking(command('turn', TURN), { red: TURNS }),
      target: 'copse/integration',
      options: { noMerge: true },
    });
    const found: number[] = [];
    events.forEach(({ event, durableAtMs }, index) => {
      if (event.kind !== 'gates.finished' || event.verdict !== 'red') return;
      const next = events.slice(index).find((one) => one.event.kind === 'attempt.started');
      if (next !== undefined) found.push(next.durableAtMs - durableAtMs);
    });
    return found;
  } finally {
    repository.dispose();
  }
}

const TURN = 'echo "$COPSE_ATTEMPT" >> turns && git add -A && git commit -qm turn';

function talking(agent: AgentSpec, { red }: { readonly red: number }): Plan {
  const retries = { max: red + 1, backoff: 'none', delayMs: 0, on: ['gate'] } as const;
  return planOf(
    { talk: { agent: agent.name, timeoutMs: LIMIT_MS, stallMs: LIMIT_MS, retries } },
    {
      agents: { [agent.name]: agent },
      gates: { turns: { run: `test "$(wc -l < turns)" -gt ${red}` } },
    },
  );
}

function command(name: string, run: string): AgentSpec {
  return {
    kind: 'command',
    name,
    run: `${run} # {prompt_file}`,
    promptVia: 'file',
    passEnv: [],
    env: Object.fromEntries(
      ['AUTHOR', 'COMMITTER'].flatMap((who) => [
        [`GIT_${who}_NAME`, 'a'],
        [`GIT_${who}_EMAIL`, 'a@example.invalid'],
      ]),
    ),
    parallel: null,
    instructions: null,
  };
}

async function memoryOfSessions(): Promise<Record<string, Metric>> {
  const repository = makeRepository(20);
  const script = join(repository.root, 'script.json');
  writeFileSync(script, JSON.stringify({ turns: [[{ hang: true }]] }));
  const ids = Array.from({ length: SESSIONS }, (_, index) => `s${index}`);
  const { deps } = await openDeps({
    repository: repository.path,
    stateDir: repository.stateDir,
    distDir: DIST,
    environment: repository.env,
  });
  const leadership = await lead(deps, { address: null, takeover: false });
  let running = 0;
  const tasks = ids.map((id) => [id, { agent: 'acp', timeoutMs: LIMIT_MS, stallMs: LIMIT_MS }] as const);
  const loop = await startRun(
    deps,
    leadership,
    {
      run: 'run-bench' as RunId,
      mode: 'plan',
      plan: planOf(Object.fromEntries(tasks), { agents: { acp: speaking(script) } }),
      target: 'copse/integration' as BranchName,
      options: { noMerge: true, parallel: SESSIONS, only: null, prepareOnly: false, seed: 7 },
      branches: [],
    },
    ({ events }) => {
      running += events.filter((event) => event.kind === 'attempt.started').length;
    },
  );
  void loop.run();
  while (running < SESSIONS) await delay(50);
  // The bridges and their agents have shaken hands by then.
  await delay(5_000);
  const folders = processFolders(repository);
  const found = {
    copse_memory: metric([process.memoryUsage.rss()], 'bytes', { note: `with ${SESSIONS} living sessions` }),
    supervisor_memory: metric(
      folders.map((folder) => proportionalBytes(pidOf(folder, 'supervisor'))),
      'bytes',
      { note: 'proportional set size of each' },
    ),
    bridge_memory: metric(
      folders.map((folder) => proportionalBytes(pidOf(folder, 'program'))),
      'bytes',
      { note: 'proportional set size of each' },
    ),
  };
  await endPrograms(repository);
  repository.dispose();
  return found;
}

function speaking(script: string): AgentSpec {
  const fake = join(ROOT, 'test/support/fake-acp-agent.mjs');
  return {
    ...command('acp', ''),
    run: `exec '${process.execPath}' '${fake}' '${script}' # {prompt_file}`,
    acp: { permissions: 'edit', model: null, offersFiles: false, auth: null },
  } as AgentSpec;
}
