/** What happens to the merge queue, the conflicts of its changes, and the target. */
import type {
  AbsolutePath,
  BranchName,
  BuildId,
  ChangeId,
  CommitId,
  GateName,
  IntentId,
  RepoPath,
  TaskId,
  TreeId,
} from '../ids.ts';
import type { BisectPoint, BisectVerdict } from './bisect.ts';
import type { ChangeOrigin, ResolutionOutcome, ResolutionStage } from './conflict.ts';
import type { EntryWish } from './queue-orders.ts';

export type QueueEvent =
  | {
      readonly kind: 'queue.entered';
      readonly change: ChangeId;
      readonly task: TaskId | null;
      readonly wave: number | null;
      readonly branch: BranchName;
      /** null: the branch is still to be taken in. */
      readonly head: CommitId | null;
      readonly title: string;
      readonly paths: readonly RepoPath[];
      /** Absent: nothing special. */
      readonly wish?: EntryWish;
      /** Where the branch was when a watched queue saw it. */
      readonly seen?: CommitId;
      /** Absent: a branch as its author left it. */
      readonly origin?: ChangeOrigin;
    }
  | {
      readonly kind: 'queue.taken_in';
      readonly intent: IntentId;
      readonly change: ChangeId;
      readonly outcome: 'taken' | 'rejected' | 'contained';
      readonly head: CommitId | null;
      readonly paths: readonly RepoPath[];
      readonly detail: string;
      /** Its commits that the target lacks, newest first, at most `MAX_STACK_COMMITS`; absent: not looked at. */
      readonly commits?: readonly CommitId[];
    }
  | {
      readonly kind: 'build.made';
      readonly intent: IntentId;
      readonly build: BuildId;
      readonly tip: CommitId;
      /** One commit per member, in order; the last is the one under test. */
      readonly commits: readonly { readonly change: ChangeId; readonly commit: CommitId }[];
      readonly tree: TreeId;
    }
  | {
      readonly kind: 'build.conflicted';
      readonly intent: IntentId;
      readonly build: BuildId;
      readonly tip: CommitId;
      readonly change: ChangeId;
      /** The earlier member it cannot be merged with; null: the tip itself. */
      readonly withChange: ChangeId | null;
      readonly files: readonly RepoPath[];
      /** Merge base of the two sides, when the tip itself is the other one. */
      readonly base?: CommitId | null;
    }
  | { readonly kind: 'build.cancelled'; readonly build: BuildId; readonly because: string }
  | {
      readonly kind: 'landed';
      readonly intent: IntentId;
      readonly build: BuildId;
      readonly from: CommitId;
      readonly to: CommitId;
      readonly changes: readonly { readonly change: ChangeId; readonly commit: CommitId }[];
      readonly checkout: 'none' | 'fast-forwarded';
    }
  /** On the present tip the same members make another tree than the one that was tested. */
  | {
      readonly kind: 'landing.void';
      readonly intent: IntentId;
      readonly build: BuildId;
      readonly because: string;
    }
  | {
      readonly kind: 'landing.held';
      readonly intent: IntentId;
      readonly build: BuildId;
      readonly checkout: AbsolutePath;
      readonly to: CommitId;
    }
  /** The target was seen elsewhere than the queue left it: builds on the old tip are void. */
  | {
      readonly kind: 'target.moved';
      readonly intent: IntentId | null;
      readonly from: CommitId;
      readonly to: CommitId | null;
      readonly how: 'forward' | 'rewritten' | 'deleted';
    }
  | {
      readonly kind: 'change.ejected';
      readonly change: ChangeId;
      readonly because: EjectCause;
      readonly detail: string;
      readonly red: BuildId | null;
      readonly green: BuildId | 'tip' | null;
      readonly files: readonly RepoPath[];
    };

export type ConflictEvent =
  /** A change and the target changed the same lines: both sides are on record from here on. */
  | {
      readonly kind: 'conflict.opened';
      readonly change: ChangeId;
      readonly base: CommitId | null;
      readonly ours: CommitId;
      readonly theirs: CommitId;
      readonly files: readonly RepoPath[];
      /** Landed changes of this run that touched the same files. */
      readonly company: readonly ChangeId[];
    }
  | ({
      readonly kind: 'conflict.tried';
      readonly intent: IntentId;
      readonly change: ChangeId;
      readonly stage: ResolutionStage;
      readonly agent: string | null;
      readonly onto: CommitId;
    } & ResolutionOutcome)
  /** A person resolved it: `head` has exactly the parents {onto, the change}. */
  | {
      readonly kind: 'conflict.resolved';
      readonly change: ChangeId;
      readonly by: string;
      readonly onto: CommitId;
      readonly head: CommitId;
      readonly files: readonly RepoPath[];
    }
  /** A person wants an agent to try. */
  | {
      readonly kind: 'conflict.asked';
      readonly change: ChangeId;
      readonly by: string;
      readonly agent: string;
    }
  /** A person gives the change up. */
  | { readonly kind: 'conflict.dropped'; readonly change: ChangeId; readonly by: string };

export type TargetEvent =
  | {
      readonly kind: 'bisect.started';
      readonly gates: readonly GateName[];
      readonly points: readonly BisectPoint[];
    }
  | { readonly kind: 'bisect.finished'; readonly verdict: BisectVerdict }
  | {
      readonly kind: 'target.tagged';
      readonly intent: IntentId;
      readonly tag: string;
      readonly commit: CommitId;
      /** `taken`: the tag names another commit and was left there. */
      readonly outcome: 'tagged' | 'taken';
    };

export type EjectCause = 'broken' | 'conflict' | 'withdrawn' | 'rejected';
