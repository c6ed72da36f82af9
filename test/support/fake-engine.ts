/**
 * The real engine over fakes, in virtual time: what outlives a crash (git, processes, the log, files, the machine) is
 * here; what does not (loop, journal, leadership) is opened anew by `reopen`. Invariants are checked at every commit.
 */
import { createHash } from 'node:crypto';
import { readVerdict } from '../../src/formats/review/read-verdict.ts';
import { VERDICT_SCHEMA } from '../../src/formats/review/verdict-schema.ts';
import { createFakeAgents } from '../../src/adapters/agents/fake.ts';
import { VirtualClock } from '../../src/adapters/clock/virtual-clock.ts';
import { FakeFiles } from '../../src/adapters/files/fake-files.ts';
import { createFakeGit } from '../../src/adapters/git-fake/index.ts';
import type { FakeGit } from '../../src/adapters/git-fake/index.ts';
import { FakeWatch } from '../../src/adapters/watch/fake-watch.ts';
import { FakeNotify } from '../../src/adapters/notify/fake-notify.ts';
import { FakeMachine } from '../../src/adapters/machine/fake-machine.ts';
import {
  FakeProcessWorld,
  openFakeProcesses,
} from '../../src/adapters/processes-fake/open-fake-processes.ts';
import type { FakeScript } from '../../src/adapters/processes-fake/fake-script.ts';
import { MemoryDisk, MemoryStore } from '../../src/adapters/store-memory/store.ts';
import type { AbsolutePath, BranchName, CommitId, RunId, TaskId } from '../../src/core/ids.ts';
import { serialPlanner } from '../../src/core/mergequeue/index.ts';
import type { QueuePlanner } from '../../src/core/mergequeue/index.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import type { RunEvent, RunOptions } from '../../src/core/run/events.ts';
import { brokenInvariants } from '../../src/core/run/invariants.ts';
import { placeOf } from '../../src/core/run/place.ts';
import type { RunState, TaskState } from '../../src/core/run/state.ts';
import { parallelLimit } from '../../src/core/schedule/limits.ts';
import type { Fact } from '../../src/core/schedule/snapshot.ts';
import { lead, loadLatest, startRun } from '../../src/engine/api.ts';
import type { Deps, MetricReader } from '../../src/engine/deps.ts';
import { Journal } from '../../src/engine/journal.ts';
import { RunLoop } from '../../src/engine/loop.ts';
import type { LoopEnd } from '../../src/engine/loop.ts';
import type { Failure } from '../../src/kit/failure.ts';
import type { WorkspaceSpec } from '../../src/ports/git.ts';
import type { ProcessPort, ProcessSpec } from '../../src/ports/processes.ts';
import type { ReviewLaunch } from '../../src/ports/world.ts';
import type { Leadership } from '../../src/ports/store.ts';
import { OPTIONS } from './plan-builder.ts';

/** One turn of an agent, as its script sees it. */
export interface Turn {
  readonly task: string;
  readonly wave: number;
  /** 1 for the first attempt of the task. */
  readonly number: number;
  readonly agent: string;
  readonly prompt: string;
  readonly at: WorkspaceSpec;
  /** What it is to judge; null when it is to work. */
  readonly review: ReviewLaunch | null;
}

export type AgentPlay = (turn: Turn) => FakeScript;
/** Exit code of a gate, or a whole script. `read` sees the tree under test. */
export type GatePlay = (run: {
  readonly gate: string;
  readonly commit: string;
  readonly read: (path: string) => string | null;
}) => number | FakeScript;

export interface EngineOptions {
  readonly plan: Plan;
  readonly options?: Partial<RunOptions>;
  readonly agent?: AgentPlay;
  readonly gate?: GatePlay;
  readonly setup?: (spec: ProcessSpec) => FakeScript;
  readonly planner?: QueuePlanner;
  readonly files?: Readonly<Record<string, string>>;
  /** Branches to land: the run is in merge mode then. */
  readonly branches?: readonly string[];
  readonly metrics?: MetricReader;
  /** The log as a reopened engine sees it; a test plants a bug here. */
  readonly forget?: (state: RunState) => RunState;
}

export type Ending =
  LoopEnd | { readonly kind: 'crashed' } | { readonly kind: 'error'; readonly error: unknown };

