/** The guard of the fake: the same rules about refs as the real one's, without files to restore. */
import type { CommitId } from '../../core/ids.ts';
import type { GuardSnapshot, GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import { isAncestor } from './history.ts';
import { branchRef, commitOf, type FakeSnapshot, type FakeWorld, type FakeWorkspace } from './world.ts';

export function takeSnapshot(world: FakeWorld): GuardSnapshot {
  world.counter += 1;
  const id = `snapshot-${world.counter}`;
  world.snapshots.set(id, { refs: new Map(world.refs), at: world.counter });
  return { id };
}

export function verifySnapshot(
  world: FakeWorld,
  spec: WorkspaceSpec,
  snapshot: GuardSnapshot,
): readonly GuardViolation[] {
  if (world.isDamaged)
    return [{ kind: 'repository-damaged', detail: 'the repository is gone', restored: false }];
  const planted = world.planted.splice(0);
  const refs = verifyRefs(world, spec, world.snapshots.get(snapshot.id));
  const workspace = world.workspaces.get(spec.path);
  return [...planted, ...refs, ...(workspace === undefined ? [] : verifyWorkspace(world, spec, workspace))];
}

function verifyRefs(
  world: FakeWorld,
  spec: WorkspaceSpec,
  snapshot: FakeSnapshot | undefined,
): readonly GuardViolation[] {
  const before = new Map<string, CommitId | null>(snapshot?.refs);
  // What Copse itself moved since then is where each ref belongs.
  for (const [ref, { to, at }] of world.ownMoves) if (at > (snapshot?.at ?? 0)) before.set(ref, to);
  const violations: GuardViolation[] = [];
  for (const ref of [...new Set([...before.keys(), ...world.refs.keys()])].toSorted()) {
    const from = before.get(ref) ?? null;
    const to = world.refs.get(ref) ?? null;
    if (from === to) continue;
    const violation = judge(world, spec, { ref, from, to });
    if (violation !== null) violations.push(violation);
  }
  return violations;
}

function judge(
  world: FakeWorld,
  spec: WorkspaceSpec,
  move: { readonly ref: string; readonly from: CommitId | null; readonly to: CommitId | null },
): GuardViolation | null {
  const { ref, from, to } = move;
  const isOwned = world.ownedBranches.has(ref.slice('refs/heads/'.length));
  if (ref === branchRef(spec.branch) && to !== null) {
    if (from !== null) world.kept.set(`refs/copse/salvage/${spec.task}/guard/${from}`, from);
    return null;
  }
  if (from === null)
    return isOwned ? null : { ...move, kind: 'ref-created', restored: false, tolerated: true };
  const isTasks = [...world.workspaces.values()].some(
    (workspace) => to !== null && ref !== branchRef(workspace.spec.branch) && isOnTop(world, workspace, to),
  );
  if (to !== null && !isTasks && ref.startsWith('refs/heads/') && isAncestor(world, from, to)) {
    return isOwned ? null : { ...move, kind: 'ref-moved', restored: false, tolerated: true };
  }
  if (to !== null) world.kept.set(`refs/copse/salvage/${spec.task}/guard/${to}`, to);
  world.refs.set(ref, from);
  return { ...move, kind: to === null ? 'ref-deleted' : 'ref-moved', restored: true, tolerated: false };
}

/** On the workspace's branch, above where it began. */
export function isOnTop(world: FakeWorld, { spec }: FakeWorkspace, commit: CommitId): boolean {
  const head = world.refs.get(branchRef(spec.branch));
  if (head === undefined || !world.commits.has(commit)) return false;
  return isAncestor(world, commit, head) && !isAncestor(world, commit, spec.base);
}

function verifyWorkspace(
  world: FakeWorld,
  spec: WorkspaceSpec,
  workspace: FakeWorkspace,
): readonly GuardViolation[] {
  const ref = branchRef(spec.branch);
  const tip = world.refs.get(ref) ?? spec.base;
  if (workspace.isFolderGone) {
    workspace.isFolderGone = false;
    workspace.files = new Map(commitOf(world, tip).files);
    workspace.head = { kind: 'branch', branch: spec.branch };
    return [{ kind: 'worktree-missing', detail: 'the folder was deleted', restored: true }];
  }
  const violations: GuardViolation[] = [];
  if (workspace.inProgress !== null) {
    const detail = `a ${workspace.inProgress} was left half done`;
    violations.push({ kind: 'detached', detail, restored: true });
    workspace.inProgress = null;
  }
  const { head } = workspace;
  if (head.kind === 'branch' && head.branch === spec.branch) return violations;
  const commit = head.kind === 'detached' ? head.commit : (world.refs.get(branchRef(head.branch)) ?? tip);
  const kind = head.kind === 'detached' ? 'detached' : 'wrong-branch';
  world.kept.set(`refs/copse/salvage/${spec.task}/guard/${commit}`, commit);
  const isForward = isAncestor(world, tip, commit);
  if (isForward || isAncestor(world, commit, tip)) {
    if (isForward) world.refs.set(ref, commit);
    workspace.head = { kind: 'branch', branch: spec.branch };
    return [...violations, { kind, detail: `HEAD was at ${commit}`, restored: true }];
  }
  return [...violations, { kind, detail: `HEAD was at ${commit}; saved, not adopted`, restored: false }];
}
