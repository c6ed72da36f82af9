/** Puts a task's worktree back into order after an attempt: folder, `.git`, HEAD, operations left half done. */
import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import { isAncestor } from './ancestry.ts';
import { refreshIndex } from './checkout-state.ts';
import { withAdminLock } from './admin-lock.ts';
import { moveWorkspaceBranch } from './capture.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { removeTree, statIfThere, writeWhole } from './files.ts';
import { keepSalvage } from './guard-refs.ts';
import { installIndex } from './install-index.ts';
import { headMoves } from './made-in-workspace.ts';
import { branchRef } from './names.ts';
import { adminDir, newNonce, type WorkspaceRecord } from './ownership.ts';
import { bringIntoControl } from './transfer.ts';
import { logHead, operationInProgress, readHead, userRef } from './user-refs.ts';
import { gitDirOf, isIntact, workspaceObjects, workspaceTip } from './workspace.ts';
import { moveFolder, settleWorkspaceMove } from './workspace-move.ts';
import { indexAt, isFolder, type FolderIndex } from './worktree-changes.ts';

export type Provision = (spec: WorkspaceSpec) => Promise<unknown>;

export async function verifyWorktree(
  context: GitContext,
  spec: WorkspaceSpec,
  record: WorkspaceRecord,
  provisionAgain: Provision,
): Promise<readonly GuardViolation[]> {
  const missing = await repairLink(context, spec, record, provisionAgain);
  const operation = await endOperation(context, spec, record);
  const head = await repairHead(context, spec, record);
  return [...missing, ...operation, ...head];
}

async function repairLink(
  context: GitContext,
  spec: WorkspaceSpec,
  record: WorkspaceRecord,
  provisionAgain: Provision,
): Promise<readonly GuardViolation[]> {
  if (!(await isFolder(spec.path))) {
    const stat = await statIfThere(spec.path);
    const detail = stat === null ? 'the folder was deleted' : 'the folder was replaced by something else';
    if (stat === null) await provisionAgain(spec);
    return [{ kind: 'worktree-missing', detail, restored: stat === null }];
  }
  if (await isIntact(context, record)) return [];
  if (record.isolation === 'clone') {
    return [
      {
        kind: 'worktree-missing',
        detail: 'the private .git was destroyed; the files are still there',
        restored: false,
      },
    ];
  }
  await rewriteLink(context, spec, record);
  return [{ kind: 'worktree-missing', detail: '.git was deleted, replaced or redirected', restored: true }];
}

/** Files stay as they are; only the link between folder and repository is made again, with a fresh index. */
async function rewriteLink(context: GitContext, spec: WorkspaceSpec, record: WorkspaceRecord): Promise<void> {
  const admin = adminDir(context, record);
  const tip = await workspaceTip(context, spec);
  const at = await freshIndex(context, spec, tip.kind === 'commit' ? tip.commit : spec.base);
  await withAdminLock(context, async () => {
    const link = join(spec.path, '.git');
    if ((await statIfThere(link)) !== null) {
      // A repository the agent put there may hold the only copy of its commits.
      await mkdir(join(context.places.state, 'guard', 'replaced'), { recursive: true });
      const aside = join(context.places.state, 'guard', 'replaced', `dot-git-${newNonce()}`);
      await rename(link, aside).catch(() => removeTree(link));
    }
    await writeWhole(link, `gitdir: ${admin}\n`, 0o644);
    if ((await statIfThere(admin))?.isDirectory() !== true) await removeTree(admin);
    await mkdir(admin, { recursive: true });
    const hasHead = (await readHead(admin)).kind !== 'unreadable';
    if (!hasHead) await writeWhole(join(admin, 'HEAD'), `ref: ${branchRef(spec.branch)}\n`, 0o644);
    await writeWhole(join(admin, 'commondir'), '../..\n', 0o644);
    await writeWhole(join(admin, 'gitdir'), `${link}\n`, 0o644);
    if ((await statIfThere(join(admin, 'index'))) === null) await copyFile(at.index, join(admin, 'index'));
  });
}

const OPERATION_FILES = [
  'rebase-merge',
  'rebase-apply',
  'MERGE_HEAD',
  'MERGE_MSG',
  'MERGE_MODE',
  'AUTO_MERGE',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'sequencer',
  'REBASE_HEAD',
  'BISECT_LOG',
  'BISECT_START',
  'BISECT_TERMS',
  'BISECT_NAMES',
  'BISECT_EXPECTED_REV',
];

/** The files stay, conflict markers and all: the capture saves them and the intake checks see them. */
async function endOperation(
  context: GitContext,
  spec: WorkspaceSpec,
  record: WorkspaceRecord,
): Promise<readonly GuardViolation[]> {
  const gitDir = gitDirOf(context, record);
  const operation = await operationInProgress(gitDir);
  if (operation === null) return [];
  const head = await readHead(gitDir);
  if (head.kind === 'detached') await saveCommit(context, spec, head.commit);
  for (const name of OPERATION_FILES) await removeTree(join(gitDir, name));
  if (head.kind === 'detached' && operation !== 'bisect') await attachHead(context, spec, gitDir);
  const tip = await workspaceTip(context, spec);
  if (tip.kind === 'commit' && (await readHead(gitDir)).kind === 'branch') {
    // Unmerged entries would make every later commit of the agent fail.
    const at = await freshIndex(context, spec, tip.commit);
    await installIndex(at.index, join(gitDir, 'index'));
  }
  return [{ kind: 'detached', detail: `a ${operation} was left half done`, restored: true }];
}

