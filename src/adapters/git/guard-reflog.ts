/** Commits an agent made and then amended, reset or rebased away: only the reflog knows them, and it goes with the workspace. */
import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import { isAncestor } from './ancestry.ts';
import type { GitContext } from './context.ts';
import { keepSalvage } from './guard-refs.ts';
import { headMoves } from './made-in-workspace.ts';
import type { WorkspaceRecord } from './ownership.ts';
import { bringIntoControl } from './transfer.ts';
import { gitDirOf, workspaceObjects, workspaceTip } from './workspace.ts';

/** Newest ones looked at after an attempt; an agent that commits more often than this keeps what its branch reaches. */
const LOOKED_AT = 500;

/** Keeps every commit that HEAD of the workspace was at and that its branch does not hold. Best effort for hostile objects. */
export async function keepAbandoned(
  context: GitContext,
  spec: WorkspaceSpec,
  record: WorkspaceRecord,
): Promise<void> {
  const moves = await headMoves(gitDirOf(context, record));
  const ids = new Set(moves.slice(-LOOKED_AT).flatMap(({ to }) => parseCommitId(to) ?? []));
  const tip = await workspaceTip(context, spec);
  const held = tip.kind === 'commit' && (await bring(context, spec, tip.commit)) ? tip.commit : spec.base;
  // Newest first: an older one is mostly below a newer one that is kept already.
  const kept: CommitId[] = [held];
  for (const id of [...ids].toReversed()) {
    if (id === spec.base || kept.includes(id) || !(await bring(context, spec, id))) continue;
    if (await isBelow(context, id, kept)) continue;
    await keepSalvage(context, spec, id);
    kept.push(id);
  }
}

async function bring(context: GitContext, spec: WorkspaceSpec, commit: CommitId): Promise<boolean> {
  const brought = await bringIntoControl(context, workspaceObjects(context, spec), commit, [spec.base]);
  return brought.kind === 'there';
}

async function isBelow(context: GitContext, id: CommitId, kept: readonly CommitId[]): Promise<boolean> {
  for (const one of kept) if (await isAncestor(context, id, one)) return true;
  return false;
}
