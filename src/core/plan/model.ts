/**
 * The plan as the rest of Copse sees it: parsed, defaulted, validated. `formats/plan` makes it from `copse.yaml`,
 * and it is frozen into the log when a run starts. It holds no machine facts and no run state.
 *
 * plan: everything asked for · task: one piece of work, one branch, one worktree · wave: an ordered part of a task with
 * its own prompt and gates (a plain task has exactly one) · need: what must be true of another task first ·
 * scope: the paths a task says it will touch · gate: a command with metrics that must pass.
 */
import type { PriceTable } from '../agents/prices.ts';
import type { StreamFormat } from '../agents/formats.ts';
import type { ReviewPolicy } from '../review/model.ts';
import type { AcpPermission } from '../agents/permissions.ts';
import type { BranchName, GateName, RepoPath, TaskId } from '../ids.ts';

export interface Plan {
  readonly name: string;
  readonly goal: string | null;
  readonly agents: Readonly<Record<string, AgentSpec>>;
  readonly workspace: WorkspacePolicy;
  readonly gates: Readonly<Record<string, GateSpec>>;
  readonly tasks: readonly Task[];
  readonly merge: MergePolicy;
  readonly limits: Limits;
  readonly conflicts: ConflictPolicy;
  readonly budget: Budget | null;
  /** Dollars per million tokens by model, before the list prices; absent in plans of earlier versions. */
  readonly prices?: PriceTable;
  /** Who is told of what by Copse itself; absent: nobody. */
  readonly notify?: readonly NotifyChannel[];
}

/** needs_you: something waits for a person · failed: a task failed · done: the run ended. */
export type NotifyCause = 'needs_you' | 'failed' | 'done';

export type NotifyChannel =
  | { readonly kind: 'desktop'; readonly on: readonly NotifyCause[] }
  | {
      readonly kind: 'webhook';
      readonly on: readonly NotifyCause[];
      readonly to: string;
      /** Environment variable with the secret that signs each message; null: they are not signed. */
      readonly secretEnv: string | null;
    };

export interface Task {
  readonly id: TaskId;
  readonly title: string;
  /** Common brief, put before every wave's prompt. */
  readonly prompt: string;
  /** Key of `Plan.agents`. */
  readonly agent: string;
  /** Tried in order after the retries of the agent before are used up. */
  readonly fallback: readonly string[];
  readonly mode: 'agent' | 'manual';
  /** 0 critical .. 4 lowest; 2 by default. */
  readonly priority: 0 | 1 | 2 | 3 | 4;
  readonly estimate: Estimate;
  readonly scope: Scope;
  readonly needs: readonly Need[];
  /** At least one; numbers are 1..n in order. */
  readonly waves: readonly [Wave, ...Wave[]];
  readonly retries: RetryPolicy;
  /** Of one attempt. */
  readonly timeoutMs: number;
  /** No output and no file change for this long ends the attempt as stalled. */
  readonly stallMs: number;
  /** Names of mutual exclusions held while an attempt of this task runs. */
  readonly locks: readonly string[];
  /** Nothing else runs beside it. */
  readonly exclusive: boolean;
  readonly accept: readonly string[];
  readonly budget: Budget | null;
  readonly issue: number | null;
  /** Who judges its work before a wave is complete; null or absent: nobody. */
  readonly review?: ReviewPolicy | null;
  /** Of people, once its gates passed and before it goes on to land; absent or null: none is needed. */
  readonly approval?: Approval | null;
}

export interface Approval {
  /** Different people who say yes. */
  readonly required: number;
  /** Who may; empty: anyone. */
  readonly from: readonly string[];
}

export interface Wave {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  /** Empty when the task's prompt says it all. */
  readonly prompt: string;
  /** Gates that must pass on the task's branch when this wave is complete. */
  readonly gates: readonly GateName[];
  /** True when some other task needs this wave: it then goes through the merge queue on its own. */
  readonly landsEarly: boolean;
  /** false: not judged on its own; the review of a later wave sees it too. Absent: as the task says. */
  readonly isReviewed?: boolean;
  /** Before the next wave begins; absent or null: only what the task asks for, at its end. */
  readonly approval?: Approval | null;
}

