/** Events of reviews, and remarks of people: see `core/review/model` for what they mean together. */
import type { AgentError } from '../agents/events.ts';
import type { TurnFacts } from '../agents/turns.ts';
import type { ChangeId, CommitId, IntentId, RepoPath, TaskId, TreeId } from '../ids.ts';
import type { Severity } from '../review/model.ts';
import type { Verdict } from '../review/verdict.ts';

export type ReviewOutcome =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  /** It ended, and its answer could not be taken, however often it was asked. */
  | { readonly kind: 'invalid'; readonly why: string }
  /** Its process failed. */
  | { readonly kind: 'crash'; readonly why: string }
  /** Its account has to wait, or a person has to log in. */
  | { readonly kind: 'limit'; readonly error: AgentError }
  /** Nobody wanted it any more. */
  | { readonly kind: 'cancelled' };

export type ReviewEvent =
  | {
      readonly kind: 'review.finished';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly wave: number;
      readonly head: CommitId;
      readonly tree: TreeId;
      /** The change whose resolution was judged; absent: the task's own work. */
      readonly change?: ChangeId;
      /** What was judged is the difference from here. */
      readonly since: CommitId;
      readonly agent: string;
      readonly slot: string;
      /** The conversation, for the next round; null when there is none to go on with. */
      readonly session: string | null;
      readonly outcome: ReviewOutcome;
      /** Files in that difference, at most `MAX_RECORDED_PATHS`. */
      readonly delta: readonly RepoPath[];
      /** What the reviewer wrote; discarded. */
      readonly wrote: readonly RepoPath[];
      readonly turns: readonly TurnFacts[];
      /** Of its last process, relative to the state folder. */
      readonly log: string;
    }
  /** A person's remark: for the author, and in the way of landing until it is resolved. */
  | {
      readonly kind: 'review.commented';
      readonly task: TaskId;
      readonly by: string;
      readonly severity: Severity;
      readonly file: RepoPath | null;
      readonly line: number | null;
      readonly text: string;
    }
  /** A person takes findings as settled. */
  | {
      readonly kind: 'review.settled';
      readonly task: TaskId;
      readonly by: string;
      readonly findings: readonly string[];
    }
  /** The head goes on as it is, whatever the score: a person's word, or `on_fail: warn`. */
  | {
      readonly kind: 'review.accepted';
      readonly task: TaskId;
      readonly by: string;
      readonly head: CommitId;
      readonly tree: TreeId;
      readonly because: string;
    };
