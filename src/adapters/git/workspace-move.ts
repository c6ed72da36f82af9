/**
 * Takes a workspace's files from one commit to another. A mark beside the kept index says so while it lasts; whoever
 * looks at the workspace next finishes the move when the branch is at its end already, and else undoes it.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { settleHalfMove } from './half-moved.ts';
import { installIndex } from './install-index.ts';
import { keptIndex, workspaceRecord } from './ownership.ts';
import { CHECKOUT_TIMEOUT_MS } from './populate.ts';
import { gitDirOf, workspaceTip } from './workspace.ts';

interface Move {
  readonly from: CommitId;
  readonly to: CommitId;
}

/**
 * The kept index must be at `move.from` and fresh. Runs `then` when the files are moved; until it has returned the move
 * counts as unfinished. False, and nothing changed, when a file is in the way.
 */
export async function moveFolder(
  context: GitContext,
  spec: WorkspaceSpec,
  move: Move,
  then: () => Promise<void>,
): Promise<boolean> {
  const index = keptIndex(context, spec);
  const readTree = (args: readonly string[], ok: readonly number[]) =>
    context.git.run({
      label: `take ${spec.path} to ${move.to.slice(0, 12)}`,
      gitDir: context.places.control,
      workTree: spec.path,
      indexFile: index,
      args: ['read-tree', ...args, '-u', '-m', move.from, move.to],
      ok,
      timeoutMs: CHECKOUT_TIMEOUT_MS,
    });
  // A rehearsal, so that a refusal is told from a move that broke off.
  if ((await readTree(['-n'], [0, 128])).code !== 0) return false;
  await writeWhole(markOf(index), JSON.stringify(move));
  // The kept index stands for no commit until the end.
  await removeTree(`${index}.head`);
  await readTree([], [0]);
  await then();
  await writeWhole(`${index}.head`, move.to);
  await installIn(context, spec, index);
  await rm(markOf(index), { force: true });
  return true;
}

/** The commit a move that was cut short has been settled at; null when there was none. */
export async function settleWorkspaceMove(
  context: GitContext,
  spec: WorkspaceSpec,
): Promise<CommitId | null> {
  const index = keptIndex(context, spec);
  const text = await readIfThere(markOf(index));
  if (text === null) return null;
  const move = JSON.parse(text) as Move;
  const tip = await workspaceTip(context, spec);
  const target = [move.to, move.from].find((end) => tip.kind === 'commit' && tip.commit === end) ?? null;
  await removeTree(`${index}.lock`);
  await removeTree(`${index}.head`);
  if (target !== null && (await statIfThere(spec.path))?.isDirectory() === true) {
    await settleHalfMove(context, { folder: spec.path, index }, { ...move, target });
    await writeWhole(`${index}.head`, target);
    if (target === move.to) await installIn(context, spec, index);
  }
  await rm(markOf(index), { force: true });
  return target;
}

async function installIn(context: GitContext, spec: WorkspaceSpec, index: string): Promise<void> {
  const record = await workspaceRecord(context, spec.path);
  if (record !== null) await installIndex(index, join(gitDirOf(context, record), 'index'));
}

/** What of a workspace is kept beside its index. */
export function keptFiles(index: string): readonly string[] {
  return [index, `${index}.lock`, `${index}.head`, markOf(index)];
}

function markOf(index: string): string {
  return `${index}.move`;
}
