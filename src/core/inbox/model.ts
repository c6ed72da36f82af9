/** What waits for a person, and what people said, as the state of a run keeps it. */
import type { AttemptId, TaskId } from '../ids.ts';

/** Messages of one task that wait at the same time; `copse send` refuses a further one. */
export const MAX_WAITING_MESSAGES = 20;
/** Of one message. */
export const MAX_MESSAGE_BYTES = 16_000;

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

export interface InboxState {
  /** By task, in the order they were said; absent: none. */
  readonly messages: ReadonlyMap<TaskId, readonly Message[]>;
}

export const EMPTY_INBOX: InboxState = { messages: new Map() };
