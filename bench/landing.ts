/**
 * Copse's own time per task from the agent's exit to the landed commit, beyond the gate's own: tasks of a repository of
 * 5,000 files end one after the other, each on a target that has moved since it began, so that both its own tree and the
 * merged tree are tested. `--full`: more tasks.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../src/core/plan/model.ts';
import type { RunEvent } from '../src/core/run/events.ts';
import { planOf } from '../test/support/plan-builder.ts';
import { metric, publish, quantile, timeRuns, type Metric } from './lib/measure.ts';
import { runEngine, type TimedEvent } from './lib/run-engine.ts';
import { fileName, makeRepository, type ScratchRepository } from './lib/scratch-repository.ts';

const FILES = 5_000;
const TASKS = process.argv.includes('--full') ? 32 : 8;
const GATE = 'sleep 0.05';
/** Ends everything when something hangs. */
const LIMIT_MS = 300_000;

const PHASES = ['exit_noticed', 'collect', 'task_gate', 'merge', 'merge_gate', 'publish'] as const;
type Phases = Record<(typeof PHASES)[number], number>;

const results: Record<string, Metric> = {};
const gateMs = await gateAlone();
await measure('', 'copse/integration');
if (process.env['COPSE_BENCH_SHORT'] === undefined) await measure('checked_out_', 'main');
publish({ gate_alone: metric(gateMs, 'ms', { note: `sh -c '${GATE}'` }), ...results });

/** What the gate takes when nothing but a shell starts it. */
async function gateAlone(): Promise<readonly number[]> {
  return timeRuns(11, () => {
    spawnSync('/bin/sh', ['-c', GATE]);
  });
}

async function measure(prefix: string, target: string): Promise<void> {
  const repository = makeRepository(FILES);
  try {
    const ids = Array.from({ length: TASKS }, (_, index) => `task-${index}`);
    const door = doors(repository, ids);
    const next = ids.values();
    let waitsFor: string | null = 'all';
    const { events } = await runEngine(repository, {
      mode: 'plan',
      plan: landingPlan(repository, ids),
      target,
      options: { parallel: TASKS },
      onEvents: (seen) => {
        if (waitsFor === null || !isDone(seen, waitsFor, TASKS)) return;
        const id = next.next().value ?? null;
        waitsFor = id;
        if (id !== null) door(id);
      },
    });
    const gate = quantile(gateMs, 0.5);
    // The first two fill the cold gate checkouts: the first merge gives the tree that was tested before.
    const phases = ids.slice(2).map((id) => phasesOf(repository, id, events, gate));
    const total = phases.map((one) => PHASES.reduce((sum, phase) => sum + one[phase], 0));
    results[`${prefix}own_time`] = metric(total, 'ms', { goal: { max: 250 }, note: `target ${target}` });
    for (const phase of PHASES)
      results[`${prefix}${phase}`] = metric(
        phases.map((one) => one[phase]),
        'ms',
      );
  } finally {
    repository.dispose();
  }
}

/** Each agent waits, without using the processor, until its pipe is written to, then edits one file of its own. */
function landingPlan(repository: ScratchRepository, ids: readonly string[]): Plan {
  const edit = [
    `read go < ${join(repository.root, 'go')}/$COPSE_TASK`,
    `echo "// $COPSE_TASK" >> "$(cat ${join(repository.root, 'file')}/$COPSE_TASK)"`,
    'git -c user.name=Agent -c user.email=agent@example.invalid commit -qam "$COPSE_TASK"',
    `date +%s%3N > ${join(repository.root, 'exit')}/$COPSE_TASK`,
  ].join(' && ');
  const agent = { kind: 'command', name: 'shell', run: `${edit} # {prompt_file}` } as const;
  const rest = { promptVia: 'file', passEnv: [], env: {}, parallel: null, instructions: null } as const;
  const tasks = Object.fromEntries(
    ids.map((id) => [id, { agent: 'shell', timeoutMs: LIMIT_MS, stallMs: LIMIT_MS }]),
  );
  const { workspace } = planOf({});
  return planOf(tasks, {
    agents: { shell: { ...agent, ...rest } },
    gates: { wait: { run: GATE } },
    workspace: { ...workspace, branch: 'copse/{task}' },
  });
}

/** Opens the way for one agent. */
function doors(repository: ScratchRepository, ids: readonly string[]): (id: string) => void {
  for (const folder of ['go', 'file', 'exit']) mkdirSync(join(repository.root, folder));
  for (const [index, id] of ids.entries()) {
    execFileSync('mkfifo', [join(repository.root, 'go', id)]);
    writeFileSync(join(repository.root, 'file', id), fileName(index * 100));
  }
  return (id) => {
    spawn('/bin/sh', ['-c', `echo go > ${join(repository.root, 'go', id)}`], { stdio: 'ignore' });
  };
}

/** `all`: every agent runs · a task: it has landed and its worktree is gone. */
function isDone(events: readonly TimedEvent[], id: string, tasks: number): boolean {
  if (id === 'all') return events.filter(({ event }) => event.kind === 'attempt.started').length === tasks;
  return events.some(({ event }) => event.kind === 'workspace.removed' && event.task === id);
}

function phasesOf(
  repository: ScratchRepository,
  id: string,
  events: readonly TimedEvent[],
  gate: number,
): Phases {
  const at = (matches: (event: RunEvent) => boolean): number =>
    events.find(({ event }) => matches(event))?.durableAtMs ?? Number.NaN;
  const built = events.findLast(
    ({ event }) => event.kind === 'build.made' && event.commits.some(({ change }) => change === id),
  );
  const build = built?.event.kind === 'build.made' ? built.event.build : null;
  const exited = exitTime(repository, id);
  const noticed = at((event) => event.kind === 'attempt.exited' && event.task === id);
  const collected = at((event) => event.kind === 'attempt.collected' && event.task === id);
  const verified = at(
    (event) => event.kind === 'gates.finished' && event.subject.kind === 'task' && event.subject.task === id,
  );
  const made = built?.durableAtMs ?? Number.NaN;
  const tested = at(
    (event) =>
      event.kind === 'gates.finished' && event.subject.kind === 'build' && event.subject.build === build,
  );
  const landed = at((event) => event.kind === 'landed' && event.build === build);
  return {
    exit_noticed: noticed - exited,
    collect: collected - noticed,
    task_gate: verified - collected - gate,
    merge: made - verified,
    merge_gate: tested - made - gate,
    publish: landed - tested,
  };
}

/** The last thing the agent did was to write the time. */
function exitTime(repository: ScratchRepository, id: string): number {
  return Number(readFileSync(join(repository.root, 'exit', id), 'utf8'));
}
