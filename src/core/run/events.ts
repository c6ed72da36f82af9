/**
 * Everything that can happen to a run, as one union. The log of these events is the only truth; state is folded from it.
 *
 * Three families: facts (a process ended, a person asked), records (a decision that needs no effect: retry, failure,
 * entry into the queue, ejection) and intents with their outcomes (an effect is recorded as `intended` before it is
 * performed; its outcome carries the same intent id). An intent without outcome is performed again after a crash: every
 * effect looks at the world first, so performing it twice equals performing it once. Times are ms since the epoch.
 */
import type {
  AbsolutePath,
  AttemptId,
  BranchName,
  BuildId,
  CommitId,
  GateName,
  IntentId,
  RepoPath,
  RunId,
  TaskId,
  TreeId,
} from '../ids.ts';
import type { GateResult } from '../gates/model.ts';
import type { InboxEvent } from '../inbox/events.ts';
import type { QueueOutcome } from '../mergequeue/history.ts';
import type { ConflictEvent, QueueEvent, TargetEvent } from './queue-events.ts';
import type { ReviewEvent } from './review-events.ts';
import type { QueueOrderEvent } from './queue-orders.ts';
import type { Budget, Plan, RetryCause, Task } from '../plan/model.ts';
import type { StreamFacts } from '../agents/stream-facts.ts';
import type { Step } from './steps.ts';

export type RunEvent = { readonly atMs: number } & (
  | RunLifeEvent
  | TaskEvent
  | WorkspaceEvent
  | AttemptEvent
  | GateEvent
  | ReviewEvent
  | QueueEvent
  | QueueOrderEvent
  | ConflictEvent
  | TargetEvent
  | OverlapEvent
  | InboxEvent
  | LimitEvent
  | CareEvent
);

export type RunLifeEvent =
  | {
      readonly kind: 'run.started';
      readonly run: RunId;
      /** `plan`: tasks with agents · `merge`: branches that exist already. */
      readonly mode: 'plan' | 'merge';
      readonly plan: Plan;
      readonly target: BranchName;
      /** Tip of the target when the run began; work starts from here. */
      readonly base: CommitId;
      readonly options: RunOptions;
      /** What became of changes in the runs before, oldest first; absent: nothing is known. */
      readonly outcomes?: readonly QueueOutcome[];
    }
  | { readonly kind: 'run.paused'; readonly by: string; readonly why: string }
  | { readonly kind: 'run.resumed'; readonly by: string }
  | { readonly kind: 'run.finished'; readonly outcome: RunOutcome }
  | { readonly kind: 'intended'; readonly intent: IntentId; readonly step: Step; readonly because: string }
  /** The effect was refused by the world and left nothing behind; the task or build it served decides what is next. */
  | {
      readonly kind: 'abandoned';
      readonly intent: IntentId;
      /** The task it served; null when it served the queue. */
      readonly task: TaskId | null;
      readonly code: string;
      readonly why: string;
    };

export interface RunOptions {
  /** Stop after the tasks' own gates. */
  readonly noMerge: boolean;
  /** Attempts at once; null: the plan's limit, else one per two processors. */
  readonly parallel: number | null;
  /** Only these tasks (and what they need); null: all. */
  readonly only: readonly TaskId[] | null;
  /** Stop after the worktrees are prepared. */
  readonly prepareOnly: boolean;
  /** Seed of every choice that is free. */
  readonly seed: number;
  /** The remote whose branch the target is; absent: a branch of the user's own repository. */
  readonly remote?: string;
  /** Branches that enter the queue when they appear or move; absent: only those that were named. */
  readonly watch?: { readonly patterns: readonly string[]; readonly untilIdleMs: number | null };
}

export type RunOutcome = 'done' | 'failed' | 'waiting' | 'conflict' | 'limit' | 'stopped';

export type TaskEvent =
  | { readonly kind: 'task.added'; readonly task: Task }
  /** Why a task whose needs are met does not start; null when nothing holds it any more. */
  | { readonly kind: 'task.held'; readonly task: TaskId; readonly why: string | null }
  | {
      readonly kind: 'task.retry';
      readonly task: TaskId;
      /** review: findings are open; the author is given them. */
      readonly cause: RetryCause | FreeCause | 'review';
      /** It was not the task's fault: none of its retries is used up. Absent: one is. */
      readonly isFree?: boolean;
      readonly agent: string;
      readonly notBeforeMs: number;
      readonly feedback: Feedback;
      /** The branch first takes this commit in, so that the agent sees what it clashed with. */
      readonly onto: CommitId | null;
    }
  | {
      readonly kind: 'task.failed';
      readonly task: TaskId;
      readonly cause: FailureCause;
      readonly detail: string;
    }
  | {
      readonly kind: 'task.needs_person';
      readonly task: TaskId;
      readonly cause: PersonCause;
      readonly detail: string;
      readonly files: readonly RepoPath[];
    }
  | { readonly kind: 'task.skipped'; readonly task: TaskId; readonly why: string }
  | { readonly kind: 'task.stopped'; readonly task: TaskId; readonly by: string }
  | { readonly kind: 'task.stop_requested'; readonly task: TaskId; readonly by: string }
  | { readonly kind: 'task.skip_requested'; readonly task: TaskId; readonly by: string }
  /** Before its next attempt the branch is to take the target in. */
  | { readonly kind: 'task.update_requested'; readonly task: TaskId; readonly by: string }
  /** A person asks for another try; `fresh` gives it a new worktree from the target. */
  | {
      readonly kind: 'task.reopened';
      readonly task: TaskId;
      readonly by: string;
      readonly fresh: boolean;
      readonly wave: number | null;
    }
  | { readonly kind: 'wave.completed'; readonly task: TaskId; readonly wave: number; readonly head: CommitId }
  | { readonly kind: 'task.verified'; readonly task: TaskId; readonly head: CommitId };

