/**
 * A checkout of our own with a merge in progress, for whoever resolves it: `git status` there shows the files in conflict,
 * HEAD is the target and MERGE_HEAD the change. Its `.git` is for them; Copse reads the files alone, through an index
 * they never see, so nothing planted there runs or is believed.
 */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AbsolutePath, RepoPath } from '../../core/ids.ts';
import type { OpenedResolution, ResolutionReading, ResolutionSpec } from '../../ports/git-resolution.ts';
import { mergeBase } from './ancestry.ts';
import { changedPathsOf } from './changed-paths.ts';
import { cloneConfig } from './clone-dir.ts';
import { addsConflictMarkers } from './conflict-markers.ts';
import { conflictTrees, contentOf, entryIn, indexRow, isFile } from './conflict-trees.ts';
import type { ConflictTrees } from './conflict-trees.ts';
import { effect, type GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { bytesIfThere, readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { writeKeptFlushed } from './kept-refs.ts';
import { branchRef } from './names.ts';
import { requireCommit, writeCommit } from './objects.ts';
import { CHECKOUT_TIMEOUT_MS } from './populate.ts';
import { changedPaths, copyIndex, stageTree } from './worktree-changes.ts';

interface CheckoutPaths {
  readonly folder: string;
  readonly tree: AbsolutePath;
  readonly index: string;
  /** Both sides, written when the checkout is complete. */
  readonly mark: string;
}

function pathsOf(context: GitContext, name: string): CheckoutPaths {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
    throw new GitFailure('git-bad-name', `${JSON.stringify(name)} is not a usable name of a checkout`);
  }
  const folder = join(context.places.state, 'resolutions', name);
  return {
    folder,
    tree: join(folder, 'tree') as AbsolutePath,
    index: join(folder, 'index'),
    mark: join(folder, 'sides'),
  };
}

function markOf({ ours, theirs }: ResolutionSpec): string {
  return `${ours} ${theirs}\n`;
}

export async function openResolution(context: GitContext, spec: ResolutionSpec): Promise<OpenedResolution> {
  const paths = pathsOf(context, spec.name);
  return context.mutexes.run(`resolution:${spec.name}`, async () => {
    const found = await conflictTrees(context, spec.ours, spec.theirs);
    const base = await mergeBase(context, spec.ours, spec.theirs);
    const files = found.paths.map((one) => one.path);
    const isFound =
      (await readIfThere(paths.mark)) === markOf(spec) && (await statIfThere(paths.tree)) !== null;
    if (!isFound) await effect(context, 'resolution.open', () => checkOut(context, spec, paths, found));
    return { path: paths.tree, base, files, isFound };
  });
}

/** The folder of a checkout cut short is made anew; that of other sides was read before this one was asked for. */
async function checkOut(
  context: GitContext,
  spec: ResolutionSpec,
  paths: CheckoutPaths,
  found: ConflictTrees,
): Promise<void> {
  await rm(paths.mark, { force: true });
  await removeTree(paths.folder);
  await mkdir(paths.tree, { recursive: true, mode: 0o700 });
  const common = { gitDir: context.places.control, workTree: paths.tree };
  await context.git.run({
    ...common,
    label: `check ${spec.name} out`,
    indexFile: paths.index,
    args: ['read-tree', '--reset', '-u', found.tree],
    timeoutMs: CHECKOUT_TIMEOUT_MS,
  });
  const theirIndex = `${paths.index}.merge`;
  await copyIndex(paths.index, theirIndex);
  const zero = { mode: '0', oid: '0'.repeat(found.tree.length) };
  const rows = found.paths.flatMap((one) => [
    indexRow(one.raw, zero, 0),
    ...([one.base, one.ours, one.theirs] as const).flatMap((entry, at) =>
      entry === null ? [] : [indexRow(one.raw, entry, (at + 1) as 1 | 2 | 3)],
    ),
  ]);
  await context.git.run({
    ...common,
    label: `mark the files of ${spec.name} as unmerged`,
    indexFile: theirIndex,
    args: ['update-index', '-z', '--index-info'],
    input: Buffer.concat(rows),
  });
  await writeGitDir(context, spec, paths, theirIndex);
  await writeWhole(paths.mark, markOf(spec));
}

async function writeGitDir(
  context: GitContext,
  spec: ResolutionSpec,
  paths: CheckoutPaths,
  index: string,
): Promise<void> {
  const gitDir = join(paths.tree, '.git');
  const { control } = context.places;
  for (const name of ['objects/info', 'objects/pack', 'info', 'refs/heads'])
    await mkdir(join(gitDir, name), { recursive: true });
  const [exclude, shallow] = await Promise.all([
    bytesIfThere(join(control, 'info', 'exclude')),
    bytesIfThere(join(control, 'shallow')),
  ]);
  await writeWhole(join(gitDir, 'objects', 'info', 'alternates'), `${join(control, 'objects')}\n`);
  await writeWhole(join(gitDir, 'config'), cloneConfig(context), 0o644);
  await writeWhole(join(gitDir, 'info', 'exclude'), exclude ?? '', 0o644);
  if (shallow !== null) await writeWhole(join(gitDir, 'shallow'), shallow, 0o644);
  await writeWhole(join(gitDir, branchRef(spec.branch)), `${spec.ours}\n`, 0o644);
  await writeWhole(join(gitDir, 'MERGE_HEAD'), `${spec.theirs}\n`, 0o644);
  await writeWhole(join(gitDir, 'MERGE_MODE'), '', 0o644);
  await writeWhole(join(gitDir, 'MERGE_MSG'), `Merge into ${spec.branch}\n`, 0o644);
  await rename(index, join(gitDir, 'index'));
  await writeWhole(join(gitDir, 'HEAD'), `ref: ${branchRef(spec.branch)}\n`, 0o644);
}

export async function readResolution(
  context: GitContext,
  spec: ResolutionSpec,
  made: { readonly keepRef: string; readonly message: string; readonly dateMs: number },
): Promise<ResolutionReading> {
  const paths = pathsOf(context, spec.name);
  return context.mutexes.run(`resolution:${spec.name}`, async () => {
    if ((await readIfThere(paths.mark)) !== markOf(spec) || (await statIfThere(paths.tree)) === null)
      return { kind: 'missing' };
    const found = await conflictTrees(context, spec.ours, spec.theirs);
    const index = `${paths.index}.read`;
    await removeTree(`${index}.lock`);
    await copyIndex(paths.index, index);
    const at = { folder: paths.tree, index };
    const tree = await stageTree(context, at, await changedPaths(context, at));
    const { author } = await requireCommit(context, spec.theirs);
    const { message, dateMs, keepRef } = made;
    const parents = [spec.ours, spec.theirs];
    const commit = await effect(context, 'merge.commit', () =>
      writeCommit(context, { tree, parents, message, dateMs, author, isFlushed: true }),
    );
    await effect(context, 'merge.keepref', () => writeKeptFlushed(context, keepRef, commit));
    return {
      kind: 'read',
      commit,
      tree,
      markers: await markersIn(context, found, tree),
      outside: await outsideOf(context, found, commit, parents),
      isUntouched: tree === found.tree,
    };
  });
}

/** Files in conflict with markers that neither side had. */
async function markersIn(
  context: GitContext,
  found: ConflictTrees,
  tree: string,
): Promise<readonly RepoPath[]> {
  const marked: RepoPath[] = [];
  for (const one of found.paths) {
    const entry = await entryIn(context, tree, one.raw);
    if (!isFile(entry)) continue;
    const [ours, theirs, now] = await Promise.all(
      [one.ours, one.theirs, entry].map(async (side) =>
        isFile(side) ? (await contentOf(context, side)).toString('latin1') : '',
      ),
    );
    if (addsConflictMarkers(`${ours}\n${theirs}`, now ?? '')) marked.push(one.path);
  }
  return marked;
}

/** Compared with git's own merge of the two: a stand-in commit holds its tree. */
async function outsideOf(
  context: GitContext,
  found: ConflictTrees,
  commit: Awaited<ReturnType<typeof writeCommit>>,
  parents: readonly string[],
): Promise<readonly RepoPath[]> {
  const merged = await writeCommit(context, {
    tree: found.tree,
    parents,
    message: 'copse: merge',
    dateMs: 0,
  });
  const [changes = []] = await changedPathsOf(context, [{ from: merged, to: commit }]);
  const own = new Set(found.paths.map((one) => one.path));
  return changes.map((change) => change.path).filter((path) => !own.has(path));
}

export async function closeResolution(context: GitContext, name: string): Promise<void> {
  const paths = pathsOf(context, name);
  await context.mutexes.run(`resolution:${name}`, () =>
    effect(context, 'resolution.close', async () => {
      await rm(paths.mark, { force: true });
      await removeTree(paths.folder);
    }),
  );
}