export interface Need {
  readonly task: TaskId;
  /** Wave number of that task; null means all of it. */
  readonly wave: number | null;
  /** merged: on the target · verified: its gates passed · started: an attempt began · completed: ended, also if failed. */
  readonly when: 'merged' | 'verified' | 'started' | 'completed';
}

/** Minutes of work; equal numbers when the plan gives one figure. */
export interface Estimate {
  readonly lowMinutes: number;
  readonly likelyMinutes: number;
  readonly highMinutes: number;
  readonly origin: 'declared' | 'default';
}

export interface Scope {
  /** Glob patterns; empty when nothing was declared. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly origin: 'declared' | 'text' | 'none';
}

export interface RetryPolicy {
  /** Attempts beyond the first, over all causes of one wave. */
  readonly max: number;
  readonly backoff: 'none' | 'fixed' | 'exponential';
  readonly delayMs: number;
  readonly on: readonly RetryCause[];
}

export type RetryCause = 'crash' | 'timeout' | 'stall' | 'no_change' | 'gate' | 'rate_limit' | 'violation';

export interface Budget {
  readonly usd: number | null;
  readonly tokens: number | null;
  readonly timeMs: number | null;
  readonly onExceed: 'pause' | 'stop' | 'warn';
}

/** How an agent is started. `demo` is built in; `command` is any program by template. */
export type AgentSpec =
  | {
      readonly kind: 'demo';
      readonly name: string;
      readonly parallel: number | null;
      readonly instructions: string | null;
    }
  | {
      readonly kind: 'command';
      readonly name: string;
      /** Run by `sh -c` after `{prompt}`, `{prompt_file}`, `{worktree}`, `{task}` … were replaced by quoted values. */
      readonly run: string;
      readonly promptVia: 'arg' | 'stdin' | 'file';
      /** Names of environment variables passed through from the user's environment. */
      readonly passEnv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly parallel: number | null;
      readonly instructions: string | null;
      /** Absent for a command of which nothing is known but its exit. */
      readonly client?: ClientSpec;
      /** Its command speaks the Agent Client Protocol; absent: it takes its prompt as `promptVia` says. */
      readonly acp?: AcpSpec;
    };

/** How an agent that speaks ACP is dealt with. */
export interface AcpSpec {
  readonly permissions: AcpPermission;
  /** Chosen through the protocol; null: by its command, or its own choice. */
  readonly model: string | null;
  /** Whether it is offered to read and write through its client. */
  readonly offersFiles: boolean;
  /** Way to log in, when the agent wants it and the variable is there. */
  readonly auth: { readonly method: string; readonly variable: string } | null;
}

/** What is known of the program behind a command. */
export interface ClientSpec {
  /** Language it prints its progress in. */
  readonly output: StreamFormat;
  /** Command that goes on with the conversation `{session}`; null: every attempt begins a new one. */
  readonly resume: string | null;
  /** Agents with the same account share its rate limits and its login. */
  readonly account: string;
  /** As the plan names it; null: the client's own choice. */
  readonly model: string | null;
  /** Whose price is taken when nobody names the model. */
  readonly pricedAs: string | null;
  /** How it is started to judge work; null or absent: like for any other turn. */
  readonly review?: ReviewCommand | null;
}

/** Commands that let a client only read, and hold its answer to a schema where it can. */
export interface ReviewCommand {
  readonly run: string;
  readonly resume: string | null;
  readonly env: Readonly<Record<string, string>>;
}

export interface WorkspacePolicy {
  readonly isolation: 'worktree' | 'clone';
  /** Branch, tag or commit the work starts from; null: the target branch. */
  readonly base: string | null;
  /** Templates over `{plan}`, `{task}`, `{repo}`, `{run}`. */
  readonly branch: string;
  readonly path: string;
  /** Shell commands run in each new worktree and each gate checkout, in order. */
  readonly setup: readonly string[];
  readonly setupTimeoutMs: number;
  /** Ignored files of the user's checkout that are copied, or linked, into the worktree. */
  readonly copy: readonly string[];
  readonly link: readonly string[];
  /** Environment variables that each get a free port of their own. */
  readonly ports: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly keep: 'never' | 'on_failure' | 'always';
}