export type WorkspaceEvent =
  | {
      readonly kind: 'workspace.prepared';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly workspace: Workspace;
      readonly technique: string;
      /** Files the plan wanted copied or linked that were not there. */
      readonly missing: readonly string[];
    }
  | {
      readonly kind: 'workspace.failed';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly what: 'occupied' | 'setup';
      readonly detail: string;
      readonly log: string | null;
    }
  | {
      readonly kind: 'workspace.updated';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly head: CommitId;
      readonly onto: CommitId;
    }
  | {
      readonly kind: 'workspace.conflicted';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly onto: CommitId;
      readonly files: readonly RepoPath[];
    }
  | {
      readonly kind: 'workspace.removed';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly outcome: 'removed' | 'absent' | 'refused';
      readonly unsaved: readonly RepoPath[];
      readonly branch: 'deleted' | 'absent' | 'moved' | 'kept';
    };

export interface Workspace {
  readonly branch: BranchName;
  readonly path: AbsolutePath;
  readonly base: CommitId;
  readonly isolation: 'worktree' | 'clone';
  readonly ports: Readonly<Record<string, number>>;
}

/** What the next attempt is told about the one before. */
export interface Feedback {
  readonly summary: string;
  /** Logs whose tail goes into the brief, relative to the state folder. */
  readonly logs: readonly string[];
  /** It was given the open findings of a review. */
  readonly isReview?: boolean;
}

/** Causes that say nothing about the task: it is tried again for nothing. */
export type FreeCause = 'rate_limit' | 'auth' | 'session';
export type FailureCause = RetryCause | 'setup' | 'environment' | 'need' | 'budget' | 'approval' | 'review';
export type PersonCause =
  | 'conflict'
  | 'workspace'
  | 'violation'
  | 'target'
  | 'environment'
  | 'login'
  | 'budget'
  | 'review'
  /** Its agent ended its turn with a question, or because it was not allowed something. */
  | 'question'
  | 'permission';

export type AttemptEvent =
  | {
      readonly kind: 'attempt.started';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly wave: number;
      readonly agent: string;
      /** Id of the guard snapshot taken before it began. */
      readonly snapshot: string;
      readonly headBefore: CommitId;
      /** The conversation it goes on with; absent or null: a new one. */
      readonly session?: string | null;
      /** It was told the messages of the task up to this number; absent: there were none. */
      readonly messages?: number;
    }
  | {
      readonly kind: 'attempt.exited';
      readonly attempt: AttemptId;
      readonly task: TaskId;
      readonly exit: ExitFacts;
    }
  | {
      readonly kind: 'attempt.collected';
      readonly intent: IntentId;
      readonly attempt: AttemptId;
      readonly task: TaskId;
      readonly facts: AttemptFacts;
    }
  | {
      readonly kind: 'attempt.judged';
      readonly attempt: AttemptId;
      readonly task: TaskId;
      readonly verdict: AttemptVerdict;
      readonly because: string;
    }
  | {
      readonly kind: 'attempt.stop_sent';
      readonly intent: IntentId;
      readonly attempt: AttemptId;
      readonly task: TaskId;
    };

export interface ExitFacts {
  readonly code: number | null;
  readonly signal: string | null;
  readonly cause: 'exited' | 'timeout' | 'stalled' | 'stopped' | 'spawn-failed' | 'supervisor-lost';
  readonly detail: string | null;
  readonly durationMs: number;
  readonly outputBytes: number;
  readonly survivors: readonly number[];
}

