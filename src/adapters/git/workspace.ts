/** Looking at a task's workspace by its files alone. Nothing here runs git inside it. */
import { join } from 'node:path';
import type { AbsolutePath, BranchName, CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { WorkspaceSighting, WorkspaceSpec } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { readIfThere, statIfThere } from './files.ts';
import { branchRef } from './names.ts';
import { adminDir, workspaceRecord, type WorkspaceRecord } from './ownership.ts';
import type { ObjectSource } from './transfer.ts';
import { operationInProgress, readHead, userBranchTip, userRef } from './user-refs.ts';

/** The git directory a workspace has by our record, whatever its `.git` says now. */
export function gitDirOf(context: GitContext, record: WorkspaceRecord): string {
  return record.isolation === 'clone' ? join(record.path, '.git') : adminDir(context, record);
}

export async function gitDirs(
  context: GitContext,
  spec: WorkspaceSpec,
): Promise<{ readonly own: AbsolutePath; readonly common: AbsolutePath }> {
  const record = await requireRecord(context, spec);
  const own = gitDirOf(context, record) as AbsolutePath;
  return { own, common: record.isolation === 'clone' ? own : context.user.commonDir };
}

export async function requireRecord(context: GitContext, spec: WorkspaceSpec): Promise<WorkspaceRecord> {
  const record = await workspaceRecord(context, spec.path);
  if (record !== null) return record;
  throw new GitFailure('git-workspace-missing', `${spec.path} is not a workspace that was made here`);
}

/** True when the folder is there and its `.git` leads to where our record says. */
export async function isIntact(context: GitContext, record: WorkspaceRecord): Promise<boolean> {
  const stat = await statIfThere(join(record.path, '.git'));
  if (record.isolation === 'clone') {
    return stat?.isDirectory() === true && (await readHead(join(record.path, '.git'))).kind !== 'unreadable';
  }
  if (stat?.isFile() !== true) return false;
  const admin = adminDir(context, record);
  const [link, back, common] = await Promise.all([
    readIfThere(join(record.path, '.git')),
    readIfThere(join(admin, 'gitdir')),
    readIfThere(join(admin, 'commondir')),
  ]);
  return (
    link?.trim() === `gitdir: ${admin}` &&
    back?.trim() === join(record.path, '.git') &&
    common?.trim() === '../..' &&
    (await readHead(admin)).kind !== 'unreadable'
  );
}

export type DirectRef =
  | { readonly kind: 'commit'; readonly commit: CommitId }
  | { readonly kind: 'absent' }
  /** A symbolic ref or link, or no commit: never followed. */
  | { readonly kind: 'odd'; readonly detail: string };

/** The branch of a workspace where its agent writes it: the user's repository, or the private clone. */
export async function workspaceTip(context: GitContext, spec: WorkspaceSpec): Promise<DirectRef> {
  if (spec.isolation === 'clone') return refFile(join(spec.path, '.git'), branchRef(spec.branch));
  return userDirectRef(context, spec.branch);
}

/** A branch of the user's repository, refusing symbolic refs, which would pull in another branch. */
export async function userDirectRef(context: GitContext, branch: BranchName): Promise<DirectRef> {
  const ref = branchRef(branch);
  const loose = await looseRef(context.user.commonDir, ref);
  if (loose.kind === 'odd') return loose;
  const tip = loose.kind === 'commit' ? loose.commit : await userBranchTip(context, branch);
  if (tip === null) return { kind: 'absent' };
  const info = await context.userReader.info(tip);
  return info?.type === 'commit'
    ? { kind: 'commit', commit: tip }
    : { kind: 'odd', detail: `${ref} names ${info === null ? 'a missing object' : `a ${info.type}`}` };
}

async function refFile(gitDir: string, ref: string): Promise<DirectRef> {
  const loose = await looseRef(gitDir, ref);
  if (loose.kind !== 'absent') return loose;
  const packed = (await readIfThere(join(gitDir, 'packed-refs'))) ?? '';
  const line = packed.split('\n').find((candidate) => candidate.endsWith(` ${ref}`));
  const commit = parseCommitId(line?.split(' ')[0] ?? '');
  return commit === null ? { kind: 'absent' } : { kind: 'commit', commit };
}

async function looseRef(gitDir: string, ref: string): Promise<DirectRef> {
  const path = join(gitDir, ref);
  const stat = await statIfThere(path);
  if (stat === null || stat.isDirectory()) return { kind: 'absent' };
  if (!stat.isFile()) return { kind: 'odd', detail: `${ref} is not a plain file` };
  const raw = await readIfThere(path);
  // Packed between the two looks.
  if (raw === null) return { kind: 'absent' };
  const text = raw.trim();
  const commit = parseCommitId(text);
  if (commit !== null) return { kind: 'commit', commit };
  return {
    kind: 'odd',
    detail: text.startsWith('ref:') ? `${ref} is a symbolic ref` : `${ref} is unreadable`,
  };
}

/** Where the objects of a workspace's commits are. */
export function workspaceObjects(context: GitContext, spec: WorkspaceSpec): ObjectSource {
  const gitDir = spec.isolation === 'clone' ? join(spec.path, '.git') : context.user.commonDir;
  return { objects: join(gitDir, 'objects'), shallowFile: join(gitDir, 'shallow') };
}

export async function sight(context: GitContext, spec: WorkspaceSpec): Promise<WorkspaceSighting> {
  const record = await workspaceRecord(context, spec.path);
  const tip = await workspaceTip(context, spec);
  const branchTip = tip.kind === 'commit' ? tip.commit : null;
  const stat = await statIfThere(spec.path);
  if (record === null || stat?.isDirectory() !== true || !(await isIntact(context, record))) {
    return {
      exists: stat?.isDirectory() === true && record !== null,
      branch: null,
      head: null,
      branchTip,
      inProgress: null,
    };
  }
  const gitDir = gitDirOf(context, record);
  const head = await readHead(gitDir);
  const inProgress = await operationInProgress(gitDir);
  if (head.kind === 'unreadable') return { exists: true, branch: null, head: null, branchTip, inProgress };
  if (head.kind === 'detached')
    return { exists: true, branch: null, head: head.commit, branchTip, inProgress };
  const commit = head.branch === spec.branch ? branchTip : await headOf(context, spec, head.branch);
  return { exists: true, branch: head.branch, head: commit, branchTip, inProgress };
}

async function headOf(
  context: GitContext,
  spec: WorkspaceSpec,
  branch: BranchName,
): Promise<CommitId | null> {
  if (spec.isolation === 'worktree') return userRef(context, `refs/heads/${branch}`);
  const ref = await refFile(join(spec.path, '.git'), `refs/heads/${branch}`);
  return ref.kind === 'commit' ? ref.commit : null;
}
