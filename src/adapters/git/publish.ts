/**
 * The one move of a branch of the user's. Nowhere checked out: a compare-and-set. Checked out and clean: files, index and
 * ref move together under git's own index lock. Checked out and dirty: nothing moves.
 */
import type { BranchName, CommitId } from '../../core/ids.ts';
import type { PublishOutcome } from '../../ports/git.ts';
import { forwardCheckout, openForward, recoverForward, type OpenForward } from './checkout-forward.ts';
import { effect, type GitContext } from './context.ts';
import { writeKept } from './kept-refs.ts';
import { branchRef } from './names.ts';
import { readCommit } from './objects.ts';
import { noteMove } from './own-moves.ts';
import { bringToUser, ensureInControl } from './transfer.ts';
import { checkoutsOf, updateUserRefs, userBranchTip } from './user-refs.ts';

export interface PublishRequest {
  readonly branch: BranchName;
  readonly from: CommitId;
  readonly to: CommitId;
}

export async function publish(context: GitContext, request: PublishRequest): Promise<PublishOutcome> {
  const ref = branchRef(request.branch);
  return context.mutexes.run(`publish:${ref}`, async () => {
    await recoverForward(context, request.branch);
    const { from, to } = request;
    await ensureInControl(context, to);
    const actual = await userBranchTip(context, request.branch);
    if (actual === to) return { kind: 'published', checkout: await wasForwarded(context, request) };
    if (actual !== from) return { kind: 'moved', actual };
    // Held or not, the commit outlives this process.
    await writeKept(context, `refs/copse/publish/${to}`, to);
    const opened: OpenForward[] = [];
    try {
      for (const checkout of await checkoutsOf(context, request.branch)) {
        const forward = await openForward(context, checkout, request);
        if (forward === null) return { kind: 'held', checkout: checkout.path };
        opened.push(forward);
      }
      await context.failpoint('publish:after-lock');
      return await move(context, request, opened);
    } finally {
      for (const forward of opened) await forward.release();
    }
  });
}

async function move(
  context: GitContext,
  request: PublishRequest,
  opened: readonly OpenForward[],
): Promise<PublishOutcome> {
  const { branch, from, to } = request;
  const ref = branchRef(branch);
  const heads = (await readCommit(context.controlReader, to))?.parents ?? [];
  await effect(context, 'publish.transfer', () => bringToUser(context, to, [from, ...heads]));
  await noteMove(context, 'intended', ref, to);
  const isMoved = await effect(context, 'publish.cas', () =>
    updateUserRefs(context, [{ ref, from, to }], `copse: landed ${to.slice(0, 12)}`),
  );
  if (!isMoved) return { kind: 'moved', actual: await userBranchTip(context, branch) };
  await noteMove(context, 'done', ref, to);
  await writeKept(context, `refs/mirror/heads/${branch}`, to);
  for (const forward of opened) {
    await effect(context, 'publish.checkout', () => forwardCheckout(context, forward));
  }
  return { kind: 'published', checkout: opened.length > 0 ? 'fast-forwarded' : 'none' };
}

async function wasForwarded(
  context: GitContext,
  request: PublishRequest,
): Promise<'none' | 'fast-forwarded'> {
  return (await checkoutsOf(context, request.branch)).length > 0 ? 'fast-forwarded' : 'none';
}
