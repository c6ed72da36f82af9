/** What a run is at one moment, folded from its events. Plain data; nothing here is computed from the clock. */
import type {
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
} from '../ids.ts';
import type { GateResult } from '../gates/model.ts';
import type { Budget, Plan, Task } from '../plan/model.ts';
import type { Spend } from '../agents/spend.ts';
import type { SideTurn } from '../agents/turns.ts';
import type { ReviewState } from '../review/model.ts';
import type {
  AttemptFacts,
  AttemptVerdict,
  BudgetMeasure,
  ExpectedPair,
  ExitFacts,
  FailureCause,
  Feedback,
  PersonCause,
  RunOptions,
  RunOutcome,
  Workspace,
} from './events.ts';
import type { EjectCause } from './queue-events.ts';
import type { QueueMemory, QueueOutcome } from '../mergequeue/history.ts';
import type { Overlap } from './overlaps.ts';
import type { Priority } from './queue-orders.ts';
import type { ChangeOrigin, ConflictState } from './conflict.ts';
import type { ItemId } from '../inbox/events.ts';
import type { InboxState } from '../inbox/model.ts';
import type { BisectState } from './bisect.ts';
import type { Step } from './steps.ts';

export interface RunState {
  /** What became of changes in the runs before this one, oldest first. */
  readonly outcomes: readonly QueueOutcome[];
  /** The same, as the planner of the queue uses it. */
  readonly memory: QueueMemory;
  readonly id: RunId;
  readonly mode: 'plan' | 'merge';
  readonly plan: Plan;
  readonly options: RunOptions;
  readonly target: BranchName;
  readonly base: CommitId;
  readonly startedAtMs: number;
  readonly life:
    | { readonly kind: 'running' }
    | { readonly kind: 'paused'; readonly why: string; readonly sinceMs: number }
    | { readonly kind: 'finished'; readonly outcome: RunOutcome; readonly atMs: number };
  readonly tasks: ReadonlyMap<TaskId, TaskState>;
  readonly attempts: ReadonlyMap<AttemptId, AttemptState>;
  /** Turns of agents beside the attempts: at reviews, at conflicts; in the order they ended. */
  readonly sideTurns: readonly SideTurn[];
  readonly queue: QueueState;
  /** Effects recorded and not yet settled. */
  readonly intents: ReadonlyMap<IntentId, OpenIntent>;
  /** By `gateKey` and the gate's name; `knownResult` reads it. */
  readonly gateResults: ReadonlyMap<string, GateResult>;
  /** Accounts on which nothing may start now, by name. */
  readonly accounts: ReadonlyMap<string, ParkedAccount>;
  /** Budgets of the run, and of tasks by id, that were passed. */
  readonly budgets: ReadonlyMap<string, PassedBudget>;
  /** What waits for people, and what they said. */
  readonly inbox: InboxState;
  readonly endGates: 'pending' | 'green' | 'red';
  /** Tasks likely to meet, by `overlapKey`; null until it was found out. */
  readonly expected: ReadonlyMap<string, ExpectedPair> | null;
  /** Conflicts noticed while work is being done, by `overlapKey`. */
  readonly overlaps: ReadonlyMap<string, Overlap>;
  /** Blocker gates that failed at the end; empty unless `endGates` is red because they ran. */
  readonly endRed: readonly GateName[];
  /** The search for what turned the target red; null before one began, and again once something landed. */
  readonly bisect: BisectState | null;
  /** The newest tag of the target, or the one that could not be set. */
  readonly tagged: {
    readonly tag: string;
    readonly commit: CommitId;
    readonly outcome: 'tagged' | 'taken' | 'refused';
  } | null;
  /** Numbers handed out so far. */
  readonly counters: { readonly intents: number; readonly builds: number };
  readonly lastAtMs: number;
}

export interface ParkedAccount {
  readonly because: 'rate_limit' | 'auth';
  /** null: until a person has seen to it. */
  readonly untilMs: number | null;
  readonly why: string;
}

/** A budget that was passed, until a person lets the work go on; each such word grants the same amount again. */
export interface PassedBudget {
  readonly isOpen: boolean;
  readonly atMs: number;
  readonly what: BudgetMeasure;
  readonly spent: number;
  readonly limit: number;
  readonly action: Budget['onExceed'];
  /** How often the amount was granted beyond the first. */
  readonly grants: number;
}

export interface OpenIntent {
  readonly id: IntentId;
  readonly step: Step;
  readonly because: string;
  readonly sinceMs: number;
}

