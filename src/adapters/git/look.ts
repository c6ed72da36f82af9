/**
 * What a checkout holds beyond its commit, without disturbing who works there: its index is copied, never locked, and its
 * configuration is not read. The copy keeps what is known about unchanged files, so that a second look costs one process.
 */
import { lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AbsolutePath, BranchName, CommitId, RepoPath } from '../../core/ids.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { WorktreeChanges } from '../../ports/git-separation.ts';
import { refreshIndex } from './checkout-state.ts';
import type { GitContext } from './context.ts';
import { entriesOf, readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { commitIdOf, pathText, treeIdOf } from './names.ts';
import { readCommit } from './objects.ts';
import { keyOf, workspaceRecord } from './ownership.ts';
import { alternates, lookObjects } from './reach.ts';
import { bringIntoControl, ensureInControl } from './transfer.ts';
import { type Checkout, checkouts, readHead, userRef } from './user-refs.ts';
import { gitDirOf, workspaceObjects, workspaceTip } from './workspace.ts';
import { changedPaths, copyIndex, type FolderIndex, resetIndex } from './worktree-changes.ts';

/** More than this is not saved for a look; the paths are told all the same. */
const MAX_SNAPSHOT_PATHS = 5_000;
const MAX_SNAPSHOT_BYTES = 64 * 1024 * 1024;

export interface Standing {
  readonly gitDir: string;
  readonly branch: BranchName | null;
  readonly head: CommitId;
}

export async function worktreeChanges(
  context: GitContext,
  path: AbsolutePath,
): Promise<WorktreeChanges | null> {
  const standing = await standingOf(context, path);
  if (standing === null) return null;
  const { head, branch } = standing;
  return context.mutexes.run(`look:${path}`, async () => {
    const at = await lookIndex(context, path, standing);
    const changed = await changedPaths(context, at);
    const paths = changed.map((one) => pathText(one).text as RepoPath);
    const isSmall = changed.length > 0 && (await canBeSaved(path, changed));
    const snapshot = changed.length === 0 ? head : isSmall ? await save(context, at, changed, head) : null;
    return { branch, head, paths, snapshot };
  });
}

/**
 * Only checkouts that the user's repository lists, and workspaces of our own record: a `.git` in a folder proves nothing.
 * `listed`: that list, where it was just read.
 */
export async function standingOf(
  context: GitContext,
  path: AbsolutePath,
  listed: readonly Checkout[] | null = null,
): Promise<Standing | null> {
  if ((await statIfThere(path))?.isDirectory() !== true) return null;
  const record = await workspaceRecord(context, path);
  if (record !== null && record.isolation === 'clone') {
    const spec = record as unknown as WorkspaceSpec;
    const tip = await workspaceTip(context, spec);
    if (tip.kind !== 'commit') return null;
    const outcome = await bringIntoControl(context, workspaceObjects(context, spec), tip.commit, [
      record.base,
    ]);
    const gitDir = gitDirOf(context, record);
    return outcome.kind === 'there' ? { gitDir, branch: spec.branch, head: tip.commit } : null;
  }
  const checkout = (listed ?? (await checkouts(context))).find((one) => one.path === path);
  if (checkout === undefined) return null;
  const head = await readHead(checkout.gitDir);
  if (head.kind === 'unreadable') return null;
  const branch = head.kind === 'branch' ? head.branch : null;
  const commit = head.kind === 'detached' ? head.commit : await userRef(context, `refs/heads/${head.branch}`);
  if (commit === null) return null;
  await ensureInControl(context, commit);
  return { gitDir: checkout.gitDir, branch, head: commit };
}

/** Under the lock `look:<folder>`. */
export async function lookIndex(
  context: GitContext,
  folder: string,
  standing: Standing,
): Promise<FolderIndex> {
  const index = join(context.places.state, 'look', `index-${keyOf(folder)}`);
  const at = { folder, index };
  const isKnown =
    (await readIfThere(`${index}.head`)) === standing.head && (await statIfThere(index)) !== null;
  if (isKnown) return at;
  await mkdir(dirname(index), { recursive: true, mode: 0o700 });
  await removeTree(`${index}.lock`);
  await removeTree(`${index}.head`);
  const theirs = join(standing.gitDir, 'index');
  if ((await statIfThere(theirs))?.isFile() === true) await copyIndex(theirs, index);
  try {
    await resetIndex(context, at, standing.head);
  } catch {
    // Theirs may be damaged, or split over files that are not here: from nothing, every file is read once.
    await removeTree(index);
    await resetIndex(context, at, standing.head);
  }
  await refreshIndex(context, folder, index);
  await writeWhole(`${index}.head`, standing.head);
  return at;
}

async function canBeSaved(folder: string, changed: readonly Buffer[]): Promise<boolean> {
  if (changed.length > MAX_SNAPSHOT_PATHS) return false;
  let bytes = 0;
  for (const path of changed) {
    const full = Buffer.concat([Buffer.from(`${folder}/`), path]);
    bytes += await lstat(full).then(
      (stat) => stat.size,
      () => 0,
    );
    if (bytes > MAX_SNAPSHOT_BYTES) return false;
  }
  return true;
}

/** A commit with a date of its parent's: equal content is one commit, so that its merges are known from the last look. */
async function save(
  context: GitContext,
  at: FolderIndex,
  changed: readonly Buffer[],
  head: CommitId,
): Promise<CommitId> {
  const objectDir = lookObjects(context);
  await boundObjects(objectDir);
  const index = `${at.index}.save`;
  await removeTree(`${index}.lock`);
  await copyIndex(at.index, index);
  const place = {
    gitDir: context.places.control,
    objectDir,
    env: alternates([join(context.places.control, 'objects')]),
    workTree: at.folder,
    indexFile: index,
  };
  await context.git.run({
    ...place,
    label: `look at the changes of ${at.folder}`,
    args: ['update-index', '--add', '--remove', '--replace', '-z', '--stdin'],
    input: Buffer.concat(changed.flatMap((path) => [path, Buffer.from([0])])),
  });
  const written = await context.git.run({
    ...place,
    label: 'write the tree of a look',
    args: ['write-tree'],
  });
  await removeTree(index);
  const tree = treeIdOf(written.stdout.toString());
  const parent = await readCommit(context.controlReader, head);
  if (parent?.tree === tree) return head;
  const date = `@${parent?.committerSeconds ?? 0} +0000`;
  const who = { NAME: 'copse', EMAIL: 'copse@localhost', DATE: date };
  const names = Object.entries(who).flatMap(([key, value]) => [
    [`GIT_AUTHOR_${key}`, value],
    [`GIT_COMMITTER_${key}`, value],
  ]);
  const { stdout } = await context.git.run({
    gitDir: place.gitDir,
    objectDir,
    env: { ...place.env, ...(Object.fromEntries(names) as Record<string, string>) },
    label: 'keep a look as a commit',
    args: ['commit-tree', tree, '-p', head, '-F', '-'],
    input: 'copse: uncommitted work at a look\n',
  });
  return commitIdOf(stdout.toString());
}

/** One of 256 folders stands for all, as in git's own rule for loose objects; about 10,000 objects are kept. */
const MAX_IN_ONE_FOLDER = 40;

async function boundObjects(objectDir: string): Promise<void> {
  if ((await entriesOf(join(objectDir, '17'))).length > MAX_IN_ONE_FOLDER) await removeTree(objectDir);
  await mkdir(objectDir, { recursive: true, mode: 0o700 });
}
