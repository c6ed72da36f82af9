/**
 * Conflicts and reverts, in the control repository and in checkouts of our own. A resolution is always a commit with
 * exactly the parents {ours, theirs}, made by Copse, whatever worked on its content. Asked again with the same arguments
 * every method ends in the same state.
 */
import type { AbsolutePath, BranchName, CommitId, RepoPath, TreeId } from '../core/ids.ts';
import type { MergeOutcome } from './git.ts';

/** Of a merge: what it is made onto, and what is merged. */
export interface Sides {
  readonly ours: CommitId;
  readonly theirs: CommitId;
}

/**
 * recorded: a resolution of the same lines recorded earlier · structural: a structural merge tool, where one is installed ·
 * ours, theirs, both: in each place of conflict that side, or one after the other. Only files in conflict differ from what
 * git merged by itself.
 */
export type ResolutionRule = 'recorded' | 'structural' | 'ours' | 'theirs' | 'both';

export type RuleOutcome =
  | {
      readonly kind: 'resolved';
      readonly commit: CommitId;
      readonly tree: TreeId;
      readonly files: readonly RepoPath[];
    }
  /** Nothing is in conflict (any more): the plain merge. */
  | { readonly kind: 'clean'; readonly commit: CommitId; readonly tree: TreeId }
  | { readonly kind: 'unresolved'; readonly files: readonly RepoPath[]; readonly detail: string };

/** A checkout of our own with the merge in progress, for an agent or a person. */
export interface ResolutionSpec extends Sides {
  /** Names the checkout; `^[a-z0-9][a-z0-9._-]{0,63}$`. */
  readonly name: string;
  /** The branch HEAD is on there: the target's name, in a repository of its own. */
  readonly branch: BranchName;
}

export interface OpenedResolution {
  readonly path: AbsolutePath;
  readonly base: CommitId | null;
  readonly files: readonly RepoPath[];
  /** It was there already, with whatever was done in it. */
  readonly isFound: boolean;
}

export type ResolutionReading =
  | {
      readonly kind: 'read';
      /** Parents exactly {ours, theirs}, content that of the checkout, kept under the given ref. */
      readonly commit: CommitId;
      readonly tree: TreeId;
      /** Files in conflict that still hold conflict markers. */
      readonly markers: readonly RepoPath[];
      /** What differs from git's own merge and was not in conflict. */
      readonly outside: readonly RepoPath[];
      /** Nothing was changed since the checkout was made. */
      readonly isUntouched: boolean;
    }
  | { readonly kind: 'missing' };

export interface RevertRequest {
  readonly onto: CommitId;
  /** What is taken back is the difference from `parent` to `commit`. */
  readonly commit: CommitId;
  readonly parent: CommitId;
  readonly message: string;
  readonly dateMs: number;
}

export interface FirstParentCommit {
  readonly commit: CommitId;
  readonly parents: readonly CommitId[];
  readonly message: string;
}

export interface ResolutionGit {
  resolveByRule(
    request: Sides & { readonly rule: ResolutionRule; readonly message: string; readonly dateMs: number },
  ): Promise<RuleOutcome>;
  openResolution(spec: ResolutionSpec): Promise<OpenedResolution>;
  /** Reads only files, never the checkout's own `.git`. */
  readResolution(
    spec: ResolutionSpec,
    made: { readonly keepRef: string; readonly message: string; readonly dateMs: number },
  ): Promise<ResolutionReading>;
  /** Removes the checkout, whose content a reading has kept. */
  closeResolution(name: string): Promise<void>;
  /** Remembers how `resolved` settled the conflict of the two sides, for the next time the same lines meet. */
  recordResolution(sides: Sides, resolved: CommitId): Promise<void>;
  /** One commit on `onto`; `contained` when there is nothing left to take back. */
  revert(request: RevertRequest): Promise<MergeOutcome>;
  /** First-parent history of `tip`, newest first. */
  firstParents(tip: CommitId, limit: number): Promise<readonly FirstParentCommit[]>;
}
