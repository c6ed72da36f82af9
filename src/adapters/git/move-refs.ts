import type { BranchName, CommitId } from '../../core/ids.ts';
import type { RefChange } from '../../ports/git.ts';
import { effect, type GitContext } from './context.ts';
import { branchRef, requireRef } from './names.ts';
import { dropBranchRecord } from './ownership.ts';
import { noteMove } from './own-moves.ts';
import { bringToUser } from './transfer.ts';
import { rawUserRef, updateUserRefs } from './user-refs.ts';

/** One transaction. Changes that are all done already count as moved. */
export async function moveRefs(
  context: GitContext,
  changes: readonly RefChange[],
  reason: string,
): Promise<{ kind: 'moved' } | { kind: 'refused'; ref: string }> {
  const pending: RefChange[] = [];
  for (const change of changes) {
    const now = await rawUserRef(context, requireRef(change.ref));
    if (now === change.to) continue;
    if (now !== change.from) return { kind: 'refused', ref: change.ref };
    pending.push(change);
  }
  for (const { ref, from, to } of pending) {
    if (to !== null) await bringToUser(context, to, from === null ? [] : [from]);
    await noteMove(context, 'intended', ref, to);
  }
  const isMoved = await effect(context, 'refs.move', () =>
    updateUserRefs(context, pending, `copse: ${reason}`),
  );
  if (isMoved) {
    for (const { ref, to } of pending) await noteMove(context, 'done', ref, to);
    return { kind: 'moved' };
  }
  for (const { ref, from } of pending)
    if ((await rawUserRef(context, ref)) !== from) return { kind: 'refused', ref };
  return { kind: 'refused', ref: pending[0]?.ref ?? '' };
}

export async function deleteBranch(
  context: GitContext,
  branch: BranchName,
  expected: CommitId,
): Promise<'deleted' | 'absent' | 'moved'> {
  const ref = branchRef(branch);
  const now = await rawUserRef(context, ref);
  if (now === null) {
    await dropBranchRecord(context, branch);
    return 'absent';
  }
  if (now !== expected) return 'moved';
  await noteMove(context, 'intended', ref, null);
  const isDeleted = await effect(context, 'branch.delete', () =>
    updateUserRefs(context, [{ ref, from: expected, to: null }], 'copse: deleted'),
  );
  if (!isDeleted) return 'moved';
  await noteMove(context, 'done', ref, null);
  await dropBranchRecord(context, branch);
  return 'deleted';
}
