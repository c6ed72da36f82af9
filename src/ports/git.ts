/**
 * Everything the engine asks of git. Three places, three trusts: the user's repository (a branch and a linked worktree
 * per task, one compare-and-set of the target), the control repository (ours, bare: merges, checks, keep-alive refs) and
 * the gate slots (throw-away checkouts). Every method may be called again with the same arguments after a crash and then
 * ends in the same state: each looks at the world first. Failures are `Failure` with a `git-…` code.
 */
import type { AbsolutePath, BranchName, CommitId, RepoPath, TreeId } from '../core/ids.ts';
import type { RemoteGit } from './git-remote.ts';
import type { ResolutionGit } from './git-resolution.ts';
import type { SeparationGit } from './git-separation.ts';

export interface RepositoryFacts {
  readonly root: AbsolutePath;
  readonly commonDir: AbsolutePath;
  /** null when HEAD is detached. */
  readonly currentBranch: BranchName | null;
  /** null in a repository without commits. */
  readonly head: CommitId | null;
  /** Uncommitted changes in the user's own checkout. */
  readonly isDirty: boolean;
  readonly defaultBranch: BranchName | null;
  readonly fileCount: number;
  readonly gitVersion: string;
}

/** Where one task works. Chosen by the engine, recorded before it is made. */
export interface WorkspaceSpec {
  readonly task: string;
  readonly branch: BranchName;
  readonly path: AbsolutePath;
  readonly base: CommitId;
  readonly isolation: 'worktree' | 'clone';
}

export type ProvisionOutcome =
  | {
      readonly kind: 'ready';
      readonly head: CommitId;
      readonly technique: 'plain' | 'overlay' | 'snapshot' | 'reflink' | 'pool' | 'existing';
    }
  /** The branch or path is in use by something Copse did not make; nothing was changed. */
  | { readonly kind: 'occupied'; readonly what: 'branch' | 'path'; readonly detail: string };

export interface WorkspaceSighting {
  readonly exists: boolean;
  /** The branch HEAD is on, null when detached or unreadable. */
  readonly branch: BranchName | null;
  readonly head: CommitId | null;
  readonly branchTip: CommitId | null;
  /** Operation left half done: rebase, merge, cherry-pick, bisect. */
  readonly inProgress: string | null;
}

/** Opaque to the engine; kept in the log so that verification survives a restart. */
export interface GuardSnapshot {
  readonly id: string;
}

export type GuardViolation =
  | {
      readonly kind: 'ref-moved' | 'ref-deleted' | 'ref-created';
      readonly ref: string;
      readonly from: string | null;
      readonly to: string | null;
      readonly restored: boolean;
      /** A person may well have done this while the agent ran: it is reported and left as it is. */
      readonly tolerated: boolean;
    }
  | {
      readonly kind: 'config-changed' | 'hooks-changed' | 'info-changed';
      readonly path: string;
      readonly restored: boolean;
    }
  | {
      readonly kind: 'worktree-missing' | 'wrong-branch' | 'detached';
      readonly detail: string;
      readonly restored: boolean;
    }
  | { readonly kind: 'repository-damaged'; readonly detail: string; readonly restored: boolean };

export interface Capture {
  /** Commit whose tree is everything tracked and untracked (not ignored) in the worktree; parent is the branch's head. */
  readonly commit: CommitId;
  readonly tree: TreeId;
  /** False when that tree equals the head's. */
  readonly isDirty: boolean;
  readonly dirtyPaths: readonly RepoPath[];
}

export type TakeInOutcome =
  | { readonly kind: 'taken'; readonly head: CommitId; readonly commits: number }
  /** Git refused the objects (fsck), or the ref was not a plain branch. */
  | { readonly kind: 'rejected'; readonly reason: string };

export interface ChangedPath {
  readonly path: RepoPath;
  readonly status: 'added' | 'modified' | 'deleted' | 'type-changed';
  readonly oldMode: string;
  readonly newMode: string;
  /** Bytes of the new blob; null when deleted or a gitlink. */
  readonly sizeBytes: number | null;
}

export interface IntakeFacts {
  readonly changed: readonly ChangedPath[];
  /** Paths whose added lines hold the three conflict markers. */
  readonly conflictMarkers: readonly RepoPath[];
  /** Symlinks that leave the tree or are absolute. */
  readonly escapingSymlinks: readonly RepoPath[];
  /** Names that differ only by case, `.git`-like names, control characters. */
  readonly unsafeNames: readonly string[];
  /** Commits with more than one parent between base and tip. */
  readonly mergeCommits: readonly CommitId[];
}

/** Lines; a binary file has none. */
export interface LineCounts {
  readonly insertions: number;
  readonly deletions: number;
}

export interface MergeRequest {
  readonly onto: CommitId;
  readonly head: CommitId;
  readonly strategy: 'merge' | 'squash' | 'rebase';
  readonly message: string;
  /** Fixed at intent time so that the same request always gives the same commit id. Milliseconds since the epoch. */
  readonly dateMs: number;
}

export type MergeOutcome =
  | { readonly kind: 'merged'; readonly commit: CommitId; readonly tree: TreeId }
  /** `head` is already contained in `onto`. */
  | { readonly kind: 'contained' }
  | { readonly kind: 'conflicted'; readonly files: readonly RepoPath[] };

export type PublishOutcome =
  | { readonly kind: 'published'; readonly checkout: 'none' | 'fast-forwarded' }
  /** The branch did not hold `from` any more. */
  | { readonly kind: 'moved'; readonly actual: CommitId | null }
  /** Checked out with uncommitted changes; the ref was not moved, the commit is kept in the control repository. */
  | { readonly kind: 'held'; readonly checkout: AbsolutePath };

