/** A plan in a few lines, for tests: every field has a harmless value until it is given. */
import type { CommitId, GateName, RunId, TaskId } from '../../src/core/ids.ts';
import type { BranchName } from '../../src/core/ids.ts';
import type { GateSpec, Need, Plan, Task, Wave } from '../../src/core/plan/model.ts';
import type { RunEvent, RunOptions } from '../../src/core/run/events.ts';

export type TaskSketch = Partial<Omit<Task, 'id' | 'needs' | 'waves'>> & {
  readonly needs?: readonly (string | Need)[];
  readonly waves?: readonly string[];
  readonly gates?: readonly string[];
};

export type PlanSketch = Partial<Omit<Plan, 'tasks' | 'gates'>> & {
  readonly gates?: Readonly<Record<string, Partial<GateSpec>>>;
};

export function planOf(tasks: Readonly<Record<string, TaskSketch>>, sketch: PlanSketch = {}): Plan {
  const gates = Object.fromEntries(
    Object.entries(sketch.gates ?? {}).map(([name, gate]) => [name, gateOf(name, gate)]),
  );
  return {
    name: 'test',
    goal: null,
    agents: { demo: { kind: 'demo', name: 'demo', parallel: null, instructions: null } },
    workspace: {
      isolation: 'worktree',
      base: null,
      branch: '{plan}/{task}',
      path: '../{repo}.worktrees/{task}',
      setup: [],
      setupTimeoutMs: 60_000,
      copy: [],
      link: [],
      ports: [],
      env: {},
      keep: 'on_failure',
    },
    merge: {
      into: 'main' as BranchName,
      strategy: 'merge',
      slots: 1,
      everyCommit: false,
      onFailure: 'eject',
      update: 'auto',
      conflicts: ['auto', 'human'],
      resolver: null,
      tag: null,
    },
    limits: {
      parallel: null,
      cpu: null,
      memory: null,
      diskFreeBytes: null,
      perTask: { cpus: null, memoryBytes: null },
      agents: {},
    },
    conflicts: { onOverlap: 'warn', enforceScope: 'warn', ignore: [] },
    budget: null,
    ...sketch,
    gates,
    tasks: Object.entries(tasks).map(([id, task]) => taskOf(id, task, Object.keys(gates))),
  };
}

export function gateOf(name: string, gate: Partial<GateSpec> = {}): GateSpec {
  return {
    name: name as GateName,
    run: 'true',
    timeoutMs: 60_000,
    retries: 0,
    at: ['task', 'merge'],
    severity: 'blocker',
    lock: null,
    env: {},
    cwd: null,
    metrics: [],
    ...gate,
  };
}

export function taskOf(id: string, sketch: TaskSketch, gates: readonly string[]): Task {
  const { needs = [], waves = ['all'], gates: own = gates, ...rest } = sketch;
  const [first = waveOf(1, 'all', own), ...others] = waves.map((title, index) =>
    waveOf(index + 1, title, own),
  );
  return {
    id: id as TaskId,
    title: id,
    prompt: '',
    agent: 'demo',
    fallback: [],
    mode: 'agent',
    priority: 2,
    estimate: { lowMinutes: 30, likelyMinutes: 30, highMinutes: 30, origin: 'default' },
    scope: { include: [], exclude: [], origin: 'none' },
    retries: {
      max: 2,
      backoff: 'none',
      delayMs: 0,
      on: ['crash', 'timeout', 'stall', 'no_change', 'gate', 'violation'],
    },
    timeoutMs: 60_000,
    stallMs: 30_000,
    locks: [],
    exclusive: false,
    accept: [],
    budget: null,
    issue: null,
    ...rest,
    needs: needs.map((need) =>
      typeof need === 'string' ? { task: need as TaskId, wave: null, when: 'merged' } : need,
    ),
    waves: [first, ...others],
  };
}

function waveOf(number: number, title: string, gates: readonly string[]): Wave {
  return {
    number,
    id: `w${number}`,
    title,
    prompt: '',
    gates: gates.map((gate) => gate as GateName),
    landsEarly: false,
  };
}

export const OPTIONS: RunOptions = { noMerge: false, parallel: 2, only: null, prepareOnly: false, seed: 1 };

/** A commit id from any short text. */
export function commitOf(text: string): CommitId {
  const hex = Array.from(text, (char) => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return hex.padEnd(40, '0').slice(0, 40) as CommitId;
}

export function runStarted(plan: Plan, options: Partial<RunOptions> = {}): RunEvent {
  return {
    kind: 'run.started',
    run: 'run-1' as RunId,
    mode: 'plan',
    plan,
    target: 'main' as BranchName,
    base: commitOf('base'),
    options: { ...OPTIONS, ...options },
    atMs: 0,
  };
}
