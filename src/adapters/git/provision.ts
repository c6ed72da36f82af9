/**
 * Makes a task's workspace. Linked worktrees are made from files (an admin folder renamed in whole), not by `git worktree
 * add`: that runs under the user's configuration, races with other adds, and leaves a locked half when killed.
 *
 *   record written → branch made → files in a hidden neighbour folder → folder renamed → admin folder renamed → ready
 *
 * Every temporary name carries the record's nonce, so a restart knows what is ours and repeats or completes it.
 */
import { constants, copyFile, mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { ProvisionOutcome, WorkspaceSpec } from '../../ports/git.ts';
import { writeCloneDir } from './clone-dir.ts';
import { effect, type GitContext } from './context.ts';
import { GitFailure, isErrno } from './failure.ts';
import { bytesIfThere, entriesOf, readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { withAdminLock } from './admin-lock.ts';
import { branchRef } from './names.ts';
import {
  adminDir,
  branchRecord,
  keptIndex,
  newNonce,
  workspaceRecord,
  writeBranchRecord,
  writeWorkspaceRecord,
  type WorkspaceRecord,
} from './ownership.ts';
import type { Pool } from './pool.ts';
import { indexEntryCount, isLarge, populate } from './populate.ts';
import { bringToUser, ensureInControl } from './transfer.ts';
import { checkoutsOf, updateUserRefs, userBranchTip } from './user-refs.ts';
import { isIntact, workspaceTip } from './workspace.ts';
import { keptFiles } from './workspace-move.ts';

/** A prune would have to hit the microseconds between two calls this many times in a row. */
const PRUNE_TRIES = 20;

interface Claim {
  readonly record: WorkspaceRecord;
  readonly tip: CommitId;
  /** The folder is already at its place: only its link is to be completed. */
  readonly isFolderThere: boolean;
}

export async function provision(
  context: GitContext,
  pool: Pool,
  spec: WorkspaceSpec,
): Promise<ProvisionOutcome> {
  branchRef(spec.branch);
  return context.mutexes.run(`workspace:${spec.path}`, async () => {
    const record = await workspaceRecord(context, spec.path);
    if (record?.stage === 'ready' && record.branch === spec.branch && (await isIntact(context, record))) {
      const tip = await workspaceTip(context, spec);
      if (tip.kind === 'commit') return { kind: 'ready', head: tip.commit, technique: 'existing' };
    }
    await ensureInControl(context, spec.base);
    return effect(context, 'worktree.add', () => make(context, pool, spec));
  });
}

async function make(context: GitContext, pool: Pool, spec: WorkspaceSpec): Promise<ProvisionOutcome> {
  const claim = await withAdminLock(context, () => claimPlaces(context, spec));
  if ('kind' in claim) return claim;
  await context.failpoint('worktree.add:after-branch');
  const { record, tip, isFolderThere } = claim;
  await ensureInControl(context, tip, [spec.base]);
  const names = temporaryNames(context, record);
  await removeTree(names.folder);
  await removeTree(names.admin);
  await mkdir(names.admin, { recursive: true });
  await mkdir(dirname(names.folder), { recursive: true });
  const index = join(names.admin, 'index');
  let technique: 'plain' | 'pool' = 'plain';
  if (isFolderThere) await readIndexOnly(context, record.path, index, tip);
  else ({ technique } = await populate(context, pool, { folder: names.folder, index, commit: tip }));
  await keepIndex(context, spec, index, tip);
  await context.failpoint('worktree.add:after-dir');
  await withAdminLock(context, () => putInPlace(context, record, tip, names));
  if (!(await isIntact(context, record))) {
    throw new GitFailure('git-failed', `the worktree ${spec.path} did not stay as it was made`, {
      hint: `run: git worktree list`,
    });
  }
  await writeWorkspaceRecord(context, { ...record, stage: 'ready' });
  if (isLarge(indexEntryCount(await bytesIfThere(keptIndex(context, spec))))) pool.refill(tip);
  return { kind: 'ready', head: tip, technique };
}

/** Under the lock: decides whether branch and path are free or ours, writes that down, makes the branch. */
async function claimPlaces(context: GitContext, spec: WorkspaceSpec): Promise<Claim | ProvisionOutcome> {
  const before = await workspaceRecord(context, spec.path);
  const folder = await folderState(context, spec, before);
  if (folder === 'foreign') return { kind: 'occupied', what: 'path', detail: `${spec.path} exists already` };
  const branch = await branchState(context, spec);
  if (branch.kind === 'foreign') return { kind: 'occupied', what: 'branch', detail: branch.detail };
  const record: WorkspaceRecord = {
    task: spec.task,
    branch: spec.branch,
    path: spec.path,
    base: spec.base,
    isolation: spec.isolation,
    nonce: before?.nonce ?? newNonce(),
    stage: 'planned',
  };
  await writeWorkspaceRecord(context, record);
  await writeBranchRecord(context, {
    branch: spec.branch,
    path: spec.path,
    nonce: branch.nonce ?? record.nonce,
    savedTip: branch.savedTip,
  });
  if (branch.tip === null && spec.isolation === 'worktree')
    await makeBranch(context, spec, branch.nonce ?? record.nonce);
  return {
    record,
    tip: branch.tip ?? branch.savedTip ?? spec.base,
    isFolderThere: folder === 'ours',
  };
}

async function makeBranch(context: GitContext, spec: WorkspaceSpec, nonce: string): Promise<void> {
  await bringToUser(context, spec.base, []);
  const update = { ref: branchRef(spec.branch), from: null, to: spec.base };
  if (await updateUserRefs(context, [update], createdReason(nonce))) return;
  throw new GitFailure('git-failed', `branch ${spec.branch} appeared while it was being made`);
}

/** First reflog line of a branch we made: proves it ours when the process died before it could be written down. */
function createdReason(nonce: string): string {
  return `copse: created ${nonce}`;
}

async function folderState(
  context: GitContext,
  spec: WorkspaceSpec,
  record: WorkspaceRecord | null,
): Promise<'free' | 'ours' | 'foreign'> {
  const stat = await statIfThere(spec.path);
  if (stat === null) return 'free';
  if (!stat.isDirectory()) return 'foreign';
  if ((await entriesOf(spec.path)).length === 0) return 'free';
  if (record === null || record.branch !== spec.branch) return 'foreign';
  if (record.stage !== 'planned') return 'ours';
  // Planned only: the folder is ours if it was renamed into place before the process died.
  const link = (await readIfThere(join(spec.path, '.git')))?.trim();
  if (record.isolation === 'worktree')
    return link === `gitdir: ${adminDir(context, record)}` ? 'ours' : 'foreign';
  return (await readIfThere(join(spec.path, '.git', 'copse')))?.trim() === record.nonce ? 'ours' : 'foreign';
}

type BranchState =
  | { readonly kind: 'foreign'; readonly detail: string }
  | {
      readonly kind: 'free';
      readonly tip: CommitId | null;
      readonly nonce: string | null;
      readonly savedTip: CommitId | null;
    };

async function branchState(context: GitContext, spec: WorkspaceSpec): Promise<BranchState> {
  const record = await branchRecord(context, spec.branch);
  const tip = await userBranchTip(context, spec.branch);
  if (spec.isolation === 'clone' && record !== null && tip === null) {
    return { kind: 'free', tip: null, nonce: record.nonce, savedTip: record.savedTip };
  }
  if (tip === null) return { kind: 'free', tip: null, nonce: null, savedTip: null };
  if (record === null || !(await isBranchOurs(context, spec.branch, record.nonce))) {
    return { kind: 'foreign', detail: `branch ${spec.branch} exists already` };
  }
  const elsewhere = (await checkoutsOf(context, spec.branch)).find((checkout) => checkout.path !== spec.path);
  if (elsewhere !== undefined) {
    return { kind: 'foreign', detail: `branch ${spec.branch} is checked out in ${elsewhere.path}` };
  }
  return { kind: 'free', tip, nonce: record.nonce, savedTip: null };
}

/** By the nonce in its reflog; a reflog that was deleted or expired leaves only our record to go by. */
async function isBranchOurs(context: GitContext, branch: string, nonce: string): Promise<boolean> {
  const log = await readIfThere(join(context.user.commonDir, 'logs', 'refs', 'heads', branch));
  if (log === null || log === '') return true;
  if (log.includes(`\tcopse: created ${nonce}\n`) || log.includes('\tcopse: restored')) return true;
  return !/^0+ /.test(log);
}

interface TemporaryNames {
  readonly folder: string;
  readonly admin: string;
}

/** Hidden neighbours on the file systems where the parts will live, so that both last steps are renames. */
export function temporaryNames(context: GitContext, record: WorkspaceRecord): TemporaryNames {
  return {
    folder: join(dirname(record.path), `.${basename(record.path)}.copse-${record.nonce}`),
    admin:
      record.isolation === 'clone'
        ? join(context.places.state, 'tmp', `admin-${record.nonce}`)
        : join(context.user.commonDir, `copse-${record.nonce}.making`),
  };
}

async function putInPlace(
  context: GitContext,
  record: WorkspaceRecord,
  tip: CommitId,
  names: TemporaryNames,
): Promise<void> {
  const isNew = (await statIfThere(names.folder)) !== null;
  const folder = isNew ? names.folder : record.path;
  if (record.isolation === 'clone') {
    await removeTree(join(folder, '.git'));
    await writeCloneDir(context, record, {
      gitDir: join(folder, '.git'),
      tip,
      index: join(names.admin, 'index'),
    });
  } else {
    await removeTree(join(folder, '.git'));
    await writeWhole(join(folder, '.git'), `gitdir: ${adminDir(context, record)}\n`, 0o644);
    await writeWhole(join(names.admin, 'HEAD'), `ref: ${branchRef(record.branch as never)}\n`, 0o644);
    await writeWhole(join(names.admin, 'commondir'), '../..\n', 0o644);
    await writeWhole(join(names.admin, 'gitdir'), `${join(record.path, '.git')}\n`, 0o644);
    await writeWhole(join(names.admin, 'logs', 'HEAD'), headLog(context, tip), 0o644);
  }
  if (isNew) await renameInto(names.folder, record.path);
  if (record.isolation === 'clone') return removeTree(names.admin);
  await removeTree(adminDir(context, record));
  await renameAmongWorktrees(context, names.admin, adminDir(context, record));
}

/** `git worktree prune`, which every gc runs, removes the folder of all worktrees when it finds it empty. */
async function renameAmongWorktrees(context: GitContext, from: string, to: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await mkdir(join(context.user.commonDir, 'worktrees'), { recursive: true });
    try {
      await rename(from, to);
      return;
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || tries >= PRUNE_TRIES) throw error;
    }
  }
}

