/**
 * Runs a plan with scripted agents to its end: real git, SQLite, processes, in a scratch repository that looks used (a
 * tag, a stash, branches of the user's own). Whatever the agents did, `complaints` says what must hold after any run and
 * does not.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSystemClock } from '../../src/adapters/clock/system-clock.ts';
import { openSqliteStore } from '../../src/adapters/store-sqlite/store.ts';
import type { AttemptFacts, AttemptVerdict } from '../../src/core/run/events.ts';
import type { AttemptState, RunState, TaskState } from '../../src/core/run/state.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { loadLatest } from '../../src/engine/api.ts';
import { planOf, type PlanSketch, type TaskSketch } from '../support/plan-builder.ts';
import { DIST, rigProgram } from './programs.ts';
import { Scratch } from './scratch.ts';
import { checkoutPrint, worldComplaints } from './world-checks.ts';

/** The branch that runs of the rig program land on. */
export const TARGET = 'copse/integration';
/** Far above what any of these runs takes; a run that needs longer hangs. */
const HUNG_MS = 400_000;
/** Every gate run appends the tree it proved to this file, outside of any repository. */
export const GATE_LOG = 'gates.log';
/** Scripts append commits here that must stay reachable, one id a line. */
export const HEADS = 'heads';

/** Before every scripted agent: `rec` notes HEAD as a commit that must never be lost, `$attempt` counts from 1. */
const PRELUDE = `set -eu
attempt=\${COPSE_ATTEMPT##*.}
common=$(git rev-parse --path-format=absolute --git-common-dir)
rec() { git rev-parse HEAD >> "$RIG/${HEADS}"; }
save() { git add -A; git -c core.hooksPath=/dev/null commit -q -m "\${1:-work}"; rec; }
`;

export type ScriptedTask = TaskSketch & {
  /** What the agent does: `sh`, in its worktree, with the functions of the prelude. */
  readonly script?: string;
};

export interface PlanRun {
  readonly tasks: Readonly<Record<string, ScriptedTask>>;
  readonly plan?: PlanSketch;
  readonly parallel?: number;
  readonly prepare?: (scratch: Scratch) => void;
}

/** Two tasks that do their work properly; they land whatever the others do. */
export const HONEST: Readonly<Record<string, ScriptedTask>> = {
  'honest-a': { script: 'echo a > honest-a.txt; save' },
  'honest-b': { script: 'echo b > honest-b.txt; save' },
};

export interface FinishedRun {
  readonly scratch: Scratch;
  readonly state: RunState;
  /** Of the orchestrator; null when it hung and was killed. */
  readonly exitCode: number | null;
  readonly errors: string;
  task(id: string): TaskState;
  attempt(id: string, number?: number): AttemptState;
  facts(id: string, number?: number): AttemptFacts;
  verdict(id: string, number?: number): AttemptVerdict | null;
  /** `what` of each violation of the attempt, with whether it was repaired. */
  violations(id: string, number?: number): readonly string[];
  /** Text of a file on the target; null when it is not there. */
  landed(path: string): string | null;
  /** What does not hold although it must after every run, whatever the agents did; empty when all is well. */
  complaints(options?: { readonly repositoryIsGone?: boolean }): Promise<readonly string[]>;
  /** Where every task stands, one line each: for the message of a failed test. */
  story(): string;
  dispose(): void;
}

export async function runPlan(name: string, request: PlanRun): Promise<FinishedRun> {
  const scratch = new Scratch(name);
  try {
    scratch.init({
      'test.sh': '! grep -q BROKEN *.txt\n',
      'readme.txt': 'hello\n',
      'src/shared.txt': 'one\ntwo\nthree\n',
      '.gitignore': 'ignored/\n',
    });
    scratch.git('tag', '-a', 'v1', '-m', 'first release');
    scratch.git('branch', 'someone/else');
    request.prepare?.(scratch);
    const plan = planFor(scratch, request);
    const before = checkoutPrint(scratch);
    const { exitCode, errors } = await drive(scratch, plan, request.parallel ?? 3);
    const state = await foldedState(scratch);
    return finished({ scratch, state, before, exitCode, errors, parallel: request.parallel ?? 3 });
  } catch (error) {
    scratch.dispose();
    throw error;
  }
}

