/** Runs in a few lines, for tests of views: events are folded by the real reducer, one minute apart unless told. */
import type {
  AbsolutePath,
  AttemptId,
  BranchName,
  BuildId,
  ChangeId,
  CommitId,
  GateName,
  IntentId,
  RepoPath,
  RunId,
  TaskId,
  TreeId,
} from '../../src/core/ids.ts';
import type { GateResult } from '../../src/core/gates/model.ts';
import type { GateSpec, Need, Plan, Task, Wave } from '../../src/core/plan/model.ts';
import type { AttemptFacts, ExitFacts, RunEvent, RunOptions } from '../../src/core/run/events.ts';
import { reduce } from '../../src/core/run/reduce.ts';
import type { RunState, TaskState } from '../../src/core/run/state.ts';
import type { Step } from '../../src/core/run/steps.ts';
import type { Fact } from '../../src/core/schedule/snapshot.ts';

/** 2026-08-01T09:00:00Z. */
export const START_MS = Date.UTC(2026, 7, 1, 9);
const MINUTE = 60_000;

export interface Sketch {
  readonly title?: string;
  readonly needs?: readonly string[];
  readonly waves?: number;
  readonly mode?: Task['mode'];
  readonly max?: number;
}

/** `{ api: {}, ui: { needs: ['api'] } }`; every plan has the gates `tests` and `lint`. */
export function sketchPlan(tasks: Readonly<Record<string, Sketch>>, goal: string | null = null): Plan {
  return {
    name: 'shop',
    goal,
    agents: { demo: { kind: 'demo', name: 'demo', parallel: null, instructions: null } },
    workspace: {
      isolation: 'worktree',
      base: null,
      branch: 'shop/{task}',
      path: '../w/{task}',
      setup: [],
      setupTimeoutMs: MINUTE,
      copy: [],
      link: [],
      ports: [],
      env: {},
      keep: 'on_failure',
    },
    gates: { tests: gateSpec('tests'), lint: gateSpec('lint') },
    tasks: Object.entries(tasks).map(([id, sketch]) => sketchTask(id, sketch)),
    merge: {
      into: 'main' as BranchName,
      strategy: 'merge',
      slots: 2,
      everyCommit: false,
      onFailure: 'eject',
    },
    limits: {
      parallel: 2,
      cpu: null,
      memory: null,
      diskFreeBytes: null,
      perTask: { cpus: null, memoryBytes: null },
      agents: {},
    },
    conflicts: { onOverlap: 'warn', enforceScope: 'warn', ignore: [] },
    budget: null,
  };
}

function gateSpec(name: string): GateSpec {
  return {
    name: name as GateName,
    run: 'true',
    timeoutMs: MINUTE,
    retries: 0,
    at: ['wave', 'task', 'merge'],
    severity: 'blocker',
    lock: null,
    env: {},
    cwd: null,
    metrics: [],
  };
}

export function sketchTask(id: string, sketch: Sketch = {}): Task {
  const wave = (number: number): Wave => ({
    number,
    id: `w${number}`,
    title: `part ${number}`,
    prompt: '',
    gates: ['tests', 'lint'] as unknown as GateName[],
    landsEarly: false,
  });
  return {
    id: id as TaskId,
    title: sketch.title ?? `Do ${id}`,
    prompt: '',
    agent: 'demo',
    fallback: [],
    mode: sketch.mode ?? 'agent',
    priority: 2,
    estimate: { lowMinutes: 20, likelyMinutes: 30, highMinutes: 60, origin: 'declared' },
    scope: { include: [], exclude: [], origin: 'none' },
    needs: (sketch.needs ?? []).map((need): Need => ({ task: need as TaskId, wave: null, when: 'merged' })),
    waves: [wave(1), ...Array.from({ length: (sketch.waves ?? 1) - 1 }, (_, index) => wave(index + 2))],
    retries: { max: sketch.max ?? 2, backoff: 'none', delayMs: 0, on: ['crash', 'gate', 'no_change'] },
    timeoutMs: MINUTE,
    stallMs: MINUTE,
    locks: [],
    exclusive: false,
    accept: [],
    budget: null,
    issue: null,
  };
}

/** A commit or tree id that begins with the hex spelling of `name`. */
export function idOf(name: string): CommitId & TreeId {
  const hex = Array.from(name, (character) => (character.codePointAt(0) ?? 0).toString(16)).join('');
  return hex.padEnd(40, '0').slice(0, 40) as CommitId & TreeId;
}

