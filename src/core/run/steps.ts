/** The effects a run may ask for. Each is performed by one file of `engine/act` and may be performed twice without harm. */
import type {
  AbsolutePath,
  AttemptId,
  BranchName,
  BuildId,
  ChangeId,
  CommitId,
  TaskId,
  TreeId,
} from '../ids.ts';
import type { Notice } from '../inbox/notices.ts';
import type { ResolutionStage } from './conflict.ts';
import type { GateSubject } from './events.ts';

export type Step =
  | {
      readonly kind: 'prepare-workspace';
      readonly task: TaskId;
      readonly branch: BranchName;
      readonly path: AbsolutePath;
      readonly base: CommitId;
    }
  | {
      readonly kind: 'start-attempt';
      readonly task: TaskId;
      readonly wave: number;
      readonly attempt: AttemptId;
      readonly agent: string;
      /** It is told the messages of the task up to this number; absent: there are none. */
      readonly messages?: number;
    }
  | { readonly kind: 'stop-attempt'; readonly task: TaskId; readonly attempt: AttemptId }
  | { readonly kind: 'collect-attempt'; readonly task: TaskId; readonly attempt: AttemptId }
  /** Puts the answer of a person where the agent looks for it. */
  | {
      readonly kind: 'deliver-answer';
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly question: string;
    }
  /** Tells people of something, on one channel of the plan. */
  | { readonly kind: 'notify'; readonly channel: number; readonly notice: Notice }
  /** The branch has moved while people looked at it: what it holds now is taken in. */
  | { readonly kind: 'take-in-head'; readonly task: TaskId }
  | { readonly kind: 'update-workspace'; readonly task: TaskId; readonly onto: CommitId }
  | {
      readonly kind: 'run-gates';
      readonly subject: GateSubject;
      readonly commit: CommitId;
      /** null: whatever tree the commit has. */
      readonly tree: TreeId | null;
      /** Where metrics with `baseline: base` are measured. */
      readonly base: CommitId;
      readonly slot: string;
      /** Recorded results of the same tree are not reused: this run repeats a red one. */
      readonly fresh: boolean;
    }
  /** One turn of a reviewer, in a checkout of its own. */
  | {
      readonly kind: 'run-review';
      readonly task: TaskId;
      readonly wave: number;
      readonly agent: string;
      readonly head: CommitId;
      readonly tree: TreeId;
      /** What is judged is the difference from here to `head`. */
      readonly since: CommitId;
      /** From 1 in the wave. */
      readonly number: number;
      readonly slot: string;
      /** The conversation it goes on with; null: a new one. */
      readonly session: string | null;
      /** What is judged is how this change's conflict with the target was settled; absent: the task's own work. */
      readonly change?: ChangeId;
    }
  | { readonly kind: 'take-in-branch'; readonly branch: BranchName; readonly change: ChangeId }
  | {
      readonly kind: 'make-build';
      readonly build: BuildId;
      readonly members: readonly ChangeId[];
      readonly tip: CommitId;
      /** Commit date of every merge in it: the same step always gives the same ids. */
      readonly dateMs: number;
      readonly repeats: BuildId | null;
    }
  | {
      readonly kind: 'resolve-conflict';
      readonly change: ChangeId;
      readonly stage: Exclude<ResolutionStage, 'clean' | 'person'>;
      /** null unless the stage is `agent`. */
      readonly agent: string | null;
      /** The target to resolve for. */
      readonly onto: CommitId;
      readonly head: CommitId;
      readonly dateMs: number;
    }
  | {
      readonly kind: 'publish';
      readonly build: BuildId;
      readonly from: CommitId;
      /** What the landing adds to `from`, in order; the merges are made anew on `from` when it moved since the build. */
      readonly members: readonly ChangeId[];
      readonly dateMs: number;
    }
  /** In the user's repository; never moved once it is there. */
  | { readonly kind: 'tag-target'; readonly tag: string; readonly commit: CommitId }
  | {
      readonly kind: 'remove-workspace';
      readonly task: TaskId;
      readonly proof: CommitId | null;
      readonly deleteBranch: boolean;
    };

export type StepKind = Step['kind'];

/** The task an effect works for; null when it works for the queue. */
export function servedTask(step: Step): TaskId | null {
  if ('task' in step) return step.task;
  return step.kind === 'run-gates' && step.subject.kind === 'task' ? step.subject.task : null;
}
