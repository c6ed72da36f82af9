/** Which commits came into being in a task's workspace, by the reflog of its HEAD. */
import { join } from 'node:path';
import type { GitContext } from './context.ts';
import { readIfThere } from './files.ts';
import { allWorkspaceRecords } from './ownership.ts';
import { gitDirOf } from './workspace.ts';

/** Reasons git writes when it makes a commit; checkouts, resets and fast-forwards only go to one that exists. */
const MAKING =
  /^(?:commit|cherry-pick|revert|am|pull|merge|rebase)\b(?!.*(?:Fast-forward|fast-forward|\(start\)|\(abort\)|\(finish\)))/;

export interface LoggedMove {
  readonly to: string;
  readonly reason: string;
}

/** Oldest first; a log that is missing, or that an agent emptied, gives none. */
export async function headMoves(gitDir: string): Promise<readonly LoggedMove[]> {
  const text = (await readIfThere(join(gitDir, 'logs', 'HEAD'))) ?? '';
  return text.split('\n').flatMap((line) => {
    const match = /^[0-9a-f]{40,64} ([0-9a-f]{40,64}) [^\t]*(?:\t(.*))?$/.exec(line);
    return match === null ? [] : [{ to: match[1] ?? '', reason: match[2] ?? '' }];
  });
}

export async function wasMadeInWorkspace(context: GitContext, commit: string): Promise<boolean> {
  for (const record of await allWorkspaceRecords(context)) {
    const moves = await headMoves(gitDirOf(context, record));
    if (moves.some((move) => move.to === commit && MAKING.test(move.reason))) return true;
  }
  return false;
}
