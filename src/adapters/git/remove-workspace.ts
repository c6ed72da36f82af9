/**
 * Takes a workspace away once its content is provably elsewhere. In two steps, rename then delete, so that a process that
 * dies in the middle leaves either a whole workspace or a hidden folder that the next call finishes.
 */
import { rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CommitId, RepoPath } from '../../core/ids.ts';
import type { RemoveOutcome, WorkspaceSpec } from '../../ports/git.ts';
import { withAdminLock } from './admin-lock.ts';
import { effect, type GitContext } from './context.ts';
import { removeLargeTree, removeTree, statIfThere } from './files.ts';
import { writeKeptFlushed } from './kept-refs.ts';
import { pathText } from './names.ts';
import {
  adminDir,
  branchRecord,
  dropWorkspaceRecord,
  keptIndex,
  workspaceRecord,
  writeBranchRecord,
  writeWorkspaceRecord,
  type WorkspaceRecord,
} from './ownership.ts';
import { temporaryNames } from './provision.ts';
import { bringIntoControl, ensureInControl } from './transfer.ts';
import { readHead } from './user-refs.ts';
import { gitDirOf, workspaceObjects, workspaceTip } from './workspace.ts';
import { keptFiles, settleWorkspaceMove } from './workspace-move.ts';
import { changedPaths, copyIndex, isFolder, resetIndex } from './worktree-changes.ts';

/** `proof`: a commit whose tree must hold every file; null: the branch's head must. Deleted files are nothing to save. */
export async function removeWorkspace(
  context: GitContext,
  spec: WorkspaceSpec,
  proof: CommitId | null,
): Promise<RemoveOutcome> {
  return context.mutexes.run(`workspace:${spec.path}`, async () => {
    const record = await workspaceRecord(context, spec.path);
    if (record === null) {
      const isThere = (await statIfThere(spec.path)) !== null;
      return isThere ? { kind: 'refused', unsaved: ['.' as RepoPath] } : { kind: 'absent' };
    }
    if (record.stage === 'ready') {
      const unsaved = await unsavedPaths(context, spec, proof);
      if (unsaved.length > 0) return { kind: 'refused', unsaved };
      await saveCommits(context, spec, record);
    }
    return effect(context, 'worktree.remove', () => takeAway(context, record));
  });
}

async function unsavedPaths(
  context: GitContext,
  spec: WorkspaceSpec,
  proof: CommitId | null,
): Promise<readonly RepoPath[]> {
  if (!(await isFolder(spec.path))) return [];
  await settleWorkspaceMove(context, spec);
  const tip = await workspaceTip(context, spec);
  const commit = proof ?? (tip.kind === 'commit' ? tip.commit : spec.base);
  if (proof === null) await bringIntoControl(context, workspaceObjects(context, spec), commit, [spec.base]);
  await ensureInControl(context, commit);
  const index = `${keptIndex(context, spec)}.removal`;
  await removeTree(`${index}.lock`);
  await removeTree(index);
  if ((await statIfThere(keptIndex(context, spec))) !== null)
    await copyIndex(keptIndex(context, spec), index);
  const at = { folder: spec.path, index };
  await resetIndex(context, at, commit);
  const changed = await changedPaths(context, at);
  await removeTree(index);
  const unsaved: RepoPath[] = [];
  for (const path of changed) {
    const file = await statIfThere(Buffer.concat([Buffer.from(`${spec.path}/`), path]) as never);
    if (file !== null) unsaved.push(pathText(path).text as RepoPath);
  }
  return unsaved;
}

/** Commits that only this workspace reaches: a detached HEAD, and everything in a private clone. */
async function saveCommits(context: GitContext, spec: WorkspaceSpec, record: WorkspaceRecord): Promise<void> {
  const head = await readHead(gitDirOf(context, record));
  const tip = await workspaceTip(context, spec);
  const commits = new Set<CommitId>();
  if (head.kind === 'detached') commits.add(head.commit);
  if (tip.kind === 'commit' && spec.isolation === 'clone') commits.add(tip.commit);
  for (const commit of commits) {
    const brought = await bringIntoControl(context, workspaceObjects(context, spec), commit, [spec.base]);
    if (brought.kind === 'there')
      await writeKeptFlushed(context, `refs/copse/salvage/${record.task}/removed/${commit}`, commit);
  }
  const known = await branchRecord(context, spec.branch);
  if (known !== null && spec.isolation === 'clone' && tip.kind === 'commit') {
    await writeBranchRecord(context, { ...known, savedTip: tip.commit });
  }
}

async function takeAway(context: GitContext, record: WorkspaceRecord): Promise<RemoveOutcome> {
  await writeWorkspaceRecord(context, { ...record, stage: 'removing' });
  const trash = trashName(record);
  await withAdminLock(context, async () => {
    // A planned workspace may not have been ours yet when its process died; only a recorded one is renamed.
    if (
      record.stage !== 'planned' &&
      (await statIfThere(record.path)) !== null &&
      (await statIfThere(trash)) === null
    ) {
      await rename(record.path, trash);
    }
    await context.failpoint('worktree.remove:after-rename');
    await removeTree(adminDir(context, record));
  });
  const { folder, admin } = temporaryNames(context, record);
  await removeLargeTree(trash);
  for (const path of [folder, admin]) await removeTree(path);
  const kept = keptIndex(context, record as unknown as WorkspaceSpec);
  for (const path of keptFiles(kept)) await removeTree(path);
  await dropWorkspaceRecord(context, record.path);
  return { kind: 'removed' };
}

function trashName(record: WorkspaceRecord): string {
  return join(dirname(record.path), `.${basename(record.path)}.copse-trash-${record.nonce}`);
}
