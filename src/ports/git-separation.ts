/** What the conflict matrix asks of git: about many tips at once, each question one process. Nothing here moves a ref. */
import type { AbsolutePath, BranchName, CommitId, RepoPath } from '../core/ids.ts';

export interface TipRange {
  readonly from: CommitId;
  readonly to: CommitId;
}

/** A path that differs between two commits, renames not followed. */
export interface PathDifference {
  readonly path: RepoPath;
  readonly kind: 'added' | 'deleted' | 'changed';
}

export interface TipPair {
  readonly a: CommitId;
  readonly b: CommitId;
}

export type TrialMerge =
  | { readonly kind: 'clean' }
  | { readonly kind: 'conflict'; readonly files: readonly RepoPath[] }
  /** Git could not merge: no common history, a damaged object. */
  | { readonly kind: 'unknown'; readonly why: string };

/** A checkout of the user's repository: the user's own or a linked worktree, made by anyone. */
export interface CheckoutSighting {
  readonly path: AbsolutePath;
  /** null when HEAD is detached. */
  readonly branch: BranchName | null;
}

export interface WorktreeChanges {
  readonly branch: BranchName | null;
  readonly head: CommitId;
  /** Tracked files that differ from `head`, staged or not, and new files that are not ignored; sorted. */
  readonly paths: readonly RepoPath[];
  /**
   * A commit on `head` with everything the folder holds now; `head` itself when nothing is uncommitted. The same content
   * gives the same id. No ref keeps it alive. null when it is too much to be saved for a look.
   */
  readonly snapshot: CommitId | null;
}

/** A look at a worktree that saves nothing. */
export interface WorktreeSighting {
  readonly head: CommitId;
  /** What differs from `head` in the folder: the paths of `worktreeChanges`, each with how it differs. */
  readonly changes: readonly PathDifference[];
  /** Another text when the content of what differs is another, as far as sizes and times of files tell. */
  readonly stamp: string;
}

export interface SeparationGit {
  /** Local branches and their tips, newest commit first, at most `limit`. */
  listBranches(limit: number): Promise<readonly { readonly branch: BranchName; readonly tip: CommitId }[]>;
  listCheckouts(): Promise<readonly CheckoutSighting[]>;
  /** Merge bases of every pair of different tips, in order of `tips`: none without common history, several when criss-crossed. */
  commonBases(
    tips: readonly CommitId[],
  ): Promise<readonly { readonly a: CommitId; readonly b: CommitId; readonly bases: readonly CommitId[] }[]>;
  /** One list per range, in order. One process. */
  changedPathsOf(ranges: readonly TipRange[]): Promise<readonly (readonly PathDifference[])[]>;
  /** Whose verdicts these are: another version may merge otherwise. */
  gitVersion(): Promise<string>;
  /** One verdict per pair, in order: the one git's merge of these two commits gives. Writes nothing that stays. */
  trialMerges(pairs: readonly TipPair[]): Promise<readonly TrialMerge[]>;
  /** Paths of each of the newest `commits` commits that `tip` reaches, merges left out. One process. */
  coChange(tip: CommitId, commits: number): Promise<readonly (readonly RepoPath[])[]>;
  /**
   * What a checkout of the user's repository, or a workspace made here, holds beyond its commit. Takes no lock of it and
   * runs nothing of its configuration. null when the folder is no such checkout or has no commit.
   */
  worktreeChanges(path: AbsolutePath): Promise<WorktreeChanges | null>;
  /**
   * One look at each of several checkouts, in order, one process each; as undisturbing as `worktreeChanges`, and cheaper.
   * null for what is no such checkout, or could not be read while somebody worked in it.
   */
  sightWorktrees(paths: readonly AbsolutePath[]): Promise<readonly (WorktreeSighting | null)[]>;
}
