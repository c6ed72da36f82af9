/** Refs of the user's repository, through the view; and who has which branch checked out. */
import { appendFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { AbsolutePath, BranchName, CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { entriesOf, readIfThere, statIfThere } from './files.ts';
import { branchRef } from './names.ts';
import { refValue } from './ref-files.ts';
import { withRefJournal } from './ref-journal.ts';

export type Head =
  | { readonly kind: 'branch'; readonly branch: BranchName }
  | { readonly kind: 'detached'; readonly commit: CommitId }
  | { readonly kind: 'unreadable' };

/** From the file itself: a git directory an agent can write is never handed to git. */
export async function readHead(gitDir: string): Promise<Head> {
  const path = join(gitDir, 'HEAD');
  if ((await statIfThere(path))?.isFile() !== true) return { kind: 'unreadable' };
  const text = ((await readIfThere(path)) ?? '').trim();
  const branch = /^ref: refs\/heads\/(.+)$/.exec(text)?.[1];
  if (branch !== undefined) return { kind: 'branch', branch: branch as BranchName };
  const commit = parseCommitId(text);
  return commit === null ? { kind: 'unreadable' } : { kind: 'detached', commit };
}

export async function userRef(context: GitContext, ref: string): Promise<CommitId | null> {
  const value = await refValue(context, ref);
  if (value === null) return null;
  const info = await context.userReader.info(value);
  return info?.type === 'commit' ? parseCommitId(info.oid) : null;
}

export async function userBranchTip(context: GitContext, branch: BranchName): Promise<CommitId | null> {
  return userRef(context, branchRef(branch));
}

export interface RefUpdate {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** All or nothing. False when a ref did not hold its `from`; the caller re-reads to learn which. */
export async function updateUserRefs(
  context: GitContext,
  updates: readonly RefUpdate[],
  reason: string,
): Promise<boolean> {
  if (updates.length === 0) return true;
  const lines = updates.map(({ ref, from, to }) => {
    if (to === null)
      return from === null ? `verify ${ref}\0${zeroIdFor(context)}\0` : `delete ${ref}\0${from}\0`;
    return `update ${ref}\0${to}\0${from ?? zeroIdFor(context)}\0`;
  });
  try {
    const refs = updates.map((update) => update.ref);
    const { name, email } = context.identity;
    await withRefJournal(context, refs, () =>
      context.git.run({
        label: `move ${refs.join(', ').slice(0, 200)}`,
        gitDir: context.places.view,
        args: [
          'update-ref',
          '--no-deref',
          '--create-reflog',
          '-m',
          reason.replace(/\s+/g, ' '),
          '-z',
          '--stdin',
        ],
        input: `start\0${lines.join('')}prepare\0commit\0`,
        env: { GIT_COMMITTER_NAME: name, GIT_COMMITTER_EMAIL: email },
      }),
    );
    return true;
  } catch (cause) {
    if (!(cause instanceof GitFailure) || cause.exitCode === null) throw cause;
    // The values decide, not the message: refused only if some ref really differs from what was expected.
    for (const { ref, from } of updates) if ((await rawUserRef(context, ref)) !== from) return false;
    throw cause;
  }
}

/** The object a ref names, of whatever type; null when there is no such ref. */
export async function rawUserRef(context: GitContext, ref: string): Promise<string | null> {
  return refValue(context, ref);
}

function zeroIdFor(context: GitContext): string {
  return '0'.repeat(context.user.objectFormat === 'sha256' ? 64 : 40);
}

export interface Checkout {
  readonly path: AbsolutePath;
  readonly gitDir: string;
}

/** The main checkout and every linked worktree of the user's repository. */
export async function checkouts(context: GitContext): Promise<readonly Checkout[]> {
  const { root, gitDir, commonDir } = context.user;
  const found: Checkout[] = [{ path: root, gitDir }];
  if (gitDir !== commonDir && basename(commonDir) === '.git') {
    found.push({ path: dirname(commonDir) as AbsolutePath, gitDir: commonDir });
  }
  for (const entry of await entriesOf(join(commonDir, 'worktrees'))) {
    const admin = join(commonDir, 'worktrees', entry.name);
    const link = (await readIfThere(join(admin, 'gitdir')))?.trim();
    if (link === undefined || link === '' || admin === gitDir) continue;
    found.push({ path: dirname(resolve(admin, link)) as AbsolutePath, gitDir: admin });
  }
  return found;
}

/** Checkouts that work on `branch`, a rebase or bisect of it included. */
export async function checkoutsOf(context: GitContext, branch: BranchName): Promise<readonly Checkout[]> {
  const found: Checkout[] = [];
  for (const checkout of await checkouts(context)) {
    const head = await readHead(checkout.gitDir);
    if (head.kind === 'branch' && head.branch === branch) found.push(checkout);
    else if (head.kind === 'detached' && (await isRebasing(checkout.gitDir, branch))) found.push(checkout);
  }
  return found;
}

async function isRebasing(gitDir: string, branch: BranchName): Promise<boolean> {
  for (const file of ['rebase-merge/head-name', 'rebase-apply/head-name', 'BISECT_START']) {
    const text = (await readIfThere(join(gitDir, file)))?.trim();
    if (text === `refs/heads/${branch}` || text === branch) return true;
  }
  return false;
}

/** The entry that git itself writes into a checkout's own reflog when its branch moves. */
export async function logHead(
  context: GitContext,
  checkout: Checkout,
  move: { readonly from: string; readonly to: string; readonly reason: string; readonly dateMs: number },
): Promise<void> {
  const path = join(checkout.gitDir, 'logs', 'HEAD');
  if ((await statIfThere(path))?.isFile() !== true) return;
  const { name, email } = context.identity;
  const seconds = Math.floor(move.dateMs / 1_000);
  await appendFile(path, `${move.from} ${move.to} ${name} <${email}> ${seconds} +0000\t${move.reason}\n`);
}

/** Operation left half done in a checkout, in words; null when there is none. */
export async function operationInProgress(gitDir: string): Promise<string | null> {
  const marks: readonly (readonly [string, string])[] = [
    ['rebase-merge', 'rebase'],
    ['rebase-apply', 'rebase'],
    ['MERGE_HEAD', 'merge'],
    ['CHERRY_PICK_HEAD', 'cherry-pick'],
    ['REVERT_HEAD', 'revert'],
    ['BISECT_LOG', 'bisect'],
  ];
  for (const [file, name] of marks) if ((await statIfThere(join(gitDir, file))) !== null) return name;
  return null;
}