function headLog(context: GitContext, tip: CommitId): string {
  const { name, email } = context.identity;
  return `${'0'.repeat(tip.length)} ${tip} ${name} <${email}> ${Math.floor(Date.now() / 1_000)} +0000\tcopse: checkout\n`;
}

/** An empty folder in the way is taken over; anything else that appeared meanwhile is left alone. */
async function renameInto(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    if (!isErrno(cause, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw cause;
    throw new GitFailure('git-failed', `${to} appeared while the worktree was being made`, { cause });
  }
}

async function readIndexOnly(context: GitContext, path: string, index: string, tip: CommitId): Promise<void> {
  await context.git.run({
    label: `read the index of ${path}`,
    gitDir: context.places.control,
    workTree: path,
    indexFile: index,
    args: ['read-tree', tip],
  });
}

/** A copy of a fresh index for later captures, and the commit it stands for. */
export async function keepIndex(
  context: GitContext,
  spec: WorkspaceSpec,
  index: string,
  head: CommitId,
): Promise<void> {
  const kept = keptIndex(context, spec);
  await mkdir(dirname(kept), { recursive: true, mode: 0o700 });
  for (const path of keptFiles(kept)) await removeTree(path);
  await copyFile(index, kept, constants.COPYFILE_FICLONE);
  await writeWhole(`${kept}.head`, head);
}
