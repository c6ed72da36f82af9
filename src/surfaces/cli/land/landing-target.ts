/** Where branches land: a branch of this repository, or of a remote. */
import type { BranchName } from '../../../core/ids.ts';
import { Failure } from '../../../kit/failure.ts';
import type { Session } from '../session.ts';

export interface LandingTarget {
  readonly branch: BranchName;
  /** null: the user's own repository. */
  readonly remote: string | null;
}

/** The named one, else the branch that is checked out. A branch of this repository goes before a remote's of that name. */
export async function targetOf({ deps }: Session, into: string | null): Promise<LandingTarget> {
  if (into === null) {
    const { currentBranch } = await deps.git.facts();
    if (currentBranch !== null) return { branch: currentBranch, remote: null };
    throw new Failure('usage-branch', 'HEAD is detached: nothing says where to land', {
      hint: 'copse merge … --into BRANCH',
    });
  }
  const branch = into.replace(/^refs\/heads\//, '') as BranchName;
  if ((await deps.git.branchTip(branch)) !== null) return { branch, remote: null };
  const name = into.replace(/^refs\/remotes\//, '');
  const remote = (await deps.git.remotes()).find((one) => name.startsWith(`${one}/`));
  if (remote !== undefined) return { branch: name.slice(remote.length + 1) as BranchName, remote };
  throw new Failure('usage-branch', `there is no branch ${branch} to land on`, {
    hint: `git branch ${branch}`,
  });
}

/** Each once, in the order given. Failure `usage-branch` for one that is not there. */
export async function branchesOf(
  { deps }: Session,
  given: readonly string[],
  target: LandingTarget,
): Promise<readonly BranchName[]> {
  const branches = [...new Set(given.map((name) => name.replace(/^refs\/heads\//, '')))] as BranchName[];
  for (const branch of branches) {
    if (branch === target.branch && target.remote === null)
      throw new Failure('usage-branch', `${branch} cannot be landed on itself`);
    if ((await deps.git.branchTip(branch)) === null) {
      throw new Failure('usage-branch', `there is no branch ${branch}`, { hint: 'git branch --list' });
    }
  }
  return branches;
}
