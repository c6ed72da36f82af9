/** What the engine needs from outside; `main.ts` fills it with real adapters, tests with fakes. */
import type { AbsolutePath } from '../core/ids.ts';
import type { MetricSource } from '../core/plan/model.ts';
import type { Fact, Policy } from '../core/schedule/snapshot.ts';
import type { VerdictReading } from '../core/review/verdict.ts';
import type { RunState } from '../core/run/state.ts';
import type { RunEvent } from '../core/run/events.ts';
import type { GitPort } from '../ports/git.ts';
import type { NotifyPort } from '../ports/notify.ts';
import type { ProcessPort } from '../ports/processes.ts';
import type { Leadership, StorePort } from '../ports/store.ts';
import type { AgentsPort, ClockPort, Failpoint, FilesPort, MachinePort, WatchPort } from '../ports/world.ts';

export interface Deps {
  readonly git: GitPort;
  readonly processes: ProcessPort;
  readonly store: StorePort;
  readonly agents: AgentsPort;
  readonly clock: ClockPort;
  readonly machine: MachinePort;
  readonly files: FilesPort;
  readonly watch: WatchPort;
  readonly notify: NotifyPort;
  readonly failpoint: Failpoint;
  readonly metrics: MetricReader;
  readonly verdicts: VerdictReader;
  /** Hex digest of a text; equal texts give equal digests on every machine. */
  readonly digest: (text: string) => string;
  /** Variables that every child process gets: PATH, HOME, LANG and the like, nothing secret. */
  readonly baseEnvironment: Readonly<Record<string, string>>;
  readonly paths: StatePaths;
  readonly policy: Policy;
}

export interface StatePaths {
  readonly state: AbsolutePath;
  /** Where worktrees are made when the plan's template is relative. */
  readonly repository: AbsolutePath;
}

/** Reads the values of one metric out of a gate's output or a file it left. */
export type MetricReader = (
  source: MetricSource,
  input: { readonly output: string; readonly checkout: AbsolutePath },
) => Promise<
  | { readonly kind: 'values'; readonly values: readonly number[] }
  | { readonly kind: 'unreadable'; readonly why: string }
>;

/** What is asked of a reviewer's answer, and how one is read. */
export interface VerdictReader {
  /** JSON schema, on one line. */
  readonly schema: string;
  /** The likeliest place first; never throws. */
  read(answers: readonly string[]): VerdictReading;
}

/** Called after every durable change, in order; must not throw and must not wait. */
export type Observer = (change: { readonly events: readonly RunEvent[]; readonly state: RunState }) => void;

export interface ActContext {
  readonly deps: Deps;
  readonly leadership: Leadership;
  /** The run when the effect was intended or found open. */
  readonly state: RunState;
  readonly intent: RunIntent;
  /** Records a fact before the outcome; durable some time before the outcome is. */
  readonly emit: (fact: Fact) => void;
  /** Aborts when the effect's result is no longer wanted. */
  readonly signal: AbortSignal;
  /** Ports given out by this leader, on record or not. */
  readonly pickedPorts: Set<number>;
}

export type RunIntent = RunState['intents'] extends ReadonlyMap<infer Id, unknown> ? Id : never;