async function repairHead(
  context: GitContext,
  spec: WorkspaceSpec,
  record: WorkspaceRecord,
): Promise<readonly GuardViolation[]> {
  const gitDir = gitDirOf(context, record);
  const head = await readHead(gitDir);
  if (head.kind === 'branch' && head.branch === spec.branch) return [];
  const kind = head.kind === 'branch' ? 'wrong-branch' : 'detached';
  const where =
    head.kind === 'branch'
      ? `on branch ${head.branch}`
      : head.kind === 'detached'
        ? `detached at ${head.commit}`
        : 'unreadable';
  const commit =
    head.kind === 'detached'
      ? head.commit
      : head.kind === 'branch'
        ? await branchCommit(context, spec, head.branch)
        : null;
  const outcome = commit === null ? 'attached' : await adopt(context, spec, commit);
  if (outcome === 'left')
    return [{ kind, detail: `HEAD was ${where}; its commit is saved, not adopted`, restored: false }];
  await attachHead(context, spec, gitDir);
  const how = outcome === 'adopted' ? 'its commits were adopted' : 'it was put back';
  return [{ kind, detail: `HEAD was ${where}; ${how}`, restored: true }];
}

async function branchCommit(
  context: GitContext,
  spec: WorkspaceSpec,
  branch: string,
): Promise<CommitId | null> {
  return spec.isolation === 'worktree' ? userRef(context, `refs/heads/${branch}`) : null;
}

/**
 * `adopted`: the task's branch was moved forward to `commit`. `attached`: the branch holds it already and the folder was
 * taken back to the branch's files. `left`: histories parted, or uncommitted changes are in the way.
 */
async function adopt(
  context: GitContext,
  spec: WorkspaceSpec,
  commit: CommitId,
): Promise<'adopted' | 'attached' | 'left'> {
  if (!(await saveCommit(context, spec, commit))) return 'left';
  const tip = await workspaceTip(context, spec);
  if (tip.kind !== 'commit') return 'left';
  if (tip.commit === commit) return 'attached';
  await bringIntoControl(context, workspaceObjects(context, spec), tip.commit, [spec.base]);
  if (await isAncestor(context, tip.commit, commit)) {
    await moveWorkspaceBranch(context, spec, { from: tip.commit, to: commit, reason: 'copse: adopted' });
    return 'adopted';
  }
  if (!(await isAncestor(context, commit, tip.commit))) return 'left';
  return (await takeFolderTo(context, spec, commit, tip.commit)) ? 'attached' : 'left';
}

async function takeFolderTo(
  context: GitContext,
  spec: WorkspaceSpec,
  from: CommitId,
  to: CommitId,
): Promise<boolean> {
  if ((await settleWorkspaceMove(context, spec)) === to) return true;
  const at = await indexAt(context, spec, from);
  await refreshIndex(context, spec.path, at.index);
  return moveFolder(context, spec, { from, to }, () => Promise.resolve());
}

/** An index that stands for `commit`, or for the base when the agent's commits do not pass the checks. */
async function freshIndex(context: GitContext, spec: WorkspaceSpec, commit: CommitId): Promise<FolderIndex> {
  const brought = await bringIntoControl(context, workspaceObjects(context, spec), commit, [spec.base]);
  return indexAt(context, spec, brought.kind === 'there' ? commit : spec.base);
}

async function saveCommit(context: GitContext, spec: WorkspaceSpec, commit: CommitId): Promise<boolean> {
  try {
    const brought = await bringIntoControl(context, workspaceObjects(context, spec), commit, [spec.base]);
    if (brought.kind === 'rejected') return false;
  } catch (error) {
    if (error instanceof GitFailure) return false;
    throw error;
  }
  await keepSalvage(context, spec, commit);
  return true;
}

async function attachHead(context: GitContext, spec: WorkspaceSpec, gitDir: string): Promise<void> {
  const tip = await workspaceTip(context, spec);
  await removeTree(join(gitDir, 'HEAD.lock'));
  if (tip.kind === 'commit') await logAttach(context, spec, gitDir, tip.commit);
  await writeWhole(join(gitDir, 'HEAD'), `ref: ${branchRef(spec.branch)}\n`, 0o644);
  if (tip.kind !== 'commit') return;
  const at = await freshIndex(context, spec, tip.commit);
  await installIndex(at.index, join(gitDir, 'index'));
}

/** Before HEAD is on the branch: guards of other attempts take a branch that is not where this log ends for moved by a stranger. */
async function logAttach(
  context: GitContext,
  spec: WorkspaceSpec,
  gitDir: string,
  to: CommitId,
): Promise<void> {
  const from = (await headMoves(gitDir)).at(-1)?.to;
  if (from === undefined || from === to) return;
  const reason = 'copse: back on the branch';
  await logHead(context, { path: spec.path, gitDir }, { from, to, reason, dateMs: Date.now() });
}
