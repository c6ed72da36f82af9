/**
 * Conversations of agents: what Copse adds between a red gate and the next turn (goal <= 100 ms), with the client's own time
 * left out: the agent is a shell that commits one line. `--full`: more turns.
 */
import type { AgentSpec, Plan } from '../src/core/plan/model.ts';
import { planOf } from '../test/support/plan-builder.ts';
import { metric, publish } from './lib/measure.ts';
import { runEngine } from './lib/run-engine.ts';
import { makeRepository } from './lib/scratch-repository.ts';

const TURNS = process.argv.includes('--full') ? 30 : 8;
/** Ends everything when something hangs. */
const LIMIT_MS = 300_000;
const TURN = 'echo "$COPSE_ATTEMPT" >> turns && git add -A && git commit -qm turn';

publish({
  follow_up: metric(await followUps(), 'ms', {
    goal: { max: 100 },
    note: 'from the red gate in the log to the next turn running, without the client',
  }),
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