/** A process that was killed never answers again. */
interface Life {
  isDead: boolean;
}

interface Hook {
  readonly when: (state: RunState) => boolean;
  readonly act: (state: RunState) => void;
}

export class FakeEngine {
  readonly clock = new VirtualClock();
  readonly disk = new MemoryDisk();
  readonly files = new FakeFiles();
  readonly machine = new FakeMachine();
  readonly watch = new FakeWatch();
  readonly notify = new FakeNotify();
  readonly git: FakeGit;
  readonly processes: FakeProcessWorld;
  readonly events: RunEvent[] = [];
  /** Invariants found broken, with the number of the event they appeared at. */
  readonly broken: string[] = [];
  /** Called at every failpoint; true kills the engine there. */
  killsAt: (failpoint: string) => boolean = () => false;
  /** Called after every commit, when the engine may be told something. */
  onCommit: () => void = () => undefined;
  /** Called right after a process was started. */
  onStart: () => void = () => undefined;
  readonly #options: EngineOptions;
  readonly #agents: ReturnType<typeof createFakeAgents>;
  #hooks: Hook[] = [];
  #refusedStops: Failure[] = [];
  /** Told before there was a loop. */
  readonly #early: Fact[] = [];
  #life: Life = { isDead: true };
  #store: MemoryStore | null = null;
  #loop: RunLoop | null = null;
  #onDeath: () => void = () => undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    const failpoint = (name: string): Promise<void> => this.#failpoint(this.#life, name);
    this.git = createFakeGit({ failpoint, ...(options.files === undefined ? {} : { files: options.files }) });
    this.processes = new FakeProcessWorld(this.clock, (spec) => this.#play(spec));
    this.#agents = createFakeAgents({ environment: { PATH: '/bin' }, program: ['fake-agent'] });
  }

