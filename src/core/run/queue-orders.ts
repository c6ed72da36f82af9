/** What a person says to the merge queue, as events. They change when and whether a change lands, never what is proven. */
import type { ChangeId } from '../ids.ts';
import type { Task } from '../plan/model.ts';

export type Priority = Task['priority'];

export type QueueOrderEvent =
  /** In no new build until it is released. */
  | { readonly kind: 'change.held'; readonly change: ChangeId; readonly by: string }
  | { readonly kind: 'change.released'; readonly change: ChangeId; readonly by: string }
  /** Its place: by priority first, then by `order`, where smaller is earlier. */
  | {
      readonly kind: 'change.ranked';
      readonly change: ChangeId;
      readonly by: string;
      readonly priority: Priority;
      readonly order: number;
    }
  /** Leaves the queue, unless it is being published at this moment. */
  | { readonly kind: 'change.eject_requested'; readonly change: ChangeId; readonly by: string }
  /** Nothing starts or lands, or with `below` nothing less urgent than that priority. */
  | { readonly kind: 'queue.closed'; readonly by: string; readonly below: Priority | null }
  | { readonly kind: 'queue.opened'; readonly by: string };

/** What is wished for a change when it enters. */
export interface EntryWish {
  /** null: that of its task, else the usual one. */
  readonly priority: Priority | null;
  /** Never tested together with others. */
  readonly alone: boolean;
  /** Changes that land before it or together with it. */
  readonly needs: readonly ChangeId[];
}

/** Commits of a branch that are looked at to see which other branches it is built on. */
export const MAX_STACK_COMMITS = 400;