/** What was found in the world after an attempt ended. */
export interface AttemptFacts {
  /** Tip of the task's branch after take-in; null when it was refused. */
  readonly head: CommitId | null;
  readonly tree: TreeId | null;
  readonly refusal: string | null;
  readonly newCommits: number;
  /** Uncommitted work was there and became this commit on the branch. */
  readonly committedOnBehalf: CommitId | null;
  /** Uncommitted or removed work was saved under this ref of the control repository. */
  readonly salvageRef: string | null;
  readonly violations: readonly ViolationFact[];
  /** At most `MAX_RECORDED_PATHS`; `changedCount` is the true number. */
  readonly changedPaths: readonly RepoPath[];
  readonly changedCount: number;
  readonly insertions: number;
  readonly deletions: number;
  readonly conflictMarkers: readonly RepoPath[];
  readonly outOfScope: readonly RepoPath[];
  readonly unsafe: readonly string[];
  /** What its client said; absent when nothing is read out of its output. */
  readonly stream?: StreamFacts;
}

/** Paths kept in one event; a larger change is still counted in full. */
export const MAX_RECORDED_PATHS = 2_000;

export interface ViolationFact {
  readonly what: string;
  readonly detail: string;
  readonly repaired: boolean;
  /** Told for the record: a person may have done it, and nothing had to be repaired. */
  readonly tolerated: boolean;
}

export type AttemptVerdict =
  'committed' | 'no_change' | 'crash' | 'timeout' | 'stall' | 'stopped' | 'violation' | FreeCause;

export type GateSubject =
  | { readonly kind: 'task'; readonly task: TaskId; readonly wave: number }
  | { readonly kind: 'build'; readonly build: BuildId }
  /** The target as it is, before anything of this run: asked only when blame depends on it. */
  | { readonly kind: 'tip' }
  | { readonly kind: 'end' }
  /** A first-parent commit of the target, while the change that turned it red is looked for. */
  | {
      readonly kind: 'bisect';
      readonly commit: CommitId;
      /** Changes in it that were taken back since: tested without them, or one culprit would hide another. */
      readonly without: readonly { readonly commit: CommitId; readonly parent: CommitId }[];
    };

export type GateEvent =
  | {
      readonly kind: 'gate.finished';
      readonly subject: GateSubject;
      readonly result: GateResult;
      /** Taken from an earlier run of the same tree. */
      readonly reused: boolean;
    }
  | {
      readonly kind: 'gates.finished';
      readonly intent: IntentId;
      readonly subject: GateSubject;
      readonly commit: CommitId;
      readonly tree: TreeId;
      readonly verdict: 'green' | 'red' | 'cancelled';
      /** Blocker gates that were red. */
      readonly red: readonly GateName[];
    };

export interface ExpectedPair {
  readonly a: TaskId;
  readonly b: TaskId;
  /** That both change one file, 0..1. */
  readonly chance: number;
  /** What says so: `declared`, `text`, `history`. */
  readonly origin: readonly string[];
  /** The likeliest one. */
  readonly file: string | null;
  readonly because: string;
}

export type OverlapEvent =
  /** Which tasks are likely to change one file, before they began; `dropped` more were found. */
  | { readonly kind: 'overlap.expected'; readonly pairs: readonly ExpectedPair[]; readonly dropped: number }
  /** The work of two tasks, or of a task and the target, does not merge as it is now. */
  | {
      readonly kind: 'overlap.seen';
      readonly a: TaskId;
      /** null: what is on the target. */
      readonly b: TaskId | null;
      /** What was merged on trial; of uncommitted work a commit of the moment, which no ref keeps. */
      readonly tips: { readonly a: CommitId; readonly b: CommitId };
      /** In conflict, as git names them; `fileCount` is the true number. */
      readonly files: readonly RepoPath[];
      readonly fileCount: number;
    }
  | {
      readonly kind: 'overlap.gone';
      readonly a: TaskId;
      readonly b: TaskId | null;
      /** clean: the two merge again · ended: one of the two has landed or ended. */
      readonly because: 'clean' | 'ended';
    };

export type LimitEvent =
  /** Nothing more is started on the account until then; null: until a person has seen to it. */
  | {
      readonly kind: 'account.parked';
      readonly account: string;
      readonly because: 'rate_limit' | 'auth';
      readonly untilMs: number | null;
      readonly why: string;
      readonly task: TaskId;
      readonly attempt: AttemptId;
    }
  | {
      readonly kind: 'budget.exceeded';
      /** null: the budget of the whole run. */
      readonly task: TaskId | null;
      readonly what: BudgetMeasure;
      readonly spent: number;
      readonly limit: number;
      readonly action: Budget['onExceed'];
    };

/** Dollars, tokens, milliseconds. */
export type BudgetMeasure = 'usd' | 'tokens' | 'time';

export type CareEvent =
  /** Moved refs or removed things on a person's word; `undo` reads the refs. */
  {
    readonly kind: 'operation';
    readonly id: string;
    readonly what: string;
    readonly refs: readonly {
      readonly ref: string;
      readonly from: CommitId | null;
      readonly to: CommitId | null;
    }[];
    readonly undoes: string | null;
  };