export type RemoveOutcome =
  | { readonly kind: 'removed' }
  | { readonly kind: 'absent' }
  /** Content that `proof` does not hold; nothing was removed. */
  | { readonly kind: 'refused'; readonly unsaved: readonly RepoPath[] };

export interface RefChange {
  readonly ref: string;
  /** null: must not exist. */
  readonly from: CommitId | null;
  /** null: delete. */
  readonly to: CommitId | null;
}

export interface GitPort extends SeparationGit, RemoteGit, ResolutionGit {
  facts(): Promise<RepositoryFacts>;
  /** In the user's repository; null when it names no commit. */
  resolve(revision: string): Promise<CommitId | null>;
  treeOf(commit: CommitId): Promise<TreeId>;
  branchTip(branch: BranchName): Promise<CommitId | null>;
  /** A task's workspace made this commit (committed, merged, picked it) rather than only checked it out. */
  wasMadeInWorkspace(commit: CommitId): Promise<boolean>;
  isAncestor(ancestor: CommitId, descendant: CommitId): Promise<boolean>;
  mergeBase(a: CommitId, b: CommitId): Promise<CommitId | null>;
  /** Commits of `head` that `without` does not reach, newest first, at most `limit`. */
  commitsBetween(without: CommitId, head: CommitId, limit: number): Promise<readonly CommitId[]>;
  /** null when the path is not there. */
  readFile(commit: CommitId, path: RepoPath): Promise<string | null>;
  /** Names of tracked files at a commit, limited to the first `limit`. */
  listFiles(commit: CommitId, limit: number): Promise<readonly RepoPath[]>;

  provision(spec: WorkspaceSpec): Promise<ProvisionOutcome>;
  sight(spec: WorkspaceSpec): Promise<WorkspaceSighting>;
  /** Folders of git that a commit in the workspace writes to, by our own record; nothing in the workspace is asked. */
  gitDirs(spec: WorkspaceSpec): Promise<{ readonly own: AbsolutePath; readonly common: AbsolutePath }>;
  /** Copies or links ignored files of the user's checkout into the worktree; missing ones are reported, not fatal. */
  shareFiles(
    spec: WorkspaceSpec,
    files: { copy: readonly string[]; link: readonly string[] },
  ): Promise<{ missing: readonly string[] }>;
  takeSnapshot(spec: WorkspaceSpec): Promise<GuardSnapshot>;
  /** Compares with the snapshot, restores what the agent had no business changing, saves what it overwrote under refs/copse/salvage. */
  verifySnapshot(spec: WorkspaceSpec, snapshot: GuardSnapshot): Promise<readonly GuardViolation[]>;
  /** Uncommitted content into `ref` of the control repository; never runs the agent's config. */
  capture(spec: WorkspaceSpec, ref: string, message: string): Promise<Capture>;
  /** Makes the captured commit the branch's tip and the worktree's HEAD and index. */
  commitOnBehalf(spec: WorkspaceSpec, capture: Capture): Promise<CommitId>;
  /** Transfers the branch into the control repository with checks, and keeps it alive under `keepRef`. */
  takeIn(
    source: { branch: BranchName; workspace: WorkspaceSpec | null },
    keepRef: string,
  ): Promise<TakeInOutcome>;
  intakeFacts(base: CommitId, tip: CommitId): Promise<IntakeFacts>;
  lineCounts(base: CommitId, tip: CommitId): Promise<LineCounts>;
  /** Brings `onto` into the worktree's branch between attempts; conflicts leave everything as it was. */
  updateWorkspace(spec: WorkspaceSpec, onto: CommitId, message: string): Promise<MergeOutcome>;
  removeWorkspace(spec: WorkspaceSpec, proof: CommitId | null): Promise<RemoveOutcome>;
  /** Deletes only if it still points at `expected`. */
  deleteBranch(branch: BranchName, expected: CommitId): Promise<'deleted' | 'absent' | 'moved'>;

  merge(request: MergeRequest): Promise<MergeOutcome>;
  keep(ref: string, commit: CommitId): Promise<void>;
  listKept(prefix: string): Promise<readonly { readonly ref: string; readonly commit: CommitId }[]>;
  dropKept(ref: string): Promise<void>;
  /** A clean checkout of `commit` in slot `slot`: `git write-tree` there gives its tree and `target` resolves to `targetTip`. */
  checkoutSlot(
    slot: string,
    commit: CommitId,
    target: { branch: BranchName; tip: CommitId },
  ): Promise<AbsolutePath>;
  /** Tracked files that a gate changed in its slot. */
  slotChanges(slot: string, commit: CommitId): Promise<readonly RepoPath[]>;
  /** The same, with files that were added; ignored ones do not count. A folder that is new as a whole is told once. */
  slotWrites(slot: string, commit: CommitId): Promise<readonly RepoPath[]>;
  publish(request: { branch: BranchName; from: CommitId; to: CommitId }): Promise<PublishOutcome>;
  /** All or nothing, in the user's repository, each with its old value. */
  moveRefs(
    changes: readonly RefChange[],
    reason: string,
  ): Promise<{ kind: 'moved' } | { kind: 'refused'; ref: string }>;
  /** Calls back when a branch may have appeared, moved or gone; never misses more than a caller that looks now and then. Answers with its end. */
  watchBranches(onChange: () => void): Promise<() => void>;
  /** Unified diff as text, at most `maxBytes`. */
  diff(from: CommitId, to: CommitId, maxBytes: number): Promise<string>;
}
