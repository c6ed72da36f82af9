/** What people and agents say to each other in a run, as events: one family, told from the others by its kinds. */
import type { Brand } from '../../kit/brand.ts';
import type { AttemptId, CommitId, IntentId, RepoPath, TaskId, TreeId } from '../ids.ts';

/** One thing that waits for a person: `<attempt>.q<n>`, `<task>.a<n>`, `<task>.e<n>`. */
export type ItemId = Brand<string, 'ItemId'>;

export type InboxEvent = MessageEvent | QuestionEvent | ApprovalEvent | NoticeEvent;

export type MessageEvent =
  /** For the next turn of the task's agent. */
  | {
      readonly kind: 'message.sent';
      readonly task: TaskId;
      readonly by: string;
      readonly text: string;
      /** The turn under way is ended for it; false: it waits for the end of that turn. */
      readonly isUrgent: boolean;
    }
  /** The messages that waited reach nobody any more. */
  | { readonly kind: 'message.dropped'; readonly task: TaskId; readonly because: string }
  /** Another turn of the same conversation, although nothing went wrong: messages wait. */
  | { readonly kind: 'task.continued'; readonly task: TaskId; readonly because: string };

/** A permission that a living agent asks for; `question` is its name within the attempt. */
export type QuestionEvent =
  | {
      readonly kind: 'question.asked';
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly question: string;
      readonly what: string;
      /** The protocol's word for what it wants to do: execute, edit, fetch, … */
      readonly tool: string;
      readonly title: string;
      /** Its arguments, cut at `MAX_SHOWN_INPUT`. */
      readonly input: string;
      readonly paths: readonly string[];
      readonly askedAtMs: number;
      /** Denied from then on. */
      readonly deadlineAtMs: number;
    }
  | {
      readonly kind: 'question.answered';
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly question: string;
      readonly answer: 'allow' | 'deny';
      readonly by: string;
      readonly message: string | null;
      /** Somebody put the answer where the agent looks: nothing is left to be done. */
      readonly isDelivered: boolean;
    }
  | {
      readonly kind: 'question.delivered';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly question: string;
      /** gone: the agent did not wait for it any more. */
      readonly outcome: 'delivered' | 'gone';
    }
  | {
      readonly kind: 'question.withdrawn';
      readonly task: TaskId;
      readonly attempt: AttemptId;
      readonly question: string;
      readonly because: string;
    };

/** Work that passed its gates and waits for people; each item is about one commit. */
export type ApprovalEvent =
  | {
      readonly kind: 'approval.asked';
      readonly task: TaskId;
      readonly item: ItemId;
      readonly wave: number;
      readonly head: CommitId;
      readonly tree: TreeId;
      readonly required: number;
      /** Who may give it; empty: anyone. */
      readonly from: readonly string[];
    }
  | {
      readonly kind: 'approval.given';
      readonly task: TaskId;
      readonly item: ItemId;
      readonly head: CommitId;
      readonly by: string;
      readonly message: string | null;
    }
  | {
      readonly kind: 'approval.rejected';
      readonly task: TaskId;
      readonly item: ItemId;
      readonly head: CommitId;
      readonly by: string;
      readonly message: string | null;
    }
  /** What was asked about is no longer what would land. */
  | { readonly kind: 'approval.void'; readonly task: TaskId; readonly item: ItemId; readonly because: string }
  /** The branch held another commit than the one that was asked about: it was taken in. */
  | {
      readonly kind: 'head.taken_in';
      readonly intent: IntentId;
      readonly task: TaskId;
      readonly head: CommitId;
      readonly tree: TreeId;
      readonly changedPaths: readonly RepoPath[];
      /** Why it may not land; null: it is tested. */
      readonly refusal: string | null;
    };

/** People were told of something, or could not be. It changes nothing else. */
export interface NoticeEvent {
  readonly kind: 'notice.sent';
  readonly intent: IntentId;
  readonly key: string;
  /** Place of the channel in the plan, from 0. */
  readonly channel: number;
  readonly outcome: 'delivered' | 'absent' | 'refused' | 'unsure';
  readonly why: string | null;
}

/** Every kind, once. */
export const INBOX_KINDS: Readonly<Record<InboxEvent['kind'], true>> = {
  'message.sent': true,
  'message.dropped': true,
  'task.continued': true,
  'question.asked': true,
  'question.answered': true,
  'question.delivered': true,
  'question.withdrawn': true,
  'approval.asked': true,
  'approval.given': true,
  'approval.rejected': true,
  'approval.void': true,
  'head.taken_in': true,
  'notice.sent': true,
};

export function isInboxEvent<E extends { readonly kind: string }>(
  event: E,
): event is Extract<E, { kind: InboxEvent['kind'] }> {
  return Object.hasOwn(INBOX_KINDS, event.kind);
}
