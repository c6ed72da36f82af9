/** How a branch enters the queue: under its own name, numbered when it was there before. */
import type { BranchName, ChangeId, CommitId } from '../ids.ts';
import type { EntryWish } from '../run/queue-orders.ts';
import type { RunState } from '../run/state.ts';
import type { Fact } from './snapshot.ts';

export function entryOf(
  branch: BranchName,
  state: RunState,
  more: { readonly wish?: EntryWish; readonly seen?: CommitId } = {},
): Fact {
  const earlier = [...state.queue.changes.values()].filter((change) => change.branch === branch).length;
  const name: string = earlier === 0 ? branch : `${branch}#${earlier + 1}`;
  return {
    kind: 'queue.entered',
    change: name as ChangeId,
    task: null,
    wave: null,
    branch,
    head: null,
    title: branch,
    paths: [],
    ...more,
  };
}
