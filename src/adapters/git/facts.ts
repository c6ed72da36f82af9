import { join } from 'node:path';
import type { BranchName, CommitId, RepoPath } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { RepositoryFacts } from '../../ports/git.ts';
import { isCheckoutDirty } from './checkout-state.ts';
import type { GitContext } from './context.ts';
import { bytesIfThere, readIfThere, statIfThere } from './files.ts';
import { pathText, splitNul } from './names.ts';
import { indexEntryCount } from './populate.ts';
import { ensureInControl } from './transfer.ts';
import { GitFailure } from './failure.ts';
import { readHead, userRef } from './user-refs.ts';

/** A destroyed repository is a failure with the way back, not a repository without commits. */
export async function requireUserRepository(context: GitContext): Promise<void> {
  const { commonDir } = context.user;
  for (const name of ['HEAD', 'objects', 'refs']) {
    if ((await statIfThere(join(commonDir, name))) === null)
      throw damaged(context, `${join(commonDir, name)} is gone`);
  }
}

export function damaged(context: GitContext, detail: string): GitFailure {
  return new GitFailure(
    'git-repository-damaged',
    `the repository ${context.user.root} is damaged: ${detail}`,
    {
      hint: restoreCommand(context),
    },
  );
}

/** One command that brings every branch and tag back from control. */
export function restoreCommand(context: GitContext): string {
  const { root } = context.user;
  return `run: git -C ${root} init && git -C ${root} fetch --update-head-ok ${context.places.control} '+refs/mirror/*:refs/*'`;
}

export async function facts(context: GitContext): Promise<RepositoryFacts> {
  await requireUserRepository(context);
  const { root, gitDir, commonDir } = context.user;
  const head = await readHead(gitDir);
  const currentBranch = head.kind === 'branch' ? head.branch : null;
  const commit =
    head.kind === 'detached'
      ? head.commit
      : currentBranch === null
        ? null
        : await userRef(context, `refs/heads/${currentBranch}`);
  return {
    root,
    commonDir,
    currentBranch,
    head: commit,
    isDirty: await isCheckoutDirty(context, { path: root, gitDir }, commit),
    defaultBranch: await defaultBranch(context, currentBranch),
    fileCount: indexEntryCount(await bytesIfThere(join(gitDir, 'index'))),
    gitVersion: context.gitVersion,
  };
}

/** What the remote calls its main branch, else `main` or `master` if it exists, else the current one. */
async function defaultBranch(context: GitContext, current: BranchName | null): Promise<BranchName | null> {
  const remote = await readIfThere(join(context.user.commonDir, 'refs', 'remotes', 'origin', 'HEAD'));
  const named = /^ref: refs\/remotes\/origin\/(.+)$/.exec(remote?.trim() ?? '')?.[1];
  for (const name of [named, 'main', 'master']) {
    if (name !== undefined && (await userRef(context, `refs/heads/${name}`)) !== null)
      return name as BranchName;
  }
  return current;
}

/** Any spelling git knows that needs no configuration; `HEAD` is the user's checkout. */
export async function resolveRevision(context: GitContext, revision: string): Promise<CommitId | null> {
  if (revision === '' || revision.startsWith('-')) return null;
  const rest = /^(?:HEAD|@)(?=$|[~^@:])(.*)$/s.exec(revision);
  const head = await readHead(context.user.gitDir);
  const start =
    head.kind === 'branch'
      ? `refs/heads/${head.branch}`
      : head.kind === 'detached'
        ? head.commit
        : 'refs/heads/none';
  const name = rest === null ? revision : `${start}${rest[1] ?? ''}`;
  const found = await context.userReader.info(`${name}^{commit}`);
  if (found?.type === 'commit') return parseCommitId(found.oid);
  const kept = await context.controlReader.info(`${name}^{commit}`);
  return /^[0-9a-f]{40,64}$/.test(name) && kept !== null ? parseCommitId(kept.oid) : null;
}

export async function readFileAt(
  context: GitContext,
  commit: CommitId,
  path: RepoPath,
): Promise<string | null> {
  await ensureInControl(context, commit);
  const found = await context.controlReader.content(`${commit}:${path}`);
  return found?.info.type === 'blob' ? found.content.toString() : null;
}

export async function listFiles(
  context: GitContext,
  commit: CommitId,
  limit: number,
): Promise<readonly RepoPath[]> {
  await ensureInControl(context, commit);
  const { stdout } = await context.git.run({
    label: 'list the files',
    gitDir: context.places.control,
    args: ['ls-tree', '-r', '-z', '--name-only', '--full-tree', commit],
  });
  return splitNul(stdout)
    .slice(0, limit)
    .map((path) => pathText(path).text as RepoPath);
}
