/**
 * What Copse made in the user's repository, written down before it is made: after a crash this, and not a guess, says
 * what may be repaired or removed. A workspace record lives as long as its folder, a branch record as long as its branch.
 */
import { createHash, randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { entriesOf, readIfThere, writeWhole } from './files.ts';

export interface WorkspaceRecord {
  readonly task: string;
  readonly branch: string;
  readonly path: string;
  readonly base: CommitId;
  readonly isolation: 'worktree' | 'clone';
  /** Part of every temporary name, of the admin folder's name and of the branch's first reflog line. */
  readonly nonce: string;
  readonly stage: 'planned' | 'ready' | 'removing';
}

export interface BranchRecord {
  readonly branch: string;
  readonly path: string;
  readonly nonce: string;
  /** Kept in control when the private clone that held the branch was removed. */
  readonly savedTip: CommitId | null;
}

export function newNonce(): string {
  return randomBytes(6).toString('hex');
}

/** File-name-safe key of a path or branch. */
export function keyOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export async function workspaceRecord(context: GitContext, path: string): Promise<WorkspaceRecord | null> {
  return parse(await readIfThere(workspaceFile(context, path))) as WorkspaceRecord | null;
}

export async function writeWorkspaceRecord(context: GitContext, record: WorkspaceRecord): Promise<void> {
  await writeWhole(workspaceFile(context, record.path), JSON.stringify(record));
}

export async function dropWorkspaceRecord(context: GitContext, path: string): Promise<void> {
  await rm(workspaceFile(context, path), { force: true });
}

export async function branchRecord(context: GitContext, branch: string): Promise<BranchRecord | null> {
  return parse(await readIfThere(branchFile(context, branch))) as BranchRecord | null;
}

export async function writeBranchRecord(context: GitContext, record: BranchRecord): Promise<void> {
  await writeWhole(branchFile(context, record.branch), JSON.stringify(record));
}

export async function dropBranchRecord(context: GitContext, branch: string): Promise<void> {
  await rm(branchFile(context, branch), { force: true });
}

export async function allBranchRecords(context: GitContext): Promise<readonly BranchRecord[]> {
  return (await readAll(join(context.places.state, 'owned', 'branches'))) as BranchRecord[];
}

export async function allWorkspaceRecords(context: GitContext): Promise<readonly WorkspaceRecord[]> {
  return (await readAll(join(context.places.state, 'owned', 'workspaces'))) as WorkspaceRecord[];
}

/** Admin folder of a linked worktree that Copse made. */
export function adminDir(context: GitContext, record: WorkspaceRecord): string {
  return join(context.user.commonDir, 'worktrees', `copse-${record.nonce}`);
}

/** The index that captures compare with: ours, out of an agent's reach. */
export function keptIndex(context: GitContext, spec: WorkspaceSpec): string {
  return join(context.places.state, 'index', keyOf(spec.path));
}

function workspaceFile(context: GitContext, path: string): string {
  return join(context.places.state, 'owned', 'workspaces', `${keyOf(path)}.json`);
}

function branchFile(context: GitContext, branch: string): string {
  return join(context.places.state, 'owned', 'branches', `${keyOf(branch)}.json`);
}

async function readAll(folder: string): Promise<readonly unknown[]> {
  const names = (await entriesOf(folder)).map((entry) => entry.name).filter((name) => name.endsWith('.json'));
  const texts = await Promise.all(names.map((name) => readIfThere(join(folder, name))));
  return texts.flatMap((text) => parse(text) ?? []);
}

function parse(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}