export interface TaskState {
  readonly task: Task;
  readonly progress: Progress;
  readonly sinceMs: number;
  /** The world refused the last effect; it is tried again. */
  readonly trouble: { readonly count: number; readonly notBeforeMs: number; readonly why: string } | null;
  /** Why it does not start although nothing it needs is missing; null when nothing holds it. */
  readonly hold: string | null;
  readonly workspace: Workspace | null;
  /** Names for branch and path that were already taken by something else. */
  readonly placesTaken: number;
  /** Head of the branch as last taken in. */
  readonly head: CommitId | null;
  readonly tree: TreeId | null;
  /** The wave being worked on, from 1. */
  readonly wave: number;
  readonly attempts: readonly AttemptId[];
  /** Attempts before this place worked in another worktree: their conversations know other files. */
  readonly freshSince: number;
  /** Tries of this wave beyond the first; 0 again when the next wave begins or a person asks for another try. */
  readonly retriesUsed: number;
  /** Agent of the next attempt. */
  readonly agent: string;
  readonly feedback: Feedback | null;
  readonly stopRequested: string | null;
  readonly skipRequested: string | null;
  /** Who asked that the branch takes the target in before the next attempt. */
  readonly updateRequested: string | null;
  /** Commit of the target that the branch last took in, or could not merge with. */
  readonly targetTried: CommitId | null;
  readonly landedCommit: CommitId | null;
  /** A head equal to this holds no new work: base, end of the wave before, or the head that was red. */
  readonly startedFrom: CommitId | null;
  /** Why the worktree stays although the task is done. */
  readonly workspaceKept: string | null;
  readonly changedPaths: readonly RepoPath[];
  /** Latest result per gate, on the branch or on the merged tree. */
  readonly gates: readonly GateResult[];
  readonly waves: readonly { readonly number: number; readonly head: CommitId; readonly atMs: number }[];
  readonly review: ReviewState;
  readonly salvage: readonly string[];
  readonly violations: readonly string[];
}

export type Progress =
  | { readonly kind: 'waiting' }
  /** The worktree is there and the next attempt may start. */
  | { readonly kind: 'prepared' }
  | { readonly kind: 'backing-off'; readonly notBeforeMs: number; readonly cause: string }
  /** The branch is to take `onto` in before the next attempt. */
  | { readonly kind: 'updating'; readonly onto: CommitId; readonly notBeforeMs: number }
  | { readonly kind: 'working'; readonly attempt: AttemptId }
  | { readonly kind: 'collecting'; readonly attempt: AttemptId }
  | { readonly kind: 'judging'; readonly attempt: AttemptId }
  | {
      readonly kind: 'judged';
      readonly attempt: AttemptId;
      readonly verdict: Exclude<AttemptVerdict, 'committed'>;
      readonly because: string;
    }
  | { readonly kind: 'verifying'; readonly head: CommitId; readonly tree: TreeId }
  /** Gates of the present wave are green. */
  | { readonly kind: 'green'; readonly head: CommitId; readonly tree: TreeId }
  /** Green, and people have to say yes to exactly this commit before it goes on. */
  | {
      readonly kind: 'awaiting-approval';
      readonly item: ItemId;
      readonly head: CommitId;
      readonly tree: TreeId;
    }
  | { readonly kind: 'red'; readonly red: readonly string[]; readonly logs: readonly string[] }
  | { readonly kind: 'queued'; readonly change: ChangeId }
  | {
      readonly kind: 'ejected';
      readonly because: EjectCause;
      readonly detail: string;
      readonly files: readonly RepoPath[];
      readonly logs: readonly string[];
    }
  | {
      readonly kind: 'needs-person';
      readonly cause: PersonCause;
      readonly detail: string;
      readonly files: readonly RepoPath[];
    }
  | { readonly kind: 'verified' }
  | { readonly kind: 'landed' }
  | { readonly kind: 'failed'; readonly cause: FailureCause; readonly detail: string }
  | { readonly kind: 'stopped'; readonly by: string }
  | { readonly kind: 'skipped'; readonly why: string };

export interface AttemptState {
  readonly id: AttemptId;
  readonly task: TaskId;
  readonly wave: number;
  readonly agent: string;
  readonly snapshot: string;
  readonly headBefore: CommitId;
  readonly startedAtMs: number;
  readonly exit: ExitFacts | null;
  readonly endedAtMs: number | null;
  readonly facts: AttemptFacts | null;
  readonly verdict: AttemptVerdict | null;
  readonly because: string | null;
  /** The conversation it went on with. */
  readonly session: string | null;
  /** What it used; null until it has ended, and where nothing is known. */
  readonly spend: Spend | null;
}