  get state(): RunState {
    if (this.#loop === null) throw new Error('the engine was not started');
    return this.#loop.state;
  }

  get isStarted(): boolean {
    return this.#loop !== null;
  }

  get tip(): CommitId | null {
    return this.git.controls.ref('refs/heads/main');
  }

  get requests() {
    return this.#agents.requests;
  }

  task(id: string): TaskState {
    const task = this.state.tasks.get(id as TaskId);
    if (task === undefined) throw new Error(`no task ${id}`);
    return task;
  }

  /** Content of a file on the target. */
  async landed(path: string): Promise<string | null> {
    return this.tip === null ? null : this.git.port.readFile(this.tip, path as never);
  }

  kinds(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.state.tasks].map(([id, task]) => [id, task.progress.kind]));
  }

  all<K extends RunEvent['kind']>(kind: K): readonly Extract<RunEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<RunEvent, { kind: K }> => event.kind === kind);
  }

  /** Runs `act` once, after the first commit at which `when` holds. */
  when(when: Hook['when'], act: Hook['act']): this {
    this.#hooks.push({ when, act });
    return this;
  }

  whenTask(id: string, kind: TaskState['progress']['kind'], act: Hook['act']): this {
    return this.when((state) => state.tasks.get(id as TaskId)?.progress.kind === kind, act);
  }

  tell(fact: Fact): void {
    if (this.#loop === null) this.#early.push(fact);
    else this.#loop.tell(fact);
  }

  drain(): void {
    this.#loop?.drain();
  }

  async start(): Promise<void> {
    const { deps, leadership } = await this.#open();
    const { plan, options, branches } = this.#options;
    this.#loop = await startRun(
      deps,
      leadership,
      {
        run: 'run-1' as RunId,
        mode: branches === undefined ? 'plan' : 'merge',
        plan,
        target: 'main' as BranchName,
        options: { ...OPTIONS, ...options },
        branches: (branches ?? []) as readonly BranchName[],
      },
      (change) => this.#observe(change),
    );
    for (const fact of this.#early.splice(0)) this.#loop.tell(fact);
  }

  /** Another process takes the run up from the log; false when nothing was recorded yet. */
  async reopen(...facts: readonly Fact[]): Promise<boolean> {
    const { deps, leadership } = await this.#open();
    const found = await loadLatest(deps.store);
    if (found === null) return false;
    const state = this.#options.forget?.(found) ?? found;
    const journal = new Journal(deps.store, leadership.epoch, await deps.store.lastSeq());
    this.#loop = new RunLoop(deps, journal, leadership, state, (change) => this.#observe(change));
    for (const fact of facts) this.#loop.tell(fact);
    return true;
  }

  /** To the end, or to its death. Rejects when nothing is left that could ever happen. */
  async run(limitMs = 30 * 24 * 3_600_000): Promise<Ending> {
    if (this.#loop === null) throw new Error('the engine was not started');
    const life = this.#life;
    const death = this.death().then((): Ending => ({ kind: 'crashed' }));
    const end = this.#loop.run().catch((error: unknown): Ending => ({ kind: 'error', error }));
    const ending = await this.clock.until(Promise.race([end, death]), limitMs);
    life.isDead = true;
    this.#store?.crash();
    return ending;
  }

  /** Resolves when the engine is killed. */
  death(): Promise<void> {
    return new Promise((resolve) => {
      this.#onDeath = resolve;
    });
  }

  /** From the first event to the end, without a crash. */
  async play(): Promise<RunState> {
    await this.start();
    return this.finish();
  }

  /** As `run`, but anything except a finished run is an error of the test. */
  async finish(): Promise<RunState> {
    const ending = await this.run();
    if (ending.kind === 'error') throw ending.error;
    if (ending.kind !== 'finished') throw new Error(`the run ended ${ending.kind}`);
    return ending.state;
  }

  /** Another process leads from now on; this one finds out. */
  loseLeadership(): void {
    void new MemoryStore({ failpoint: async () => undefined, clock: this.clock, disk: this.disk }).lead({
      address: null,
      takeover: true,
    });
  }

  /** The next `count` stops of a process are refused. */
  refuseStops(failure: Failure, count: number): void {
    this.#refusedStops = Array.from({ length: count }, () => failure);
  }

  /** kill -9. */
  crash(): void {
    this.#life.isDead = true;
    this.#store?.crash();
    this.#onDeath();
  }

  async #open(): Promise<{ readonly deps: Deps; readonly leadership: Leadership }> {
    // What the dead process had in flight comes to rest first.
    for (let round = 0; round < 3; round += 1) await new Promise((resolve) => setImmediate(resolve));
    const life: Life = { isDead: false };
    this.#life = life;
    const failpoint = (name: string): Promise<void> => this.#failpoint(life, name);
    const store = new MemoryStore({ failpoint, clock: this.clock, disk: this.disk });
    this.#store = store;
    const { planner = serialPlanner, metrics } = this.#options;
    const processes = openFakeProcesses({ world: this.processes, failpoint });
    const stop: ProcessPort['stop'] = async (runDir, ladder) => {
      const refusal = this.#refusedStops.shift();
      if (refusal !== undefined) throw refusal;
      return processes.stop(runDir, ladder);
    };
    const deps: Deps = {
      git: mortal(this.git.port, life),
      processes: mortal({ ...processes, stop }, life),
      store: mortal(store, life),
      agents: this.#agents,
      clock: this.clock,
      machine: this.machine,
      files: mortal(this.files, life),
      watch: this.watch,
      notify: mortal(this.notify, life),
      failpoint,
      metrics: metrics ?? (() => Promise.resolve({ kind: 'unreadable', why: 'no reader' })),
      verdicts: { schema: VERDICT_SCHEMA, read: readVerdict },
      digest: (text) => createHash('sha1').update(text).digest('hex'),
      baseEnvironment: { PATH: '/bin' },
      paths: { state: '/state' as AbsolutePath, repository: '/fake/repository' as AbsolutePath },
      policy: { planner, place: (state, task) => placeOf(state, task, 'repository') },
    };
    return { deps, leadership: await lead(deps, { address: null, takeover: true }) };
  }

  async #failpoint(life: Life, name: string): Promise<void> {
    if (!life.isDead && this.killsAt(name)) this.crash();
    if (life.isDead) await never();
  }

  #observe(change: { readonly events: readonly RunEvent[]; readonly state: RunState }): void {
    this.events.push(...change.events);
    if (this.events.length > MAX_EVENTS) {
      const last = this.events.slice(-4).map((event) => event.kind);
      throw new Error(`the run goes round in circles: … ${last.join(', ')}`);
    }
    const { state } = change;
    for (const what of brokenInvariants(state, parallelLimit(state, { ...MACHINE }))) {
      this.broken.push(`event ${this.events.length}: ${what}`);
    }
    const due = this.#hooks.filter((hook) => hook.when(state));
    this.#hooks = this.#hooks.filter((hook) => !due.includes(hook));
    // Observers must not throw and must not act; the hooks of a test do it right after.
    queueMicrotask(() => {
      for (const hook of due) hook.act(state);
      this.onCommit();
    });
  }

  #play(spec: ProcessSpec): FakeScript {
    queueMicrotask(() => {
      this.onStart();
    });
    const { env } = spec;
    if (env['COPSE_ATTEMPT'] !== undefined) return this.#playAgent(spec, env['COPSE_ATTEMPT']);
    if (env['COPSE_GATE'] !== undefined) {
      const read = (path: string): string | null => this.git.controls.readIn(spec.cwd, path);
      const played = this.#options.gate?.({
        gate: env['COPSE_GATE'],
        commit: env['COPSE_COMMIT'] ?? '',
        read,
      });
      return typeof played === 'object' ? played : { exit: { afterMs: 500, code: played ?? 0 } };
    }
    return this.#options.setup?.(spec) ?? { exit: { afterMs: 100, code: 0 } };
  }

  #playAgent(spec: ProcessSpec, attempt: string): FakeScript {
    const request = this.#agents.requests.findLast((one) => one.attempt === attempt);
    if (request === undefined) throw new Error(`nobody asked for ${attempt}`);
    const at: WorkspaceSpec = {
      task: `run-1/${request.task}`,
      branch: request.branch as BranchName,
      path: spec.cwd,
      base: this.git.controls.firstCommit,
      isolation: 'worktree',
    };
    const { task, wave, prompt } = request;
    const number = Number(attempt.split('.').at(-1));
    const review = request.review ?? null;
    const turn: Turn = { task, wave, number, agent: request.agent.name, prompt, at, review };
    return (this.#options.agent ?? this.works)(turn);
  }

  /** Writes `<task>.txt` and commits it after a second. */
  readonly works: AgentPlay = (turn) =>
    this.writes(turn, { [`${turn.task}.txt`]: `${turn.task} ${turn.number}\n` });

  /** A reviewer's answer after a second, of the commit it was given unless another is named. */
  judges(turn: Turn, verdict: object, afterMs = 1_000): FakeScript {
    const text = JSON.stringify({
      commit: turn.review?.head ?? '',
      summary: '',
      findings: [],
      earlier: [],
      ...verdict,
    });
    return { output: [{ afterMs: afterMs / 2, text: `${text}\n` }], exit: { afterMs, code: 0 } };
  }

  /** Changes files, commits them (but not where a conflict is resolved) and exits with 0, all after `afterMs`. */
  writes(turn: Turn, changes: Readonly<Record<string, string | null>>, afterMs = 1_000): FakeScript {
    const isResolver = turn.at.path.startsWith('/fake/resolutions/');
    const run = (): void => {
      if (isResolver) {
        for (const [path, content] of Object.entries(changes))
          this.git.controls.writeIn(turn.at.path, path, content);
        return;
      }
      for (const [path, content] of Object.entries(changes)) this.git.controls.write(turn.at, path, content);
      this.git.controls.commitAsAgent(turn.at, `work of ${turn.task}.${turn.number}`);
    };
    return { actions: [{ afterMs, run }], exit: { afterMs, code: 0 } };
  }
}

/** More than any plan of the tests needs. */
const MAX_EVENTS = 5_000;

const MACHINE = {
  cpuCount: 8,
  cpuBusy: 0,
  memoryTotalBytes: 1,
  memoryAvailableBytes: 1,
  diskFreeBytes: 1,
} as const;

function never(): Promise<never> {
  return new Promise(() => undefined);
}

/** The port as one process sees it: calls of a dead one reach nothing and never return. */
function mortal<P extends object>(port: P, life: Life): P {
  return new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        if (life.isDead) return never();
        try {
          return await (Reflect.apply(member, target, args) as Promise<unknown>);
        } finally {
          if (life.isDead) await never();
        }
      };
    },
  });
}
