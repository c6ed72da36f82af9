import type { BranchName, CommitId } from '../../core/ids.ts';
import type { PublishOutcome, RefChange } from '../../ports/git.ts';
import { branchRef, commitOf, type FakeWorld } from './world.ts';

export function publish(
  world: FakeWorld,
  request: { readonly branch: BranchName; readonly from: CommitId; readonly to: CommitId },
): PublishOutcome {
  const { branch, from, to } = request;
  const ref = branchRef(branch);
  commitOf(world, to);
  const actual = world.refs.get(ref) ?? null;
  const isCheckedOut = world.checkout.branch === branch;
  if (actual === to) return { kind: 'published', checkout: isCheckedOut ? 'fast-forwarded' : 'none' };
  if (actual !== from) return { kind: 'moved', actual };
  if (isCheckedOut && world.checkout.isDirty) {
    world.kept.set(`refs/copse/publish/${to}`, to);
    return { kind: 'held', checkout: world.root };
  }
  moveOwn(world, ref, to);
  return { kind: 'published', checkout: isCheckedOut ? 'fast-forwarded' : 'none' };
}

export function moveRefs(
  world: FakeWorld,
  changes: readonly RefChange[],
): { kind: 'moved' } | { kind: 'refused'; ref: string } {
  const pending = changes.filter(({ ref, to }) => (world.refs.get(ref) ?? null) !== to);
  const wrong = pending.find(({ ref, from }) => (world.refs.get(ref) ?? null) !== from);
  if (wrong !== undefined) return { kind: 'refused', ref: wrong.ref };
  for (const { to } of pending) if (to !== null) commitOf(world, to);
  for (const { ref, to } of pending) moveOwn(world, ref, to);
  return { kind: 'moved' };
}

export function deleteBranch(
  world: FakeWorld,
  branch: BranchName,
  expected: CommitId,
): 'deleted' | 'absent' | 'moved' {
  const ref = branchRef(branch);
  const now = world.refs.get(ref);
  if (now !== undefined && now !== expected) return 'moved';
  world.ownedBranches.delete(branch);
  if (now === undefined) return 'absent';
  moveOwn(world, ref, null);
  return 'deleted';
}

function moveOwn(world: FakeWorld, ref: string, to: CommitId | null): void {
  if (to === null) world.refs.delete(ref);
  else world.refs.set(ref, to);
  world.counter += 1;
  world.ownMoves.set(ref, { to, at: world.counter });
}
