/** What waits for a person, and what people said, as the state of a run keeps it. */
import type { AttemptId, CommitId, TaskId, TreeId } from '../ids.ts';
import type { ItemId } from './events.ts';

/** Messages of one task that wait at the same time; `copse send` refuses a further one. */
export const MAX_WAITING_MESSAGES = 20;
/** Of one message, and of the words beside an answer. */
export const MAX_MESSAGE_BYTES = 16_000;
/** Characters of a question's arguments that are kept in the log; the file of the question has them all. */
export const MAX_SHOWN_INPUT = 4_000;

export interface InboxState {
  /** By task, in the order they were said; absent: none. */
  readonly messages: ReadonlyMap<TaskId, readonly Message[]>;
  /** In the order they were asked. */
  readonly questions: ReadonlyMap<ItemId, QuestionState>;
  readonly approvals: ReadonlyMap<ItemId, ApprovalState>;
  /** How often a task came to need a person, which numbers its escalations. */
  readonly escalations: ReadonlyMap<TaskId, number>;
  /** What people were told of, or are being told, by `noticeKey`. */
  readonly notices: ReadonlySet<string>;
}

export const EMPTY_INBOX: InboxState = {
  messages: new Map(),
  questions: new Map(),
  approvals: new Map(),
  escalations: new Map(),
  notices: new Set(),
};

/** What was said to the agent of a task, numbered from 1 in the order it was said. */
export interface Message {
  readonly number: number;
  readonly by: string;
  readonly text: string;
  readonly isUrgent: boolean;
  readonly sentAtMs: number;
  readonly fate:
    | { readonly kind: 'waiting' }
    | { readonly kind: 'told'; readonly attempt: AttemptId }
    | { readonly kind: 'dropped'; readonly because: string };
}

export interface QuestionState {
  readonly item: ItemId;
  readonly task: TaskId;
  readonly attempt: AttemptId;
  readonly question: string;
  readonly what: string;
  readonly tool: string;
  readonly title: string;
  readonly input: string;
  readonly paths: readonly string[];
  readonly askedAtMs: number;
  readonly deadlineAtMs: number;
  readonly standing:
    | { readonly kind: 'open' }
    | {
        readonly kind: 'answered';
        readonly answer: 'allow' | 'deny';
        readonly by: string;
        readonly message: string | null;
        readonly atMs: number;
        readonly delivery: 'due' | 'delivered' | 'gone';
      }
    | { readonly kind: 'withdrawn'; readonly because: string; readonly atMs: number };
}

export interface ApprovalState {
  readonly item: ItemId;
  readonly task: TaskId;
  readonly wave: number;
  readonly head: CommitId;
  readonly tree: TreeId;
  readonly required: number;
  readonly from: readonly string[];
  readonly askedAtMs: number;
  readonly given: readonly { readonly by: string; readonly message: string | null; readonly atMs: number }[];
  readonly standing:
    | { readonly kind: 'open' }
    | { readonly kind: 'granted'; readonly atMs: number }
    | {
        readonly kind: 'rejected';
        readonly by: string;
        readonly message: string | null;
        readonly atMs: number;
      }
    | { readonly kind: 'void'; readonly because: string; readonly atMs: number };
}

/** One thing told on one channel of the plan. */
export function noticeKey(key: string, channel: number): string {
  return `${key}#${channel}`;
}

export function questionItem(attempt: AttemptId, question: string): ItemId {
  return `${attempt}.${question}` as ItemId;
}
