/** A run in two lines: events are fed to `reduce`, and what stands between two of them is filled in. */
import { servedTask } from '../../src/core/run/steps.ts';
import type {
  AbsolutePath,
  AttemptId,
  BranchName,
  BuildId,
  ChangeId,
  CommitId,
  IntentId,
  TaskId,
  TreeId,
} from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import type { AttemptFacts, ExitFacts, RunOptions } from '../../src/core/run/events.ts';
import { reduce } from '../../src/core/run/reduce.ts';
import type { RunState, TaskState } from '../../src/core/run/state.ts';
import type { Step } from '../../src/core/run/steps.ts';
import type { Fact } from '../../src/core/schedule/snapshot.ts';
import { commitOf, runStarted } from './plan-builder.ts';

export const GOOD_EXIT: ExitFacts = {
  code: 0,
  signal: null,
  cause: 'exited',
  detail: null,
  durationMs: 1_000,
  outputBytes: 10,
  survivors: [],
};

export const CLEAN_FACTS: AttemptFacts = {
  head: commitOf('work'),
  tree: 'tree-work' as TreeId,
  refusal: null,
  newCommits: 1,
  committedOnBehalf: null,
  salvageRef: null,
  violations: [],
  changedPaths: [],
  changedCount: 1,
  insertions: 1,
  deletions: 0,
  conflictMarkers: [],
  outOfScope: [],
  unsafe: [],
};

export class RunBuilder {
  #state: RunState;
  #nowMs = 0;

  constructor(plan: Plan, options: Partial<RunOptions> = {}) {
    const state = reduce(null, runStarted(plan, options));
    if (state === null) throw new Error('a run did not start');
    this.#state = state;
  }

  get state(): RunState {
    return this.#state;
  }

  task(id: string): TaskState {
    const task = this.#state.tasks.get(id as TaskId);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  at(nowMs: number): this {
    this.#nowMs = nowMs;
    return this;
  }

  add(...facts: readonly Fact[]): this {
    for (const fact of facts)
      this.#state = reduce(this.#state, { ...fact, atMs: this.#nowMs }) ?? this.#state;
    return this;
  }

  intend(step: Step): IntentId {
    const intent = `i${this.#state.counters.intents + 1}` as IntentId;
    this.add({ kind: 'intended', intent, step, because: 'a test' });
    return intent;
  }

  refuse(step: Step, why = 'the world refused'): this {
    return this.add({
      kind: 'abandoned',
      intent: this.intend(step),
      task: servedTask(step),
      code: 'git-busy',
      why,
    });
  }

  prepared(id: string): this {
    const task = id as TaskId;
    const place = {
      branch: `test/${id}` as BranchName,
      path: `/w/${id}` as AbsolutePath,
      base: commitOf('base'),
    };
    const intent = this.intend({ kind: 'prepare-workspace', task, ...place });
    const workspace = { ...place, isolation: 'worktree', ports: {} } as const;
    return this.add({ kind: 'workspace.prepared', intent, task, workspace, technique: 'plain', missing: [] });
  }

  working(id: string): this {
    if (this.task(id).workspace === null) this.prepared(id);
    const { attempts, wave, agent } = this.task(id);
    const task = id as TaskId;
    const attempt = `${id}.${attempts.length + 1}` as AttemptId;
    const intent = this.intend({ kind: 'start-attempt', task, wave, attempt, agent });
    const headBefore = commitOf('base');
    return this.add({
      kind: 'attempt.started',
      intent,
      task,
      attempt,
      wave,
      agent,
      snapshot: 's',
      headBefore,
    });
  }

  exited(id: string, exit: Partial<ExitFacts> = {}): this {
    const task = id as TaskId;
    const attempt = this.task(id).attempts.at(-1) ?? ('' as AttemptId);
    return this.add({ kind: 'attempt.exited', attempt, task, exit: { ...GOOD_EXIT, ...exit } });
  }

  /** An attempt from its start to a commit that is to be verified. */
  committed(id: string, facts: Partial<AttemptFacts> = {}): this {
    const task = id as TaskId;
    this.working(id).exited(id);
    const attempt = this.task(id).attempts.at(-1) ?? ('' as AttemptId);
    const intent = this.intend({ kind: 'collect-attempt', task, attempt });
    this.add({ kind: 'attempt.collected', intent, attempt, task, facts: { ...CLEAN_FACTS, ...facts } });
    return this.add({ kind: 'attempt.judged', attempt, task, verdict: 'committed', because: 'a test' });
  }

  gated(id: string, verdict: 'green' | 'red' | 'cancelled'): this {
    const { progress, wave } = this.task(id);
    if (progress.kind !== 'verifying') throw new Error(`${id} is ${progress.kind}`);
    const subject = { kind: 'task', task: id as TaskId, wave } as const;
    const { head: commit, tree } = progress;
    const intent = this.intend({
      kind: 'run-gates',
      subject,
      commit,
      tree,
      base: commit,
      slot: 's',
      fresh: false,
    });
    return this.add({ kind: 'gates.finished', intent, subject, commit, tree, verdict, red: [] });
  }

  queued(id: string): this {
    this.committed(id).gated(id, 'green');
    const { head, wave } = this.task(id);
    this.add({ kind: 'wave.completed', task: id as TaskId, wave, head: head ?? commitOf('work') });
    return this.add({
      kind: 'queue.entered',
      change: id as ChangeId,
      task: id as TaskId,
      wave: null,
      branch: `test/${id}` as BranchName,
      head,
      title: id,
      paths: [],
    });
  }

  /** The build is being made; `made` ends that. */
  building(build: string, ...members: readonly string[]): IntentId {
    return this.intend({
      kind: 'make-build',
      build: build as BuildId,
      members: members as readonly ChangeId[],
      tip: this.#state.queue.tip,
      dateMs: 0,
      repeats: null,
    });
  }

  made(intent: IntentId, build: string, ...members: readonly string[]): this {
    const commits = members.map((member) => ({
      change: member as ChangeId,
      commit: commitOf(`m-${member}`),
    }));
    const tree = `tree-${build}` as TreeId;
    return this.add({
      kind: 'build.made',
      intent,
      build: build as BuildId,
      tip: this.#state.queue.tip,
      commits,
      tree,
    });
  }

  landed(build: string, ...members: readonly string[]): this {
    this.made(this.building(build, ...members), build, ...members);
    const from = this.#state.queue.tip;
    const changes = members.map((member) => ({
      change: member as ChangeId,
      commit: commitOf(`m-${member}`),
    }));
    const intent = this.intend({
      kind: 'publish',
      build: build as BuildId,
      from,
      members: changes.map((entry) => entry.change),
      dateMs: 0,
    });
    const to: CommitId = changes.at(-1)?.commit ?? from;
    return this.add({ kind: 'landed', intent, build: build as BuildId, from, to, changes, checkout: 'none' });
  }
}
