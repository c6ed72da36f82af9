/** Looks for locks that the dead left: in the state folder when it is opened, in a task's reach when its attempt has ended. */
import { join } from 'node:path';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { entriesOf, removeTree, statIfThere } from './files.ts';
import { lockHolder } from './lock-holder.ts';
import { gitDirOf } from './workspace.ts';
import { branchRef } from './names.ts';
import { workspaceRecord } from './ownership.ts';
import { lockIdentity, removeIfStale, waitOrRemove } from './stale-lock.ts';

/** Refs live a few folders deep; more than this is a planted maze. */
const MAX_FOLDERS = 5_000;

/** Control, the other git directories of the state folder and our private indexes: nobody else has business there. */
export async function sweepStateLocks(state: string): Promise<void> {
  const roots = ['control.git', 'view.git', 'lens.git', 'index', 'forward'].map((name) => join(state, name));
  const slots = (await entriesOf(join(state, 'slots'))).map((entry) => join(state, 'slots', entry.name));
  const found = [
    ...(await locksIn(join(state, 'control.git', 'refs'), { isDeep: true })),
    ...(await Promise.all([...roots, ...slots].map((root) => locksIn(root, { isDeep: false })))).flat(),
  ];
  for (const lock of found) await removeIfStale(lock, await lockIdentity(lock));
}

/** The locks an attempt could have left in the user's repository, as they are before it. */
export async function sharedLocks(context: GitContext): Promise<readonly string[]> {
  const { commonDir } = context.user;
  const top = await locksIn(commonDir, { isDeep: false });
  const found = [...top, ...(await locksIn(join(commonDir, 'refs'), { isDeep: true }))];
  return Promise.all(found.map(async (lock) => `${await lockIdentity(lock)} ${lock}`));
}

/**
 * After an attempt whose processes were swept. The task's own git directory and branch are nobody else's: locks there go
 * at once. Locks elsewhere in the repository that were not there before the attempt go when nobody holds them; a person
 * who holds one is not waited for.
 */
export async function sweepAttemptLocks(
  context: GitContext,
  spec: WorkspaceSpec,
  before: readonly string[],
): Promise<void> {
  const record = await workspaceRecord(context, spec.path);
  if (record === null) return;
  const gitDir = gitDirOf(context, record);
  const own = [
    ...(await locksIn(gitDir, { isDeep: false })),
    ...(await locksIn(join(gitDir, 'refs'), { isDeep: true })),
  ];
  for (const lock of own) await removeTree(lock);
  const known = new Set(before);
  const ownBranch = join(context.user.commonDir, `${branchRef(spec.branch)}.lock`);
  const clear = async (line: string) => {
    const lock = line.slice(line.indexOf(' ') + 1);
    if (lock === ownBranch) await removeIfStale(lock, await lockIdentity(lock));
    else if (!known.has(line) && (await lockHolder(lock)).kind === 'nobody') await waitOrRemove(lock);
  };
  await Promise.all((await sharedLocks(context)).map(clear));
}

async function locksIn(folder: string, options: { readonly isDeep: boolean }): Promise<readonly string[]> {
  const found: string[] = [];
  // A link in its place was put there by somebody and leads to what is not the attempt's.
  if ((await statIfThere(folder))?.isDirectory() !== true) return found;
  const waiting = [folder];
  for (let seen = 0; waiting.length > 0 && seen < MAX_FOLDERS; seen += 1) {
    const at = waiting.pop() ?? folder;
    for (const entry of await entriesOf(at)) {
      const isLock = entry.name.endsWith('.lock') || entry.name === 'packed-refs.new';
      if (isLock) found.push(join(at, entry.name));
      else if (entry.isDirectory() && options.isDeep) waiting.push(join(at, entry.name));
    }
  }
  return found;
}