export type GateStage = 'wave' | 'task' | 'merge' | 'phase' | 'end';

export interface GateSpec {
  readonly name: GateName;
  /** Shell command, run in a clean checkout of the tree under test. */
  readonly run: string;
  readonly timeoutMs: number;
  /** Extra tries of a red result; a pass after a red one is marked flaky. */
  readonly retries: number;
  readonly at: readonly GateStage[];
  readonly severity: 'blocker' | 'warning';
  /** Mutual exclusion: no two gates with the same lock at once. */
  readonly lock: string | null;
  readonly env: Readonly<Record<string, string>>;
  /** Directory of the command inside the checkout. */
  readonly cwd: RepoPath | null;
  readonly metrics: readonly MetricSpec[];
}

export interface MetricSpec {
  readonly name: string;
  readonly source: MetricSource;
  /** How several values become one; `last` by default. */
  readonly aggregate: 'sum' | 'min' | 'max' | 'mean' | 'last' | 'first' | 'count';
  readonly min: number | null;
  readonly max: number | null;
  readonly equals: number | null;
  /** Allowed worsening against the baseline, as a fraction (0.05 = 5 %). */
  readonly maxRegression: number | null;
  readonly better: 'higher' | 'lower';
  /** base: measured on the merge base by running the gate there · file: read at the target's tip · value: given. */
  readonly baseline:
    | { readonly kind: 'base' }
    | { readonly kind: 'file'; readonly path: RepoPath; readonly json: string | null }
    | { readonly kind: 'value'; readonly value: number }
    | null;
  readonly severity: 'blocker' | 'warning';
}

export type MetricSource =
  | { readonly kind: 'regex'; readonly pattern: string; readonly file: RepoPath | null }
  | { readonly kind: 'json'; readonly path: string; readonly file: RepoPath | null }
  | {
      readonly kind: 'report';
      readonly format: 'junit' | 'tap' | 'lcov';
      readonly field: string;
      readonly file: RepoPath | null;
    };

export interface MergePolicy {
  /** The branch that work lands on; null: detected (see `engine/targets`). */
  readonly into: BranchName | null;
  readonly strategy: 'merge' | 'squash' | 'rebase';
  /** Trees tested at once. */
  readonly slots: number;
  readonly everyCommit: boolean;
  /** auto: a branch takes the target in between two attempts when there is a reason · offer: a person is told how · never. */
  readonly update: 'auto' | 'offer' | 'never';
  /** `rollback`: as `eject`, and what turns the gates at the end red is taken back. */
  readonly onFailure: 'eject' | 'stop' | 'rollback';
  /** What is tried on a text conflict, in order; a person is always the last. */
  readonly conflicts: readonly ConflictMeans[];
  /** The agent that resolves conflicts; null: the task's own. */
  readonly resolver: string | null;
  /** Set on the target's tip when a run has ended green; null: none. */
  readonly tag: string | null;
}

/**
 * auto: a resolution recorded earlier · structural: a structural merge tool · candidates: both sides, theirs, ours, the
 * first that is green · agent: the resolver · human: a person.
 */
export type ConflictMeans = 'auto' | 'structural' | 'candidates' | 'agent' | 'human';

export interface ConflictPolicy {
  readonly onOverlap: 'serialize' | 'warn' | 'allow';
  readonly enforceScope: 'off' | 'warn' | 'block';
  readonly ignore: readonly string[];
}

export interface Limits {
  readonly parallel: number | null;
  /** Highest load at which another agent may start, as fractions of the machine. */
  readonly cpu: number | null;
  readonly memory: number | null;
  readonly diskFreeBytes: number | null;
  readonly perTask: { readonly cpus: number | null; readonly memoryBytes: number | null };
  /** Most attempts at once per agent name. */
  readonly agents: Readonly<Record<string, number>>;
}
