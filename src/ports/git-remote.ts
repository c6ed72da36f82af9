/** A target that lives in another repository: looked at and moved over the network, by compare-and-set like any other. */
import type { BranchName, CommitId } from '../core/ids.ts';

/** A branch of a remote that the user's repository names. */
export interface RemoteBranch {
  readonly remote: string;
  readonly branch: BranchName;
}

export type PushOutcome =
  | { readonly kind: 'published' }
  /** The branch did not hold `from` any more; what it holds has been fetched. */
  | { readonly kind: 'moved'; readonly actual: CommitId | null };

export interface RemoteGit {
  /** Names of the remotes of the user's repository. */
  remotes(): Promise<readonly string[]>;
  /**
   * Where the branch is, fetched so that it can be merged onto, as seen at most `maxAgeMs` ago; null when the remote has
   * no such branch. Failure `git-remote` when the remote cannot be reached or refuses.
   */
  fetchRemoteTip(target: RemoteBranch, maxAgeMs: number): Promise<CommitId | null>;
  /**
   * Moves the branch from `from` to `to`, a descendant of it, or not at all: somebody else's commits are never
   * overwritten. Failure `git-remote` when the remote cannot be reached or refuses; nothing was moved then, or the next
   * call finds it done.
   */
  pushRemote(
    request: RemoteBranch & { readonly from: CommitId; readonly to: CommitId },
  ): Promise<PushOutcome>;
}
