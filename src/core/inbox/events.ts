/** What people and agents say to each other in a run, as events: one family, told from the others by its kinds. */
import type { TaskId } from '../ids.ts';

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

export type InboxEvent = MessageEvent;

const KINDS: Readonly<Record<InboxEvent['kind'], true>> = {
  'message.sent': true,
  'message.dropped': true,
  'task.continued': true,
};

export function isInboxEvent<E extends { readonly kind: string }>(
  event: E,
): event is Extract<E, { kind: InboxEvent['kind'] }> {
  return Object.hasOwn(KINDS, event.kind);
}