export interface QueueState {
  readonly tip: CommitId;
  /** Tree of the tip when a landing of this run made it; null when someone else did. */
  readonly tipTree: TreeId | null;
  /** Whether the tip passes the merge gates; a landing proves it, anything else has to be asked. */
  readonly tipProof: 'unknown' | 'green' | 'red';
  /** When something last landed or was ejected, or the queue began. */
  readonly decidedAtMs: number;
  /** False when the target was rewritten or deleted by someone else: nothing more is landed. */
  readonly isOpen: boolean;
  /** Why nothing more is landed; null while it is open. */
  readonly closedBecause: string | null;
  /** A person closed it: to everything, or to what is less urgent than `below`; null when nobody did. */
  readonly closedFor: { readonly by: string; readonly below: Priority | null } | null;
  /** The world refused the queue's last effect; nothing of it is tried again before then. */
  readonly trouble: { readonly count: number; readonly notBeforeMs: number; readonly why: string } | null;
  readonly changes: ReadonlyMap<ChangeId, ChangeState>;
  readonly builds: ReadonlyMap<BuildId, BuildState>;
  /** In landing order. */
  readonly landed: readonly ChangeId[];
  /** Every move of the target by this run, in order. */
  readonly landings: readonly Landing[];
  /** A proven landing that waits for a checkout to become clean. */
  readonly held: { readonly build: BuildId; readonly checkout: string; readonly to: CommitId } | null;
  readonly gateRuns: number;
}

export interface Landing {
  readonly build: BuildId;
  readonly from: CommitId;
  readonly to: CommitId;
  readonly tree: TreeId | null;
  readonly changes: readonly ChangeId[];
}

export interface ChangeState {
  readonly id: ChangeId;
  readonly task: TaskId | null;
  readonly wave: number | null;
  readonly branch: BranchName;
  readonly head: CommitId | null;
  /** Where the branch was when it was seen to appear or move; null: it was named. */
  readonly seen: CommitId | null;
  readonly title: string;
  readonly arrival: number;
  readonly enteredAtMs: number;
  readonly paths: readonly RepoPath[];
  readonly textConflicts: readonly ChangeId[];
  /** Its own commits as far as they were looked at: what tells a branch that is built on another. */
  readonly commits: readonly CommitId[];
  readonly standing: Standing;
  /** null: a branch as its author left it. */
  readonly origin: ChangeOrigin | null;
  /** The newest conflict with the target; null when there never was one. */
  readonly conflict: ConflictState | null;
  readonly state:
    | { readonly kind: 'announced' }
    | { readonly kind: 'pending' }
    /** Cannot be merged with the target; the chain of resolutions works on it. */
    | { readonly kind: 'conflicted' }
    /** A resolution of it is in the queue, or landed, in its place. */
    | { readonly kind: 'superseded'; readonly by: ChangeId }
    | { readonly kind: 'landed'; readonly commit: CommitId | null }
    | {
        readonly kind: 'ejected';
        readonly because: EjectCause;
        readonly detail: string;
        readonly files: readonly RepoPath[];
        readonly red: BuildId | null;
        readonly green: BuildId | 'tip' | null;
      };
}

/** What people wish for a change. */
export interface Standing {
  /** null: that of its task, else the usual one. */
  readonly priority: Priority | null;
  /** Smaller is earlier among equal priorities; its arrival unless somebody moved it. */
  readonly order: number;
  readonly alone: boolean;
  readonly needs: readonly ChangeId[];
  readonly heldBy: string | null;
  readonly ejectRequestedBy: string | null;
}

export interface BuildState {
  readonly id: BuildId;
  readonly members: readonly ChangeId[];
  readonly tip: CommitId;
  /** How many changes were on the target when it was made. */
  readonly landedBefore: number;
  readonly startedAtMs: number;
  readonly because: string;
  /** The red build of the same tree that this one repeats. */
  readonly repeats: BuildId | null;
  readonly commits: readonly { readonly change: ChangeId; readonly commit: CommitId }[];
  readonly tree: TreeId | null;
  readonly state: 'making' | 'made' | 'green' | 'red' | 'cancelled' | 'conflicted' | 'void';
  /** Why git could not make it; null unless `conflicted`. */
  readonly conflict: {
    readonly change: ChangeId;
    readonly withChange: ChangeId | null;
    readonly files: readonly RepoPath[];
    readonly base: CommitId | null;
  } | null;
  /** Blocker gates that were red. */
  readonly red: readonly string[];
  /** Logs of the red gates, relative to the state folder. */
  readonly redLogs: readonly string[];
  /** What its gates took, in this run or an earlier one that knew the tree; 0 until they are through. */
  readonly gateMs: number;
  /** When its gates were through, cancelled ones left out. */
  readonly endedAtMs: number | null;
}

/** Key of a gate result: the same tree with the same gate in the same environment is never run twice. */
export function gateKey(tree: TreeId, gateDigest: string, environmentDigest: string): string {
  return `${tree}|${gateDigest}|${environmentDigest}`;
}

/** A recorded result of the same tree, definition and environment, whichever gate of that definition it was. */
export function knownResult(state: RunState, key: string): GateResult | null {
  for (const name of Object.keys(state.plan.gates)) {
    const found = state.gateResults.get(`${key}|${name}`);
    if (found !== undefined) return found;
  }
  return null;
}