export function gateResult(
  gate: string,
  verdict: GateResult['verdict'],
  tree: string,
  reason?: string,
): GateResult {
  return {
    gate: gate as GateName,
    tree: idOf(tree),
    gateDigest: `digest-${gate}`,
    environmentDigest: 'environment',
    verdict,
    reason: reason ?? (verdict === 'pass' ? 'exit code 0' : 'exit code 1, needs 0'),
    exit: { code: verdict === 'pass' ? 0 : 1, signal: null },
    metrics:
      verdict === 'pass'
        ? []
        : [
            {
              name: 'passed',
              value: 671,
              baseline: null,
              status: 'fail',
              detail: '671 passed, needs at least 676',
            },
          ],
    flaky: false,
    durationMs: 30_000,
    logPath: `runs/run-1/gates/${gate}/log`,
  };
}

export const NORMAL_EXIT: ExitFacts = {
  code: 0,
  signal: null,
  cause: 'exited',
  detail: null,
  durationMs: 5 * MINUTE,
  outputBytes: 1_000,
  survivors: [],
};

export function factsOf(head: string, more: Partial<AttemptFacts> = {}): AttemptFacts {
  return {
    head: idOf(head),
    tree: idOf(`tree-${head}`),
    refusal: null,
    newCommits: 1,
    committedOnBehalf: null,
    salvageRef: null,
    violations: [],
    changedPaths: [`src/${head}.ts` as RepoPath],
    changedCount: 1,
    insertions: 12,
    deletions: 3,
    conflictMarkers: [],
    outOfScope: [],
    unsafe: [],
    ...more,
  };
}

export class Story {
  readonly events: RunEvent[] = [];
  #state: RunState | null = null;
  #nowMs = START_MS;
  #intents = 0;