function planFor(scratch: Scratch, request: PlanRun): Plan {
  const agents = join(scratch.root, 'agents');
  mkdirSync(agents);
  const tasks: Record<string, TaskSketch> = {};
  for (const [id, { script, ...sketch }] of Object.entries(request.tasks)) {
    if (script !== undefined) writeFileSync(join(agents, `${id}.sh`), PRELUDE + script);
    const retries = { max: 0, backoff: 'none', delayMs: 0, on: [] } as const;
    tasks[id] = { agent: script === undefined ? 'demo' : 'script', retries, ...sketch };
  }
  const gate = `sh ./test.sh && echo "$(git write-tree) $COPSE_TREE" >> '${join(scratch.root, GATE_LOG)}'`;
  const base = planOf({});
  return planOf(tasks, {
    gates: { test: { run: gate } },
    ...request.plan,
    agents: { ...base.agents, script: scriptAgent(agents), ...request.plan?.agents },
    workspace: {
      ...base.workspace,
      branch: 'copse/{task}',
      env: { RIG: scratch.root },
      ...request.plan?.workspace,
    },
  });
}

function scriptAgent(folder: string): Plan['agents'][string] {
  return {
    kind: 'command',
    name: 'script',
    run: `exec sh '${folder}'/"$COPSE_TASK".sh "$COPSE_PROMPT_FILE"`,
    promptVia: 'file',
    passEnv: [],
    env: {},
    parallel: null,
    instructions: null,
  };
}

async function drive(
  scratch: Scratch,
  plan: Plan,
  parallel: number,
): Promise<{ readonly exitCode: number | null; readonly errors: string }> {
  const program = await rigProgram('orchestrator');
  const planFile = join(scratch.root, 'plan.json');
  writeFileSync(planFile, JSON.stringify(plan));
  const { repository, stateDir, run } = scratch;
  const argv = [program, repository, stateDir, DIST, run, planFile, String(parallel)];
  const child = spawn(process.execPath, argv, {
    env: scratch.environment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const limit = setTimeout(() => child.kill('SIGKILL'), HUNG_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exitCode) => {
      clearTimeout(limit);
      resolve({ exitCode, errors });
    });
  });
}

async function foldedState(scratch: Scratch): Promise<RunState> {
  const path = join(scratch.stateDir, 'store.db');
  const store = await openSqliteStore({ path, failpoint: async () => {}, clock: openSystemClock() });
  try {
    const state = await loadLatest(store);
    if (state === null) throw new Error('the run left no log');
    return state;
  } finally {
    await store.close();
  }
}

interface Ended {
  readonly scratch: Scratch;
  readonly state: RunState;
  readonly before: string;
  readonly exitCode: number | null;
  readonly errors: string;
  readonly parallel: number;
}

function finished(ended: Ended): FinishedRun {
  const { scratch, state, exitCode, errors } = ended;
  const task = (id: string): TaskState => found(state.tasks.get(id as never), `task ${id}`);
  const attempt = (id: string, number = 1): AttemptState =>
    found(state.attempts.get(`${id}.${number}` as never), `attempt ${id}.${number}`);
  const facts = (id: string, number = 1): AttemptFacts =>
    found(attempt(id, number).facts ?? undefined, `facts of ${id}.${number}`);
  return {
    scratch,
    state,
    exitCode,
    errors,
    task,
    attempt,
    facts,
    verdict: (id, number) => attempt(id, number).verdict,
    violations: (id, number) =>
      facts(id, number).violations.map(({ what, repaired }) => (repaired ? what : `${what} (left)`)),
    landed: (path) => {
      try {
        return scratch.git('show', `${TARGET}:${path}`);
      } catch {
        return null;
      }
    },
    complaints: async (options = {}) => {
      const ending = exitCode === 0 ? [] : [`the orchestrator ended with ${exitCode ?? 'a kill'}: ${errors}`];
      const complaints = [...ending, ...(await worldComplaints({ ...ended, ...options }))];
      return complaints.length === 0 ? [] : [...complaints, ...story(state)];
    },
    story: () => story(state).join('\n'),
    dispose: () => scratch.dispose(),
  };
}

/** Where every task stands, for reading a failed test. */
function story(state: RunState): readonly string[] {
  return [...state.tasks.values()].map((task) => {
    const attempts = task.attempts.map((id) => {
      const attempt = state.attempts.get(id);
      return `${attempt?.verdict ?? 'open'} (${attempt?.because ?? '?'})`;
    });
    return `(${task.task.id}: ${JSON.stringify(task.progress)} ${attempts.join(', ')} ${task.violations.join('; ')})`;
  });
}

function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is no ${what}`);
  return value;
}
