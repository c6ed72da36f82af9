/** Workspaces of the fake: a map of files, a HEAD, and the rules about what may be taken over or removed. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import type {
  Capture,
  MergeOutcome,
  ProvisionOutcome,
  RemoveOutcome,
  TakeInOutcome,
  WorkspaceSighting,
  WorkspaceSpec,
} from '../../ports/git.ts';
import { changedPaths } from './compare.ts';
import { commitsBetween, isAncestor } from './history.ts';
import { merge } from './merge.ts';
import { addCommit, branchRef, commitOf, treeIdOf, workspaceOf, type FakeWorld } from './world.ts';

export function provision(world: FakeWorld, spec: WorkspaceSpec): ProvisionOutcome {
  const ref = branchRef(spec.branch);
  const tip = world.refs.get(ref) ?? null;
  const existing = world.workspaces.get(spec.path);
  if (
    existing !== undefined &&
    !existing.isFolderGone &&
    existing.spec.branch === spec.branch &&
    tip !== null
  ) {
    return { kind: 'ready', head: tip, technique: 'existing' };
  }
  const foreign = world.foreign.get(spec.path);
  if (foreign !== undefined && foreign.size > 0) {
    return { kind: 'occupied', what: 'path', detail: `${spec.path} exists already` };
  }
  if (tip !== null && !world.ownedBranches.has(spec.branch)) {
    return { kind: 'occupied', what: 'branch', detail: `branch ${spec.branch} exists already` };
  }
  const elsewhere = [...world.workspaces.values()].find(
    (other) => other.spec.path !== spec.path && other.spec.branch === spec.branch,
  );
  if (elsewhere !== undefined) {
    return {
      kind: 'occupied',
      what: 'branch',
      detail: `branch ${spec.branch} is checked out in ${elsewhere.spec.path}`,
    };
  }
  const head = tip ?? spec.base;
  const files = new Map(commitOf(world, head).files);
  world.refs.set(ref, head);
  world.ownedBranches.add(spec.branch);
  world.workspaces.set(spec.path, {
    spec,
    files,
    inProgress: null,
    isFolderGone: false,
    head: { kind: 'branch', branch: spec.branch },
  });
  return { kind: 'ready', head, technique: 'plain' };
}

export function sight(world: FakeWorld, spec: WorkspaceSpec): WorkspaceSighting {
  const branchTip = world.refs.get(branchRef(spec.branch)) ?? null;
  const workspace = world.workspaces.get(spec.path);
  if (workspace === undefined || workspace.isFolderGone) {
    return { exists: false, branch: null, head: null, branchTip, inProgress: null };
  }
  const { head, inProgress } = workspace;
  if (head.kind === 'detached')
    return { exists: true, branch: null, head: head.commit, branchTip, inProgress };
  const commit = world.refs.get(branchRef(head.branch)) ?? null;
  return { exists: true, branch: head.branch, head: commit, branchTip, inProgress };
}

export function capture(world: FakeWorld, spec: WorkspaceSpec, ref: string, message: string): Capture {
  const { files } = workspaceOf(world, spec);
  const parent = world.refs.get(branchRef(spec.branch)) ?? spec.base;
  const before = commitOf(world, parent).files;
  const dirtyPaths = changedPaths(before, files);
  const isDirty = dirtyPaths.length > 0;
  const commit = isDirty ? addCommit(world, { files, parents: [parent], message, dateMs: 0 }).id : parent;
  world.kept.set(ref, commit);
  return { commit, tree: treeIdOf(files), isDirty, dirtyPaths };
}

export function commitOnBehalf(world: FakeWorld, spec: WorkspaceSpec, captured: Capture): CommitId {
  if (!captured.isDirty) return captured.commit;
  const ref = branchRef(spec.branch);
  const now = world.refs.get(ref);
  if (now === captured.commit) return captured.commit;
  if (now !== commitOf(world, captured.commit).parents[0]) {
    throw new Failure('git-stale-capture', `branch ${spec.branch} is at ${now ?? 'nothing'}`);
  }
  world.refs.set(ref, captured.commit);
  return captured.commit;
}

export function takeIn(
  world: FakeWorld,
  source: { readonly branch: WorkspaceSpec['branch']; readonly workspace: WorkspaceSpec | null },
  keepRef: string,
): TakeInOutcome {
  const head = world.refs.get(branchRef(source.branch));
  if (head === undefined) return { kind: 'rejected', reason: `branch ${source.branch} does not exist` };
  world.kept.set(keepRef, head);
  const from = source.workspace?.base ?? world.refs.get(`refs/heads/${world.checkout.branch ?? ''}`) ?? head;
  return { kind: 'taken', head, commits: commitsBetween(world, from, head).length };
}

export function updateWorkspace(
  world: FakeWorld,
  spec: WorkspaceSpec,
  onto: CommitId,
  message: string,
): MergeOutcome {
  const workspace = workspaceOf(world, spec);
  const ref = branchRef(spec.branch);
  const from = world.refs.get(ref);
  if (from === undefined) throw new Failure('git-workspace-missing', `branch ${spec.branch} is gone`);
  if (isAncestor(world, onto, from)) return { kind: 'contained' };
  const { tree } = commitOf(world, onto);
  const outcome: MergeOutcome = isAncestor(world, from, onto)
    ? { kind: 'merged', commit: onto, tree }
    : merge(world, { onto: from, head: onto, strategy: 'merge', message, dateMs: 0 });
  if (outcome.kind !== 'merged') return outcome;
  const dirty = changedPaths(commitOf(world, from).files, workspace.files);
  if (dirty.length > 0) throw new Failure('git-workspace-dirty', `${spec.path} has uncommitted changes`);
  workspace.files = new Map(commitOf(world, outcome.commit).files);
  world.refs.set(ref, outcome.commit);
  return outcome;
}

export function removeWorkspace(
  world: FakeWorld,
  spec: WorkspaceSpec,
  proof: CommitId | null,
): RemoveOutcome {
  const workspace = world.workspaces.get(spec.path);
  if (workspace === undefined) {
    return world.foreign.has(spec.path)
      ? { kind: 'refused', unsaved: ['.' as RepoPath] }
      : { kind: 'absent' };
  }
  const saved = commitOf(world, proof ?? world.refs.get(branchRef(spec.branch)) ?? spec.base).files;
  const unsaved = workspace.isFolderGone
    ? []
    : changedPaths(saved, workspace.files).filter((path) => workspace.files.has(path));
  if (unsaved.length > 0) return { kind: 'refused', unsaved };
  world.workspaces.delete(spec.path);
  return { kind: 'removed' };
}