  constructor(plan: Plan, options: Partial<RunOptions> = {}, mode: 'plan' | 'merge' = 'plan') {
    this.add({
      kind: 'run.started',
      run: 'run-1' as RunId,
      mode,
      plan,
      target: 'main' as BranchName,
      base: idOf('base'),
      options: { noMerge: false, parallel: 2, only: null, prepareOnly: false, seed: 1, ...options },
    });
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get state(): RunState {
    if (this.#state === null) throw new Error('the story has not begun');
    return this.#state;
  }

  task(id: string): TaskState {
    const task = this.state.tasks.get(id as TaskId);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  add(fact: Fact, minutes = 1): this {
    const event = { ...fact, atMs: this.#nowMs } as RunEvent;
    this.events.push(event);
    this.#state = reduce(this.#state, event);
    this.#nowMs += minutes * MINUTE;
    return this;
  }

  intend(step: Step, because = 'it is due'): IntentId {
    this.#intents += 1;
    const intent = `i${this.#intents}` as IntentId;
    this.add({ kind: 'intended', intent, step, because }, 0);
    return intent;
  }

  intendPrepare(id: string): IntentId {
    return this.intend({
      kind: 'prepare-workspace',
      task: id as TaskId,
      branch: `shop/${id}` as BranchName,
      path: `/w/${id}` as AbsolutePath,
      base: idOf('base'),
    });
  }

  prepare(id: string): this {
    return this.add({
      kind: 'workspace.prepared',
      intent: this.intendPrepare(id),
      task: id as TaskId,
      workspace: {
        branch: `shop/${id}` as BranchName,
        path: `/w/${id}` as AbsolutePath,
        base: idOf('base'),
        isolation: 'worktree',
        ports: {},
      },
      technique: 'checkout',
      missing: [],
    });
  }

  start(id: string): this {
    const task = this.task(id);
    const attempt = `${id}.${task.attempts.length + 1}` as AttemptId;
    const { wave, agent } = task;
    const intent = this.intend({ kind: 'start-attempt', task: task.task.id, wave, attempt, agent });
    return this.add(
      {
        kind: 'attempt.started',
        intent,
        task: task.task.id,
        attempt,
        wave,
        agent,
        snapshot: 's',
        headBefore: idOf('base'),
      },
      5,
    );
  }

  exit(id: string, exit: Partial<ExitFacts> = {}): this {
    const attempt = this.lastAttempt(id);
    return this.add(
      { kind: 'attempt.exited', attempt, task: id as TaskId, exit: { ...NORMAL_EXIT, ...exit } },
      0,
    );
  }

  collect(id: string, head: string, more: Partial<AttemptFacts> = {}): this {
    const attempt = this.lastAttempt(id);
    const task = id as TaskId;
    const intent = this.intend({ kind: 'collect-attempt', task, attempt });
    return this.add({ kind: 'attempt.collected', intent, attempt, task, facts: factsOf(head, more) }, 0);
  }

  judge(id: string, verdict: 'committed' | 'no_change' | 'crash', because: string): this {
    return this.add(
      { kind: 'attempt.judged', attempt: this.lastAttempt(id), task: id as TaskId, verdict, because },
      0,
    );
  }

  /** From a prepared worktree to a commit that is to be verified. */
  commit(id: string, head: string): this {
    return this.start(id).exit(id).collect(id, head).judge(id, 'committed', '1 file changed');
  }

  intendGates(id: string, head: string): IntentId {
    return this.intend({
      kind: 'run-gates',
      subject: { kind: 'task', task: id as TaskId, wave: this.task(id).wave },
      commit: idOf(head),
      tree: idOf(`tree-${head}`),
      base: idOf('base'),
      slot: 'task-1',
      fresh: false,
    });
  }

  gates(id: string, head: string, verdict: 'green' | 'red'): this {
    const intent = this.intendGates(id, head);
    const subject = { kind: 'task', task: id as TaskId, wave: this.task(id).wave } as const;
    const tests = gateResult(
      'tests',
      verdict === 'green' ? 'pass' : 'fail',
      `tree-${head}`,
      verdict === 'red' ? '671 passed, needs at least 676' : undefined,
    );
    this.add({ kind: 'gate.finished', subject, result: tests, reused: false }, 0);
    this.add(
      { kind: 'gate.finished', subject, result: gateResult('lint', 'pass', `tree-${head}`), reused: false },
      0,
    );
    const red = verdict === 'red' ? ['tests' as GateName] : [];
    return this.add({
      kind: 'gates.finished',
      intent,
      subject,
      commit: idOf(head),
      tree: idOf(`tree-${head}`),
      verdict,
      red,
    });
  }

  /** All the way into the merge queue. */
  queue(id: string, head: string): this {
    if (this.task(id).workspace === null) this.prepare(id);
    this.commit(id, head).gates(id, head, 'green');
    this.add({ kind: 'wave.completed', task: id as TaskId, wave: this.task(id).wave, head: idOf(head) }, 0);
    const earlier = [...this.state.queue.changes.values()].filter((change) => change.task === id).length;
    return this.add({
      kind: 'queue.entered',
      change: (earlier === 0 ? id : `${id}#${earlier + 1}`) as ChangeId,
      task: id as TaskId,
      wave: null,
      branch: `shop/${id}` as BranchName,
      head: idOf(head),
      title: this.task(id).task.title,
      paths: this.task(id).changedPaths,
    });
  }

  /** A build under test. */
  build(name: string, members: readonly string[]): this {
    const build = name as BuildId;
    const tip = this.state.queue.tip;
    const intent = this.intend(
      { kind: 'make-build', build, members: members as unknown as ChangeId[], tip, dateMs: 0, repeats: null },
      'worth most of 3 candidates',
    );
    const commits = members.map((change) => ({ change: change as ChangeId, commit: idOf(`m-${change}`) }));
    return this.add({ kind: 'build.made', intent, build, tip, commits, tree: idOf(`t-${name}`) }, 2);
  }

  test(name: string, verdict: 'green' | 'red'): this {
    const subject = { kind: 'build', build: name as BuildId } as const;
    const tree = idOf(`t-${name}`);
    const step = {
      kind: 'run-gates',
      subject,
      commit: tree,
      tree,
      base: tree,
      slot: 'queue-1',
      fresh: false,
    } as const;
    const intent = this.intend(step);
    const result = { ...gateResult('tests', verdict === 'green' ? 'pass' : 'fail', `t-${name}`), tree };
    this.add({ kind: 'gate.finished', subject, result, reused: false }, 0);
    const red = verdict === 'red' ? ['tests' as GateName] : [];
    return this.add({ kind: 'gates.finished', intent, subject, commit: tree, tree, verdict, red });
  }

  land(name: string, members: readonly string[]): this {
    const build = name as BuildId;
    const from = this.state.queue.tip;
    const changes = members.map((change) => ({ change: change as ChangeId, commit: idOf(`m-${change}`) }));
    const step = {
      kind: 'publish',
      build,
      from,
      members: changes.map((one) => one.change),
      dateMs: 0,
    } as const;
    const to = changes.at(-1)?.commit ?? from;
    return this.add({
      kind: 'landed',
      intent: this.intend(step),
      build,
      from,
      to,
      changes,
      checkout: 'none',
    });
  }

  retry(id: string, cause: 'crash' | 'gate', summary: string, onto: string | null = null): this {
    return this.add(
      {
        kind: 'task.retry',
        task: id as TaskId,
        cause,
        agent: 'demo',
        notBeforeMs: this.#nowMs,
        feedback: { summary, logs: [] },
        onto: onto === null ? null : idOf(onto),
      },
      0,
    );
  }

  eject(change: string, because: 'broken' | 'conflict', detail: string, files: readonly string[] = []): this {
    const red = because === 'broken' ? ('build-1' as BuildId) : null;
    const green = because === 'broken' ? 'tip' : null;
    const paths = files as readonly RepoPath[];
    return this.add(
      { kind: 'change.ejected', change: change as ChangeId, because, detail, red, green, files: paths },
      0,
    );
  }

  private lastAttempt(id: string): AttemptId {
    const attempt = this.task(id).attempts.at(-1);
    if (attempt === undefined) throw new Error(`${id} has no attempt`);
    return attempt;
  }
}
