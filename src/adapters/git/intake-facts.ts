/** What a branch changes, as facts for the intake checks. Commits, trees and blobs come through the reader, without a process. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import type { ChangedPath, IntakeFacts, LineCounts } from '../../ports/git.ts';
import { addsConflictMarkers } from './conflict-markers.ts';
import type { GitContext } from './context.ts';
import { pathText, splitNul } from './names.ts';
import { readCommit, requireCommit, type CommitFacts } from './objects.ts';
import { escapesTree, nameCollisions, nameProblem } from './path-safety.ts';
import { ensureInControl } from './transfer.ts';
import { rawDifferences, type RawDifference } from './tree-diff.ts';

const SYMLINK = '120000';
const GITLINK = '160000';
/** Larger files are not searched for conflict markers: no merge tool leaves any there. */
const MARKER_SEARCH_BYTES = 8 * 1024 * 1024;

interface RawChange extends RawDifference {
  readonly path: RepoPath;
  readonly isUtf8: boolean;
}

export async function intakeFacts(context: GitContext, base: CommitId, tip: CommitId): Promise<IntakeFacts> {
  await ensureInControl(context, base);
  await ensureInControl(context, tip);
  const [changes, mergeCommits] = await Promise.all([
    changesBetween(context, base, tip),
    listMerges(context, base, tip),
  ]);
  const [changed, conflictMarkers, escapingSymlinks, collisions] = await Promise.all([
    Promise.all(changes.map((change) => withSize(context, change))),
    filterPaths(changes, (change) => hasNewMarkers(context, change)),
    filterPaths(changes, (change) => isEscaping(context, change)),
    nameCollisions(
      context.controlReader,
      tip,
      changes.filter((change) => change.status === 'added').map((change) => change.bytes),
    ),
  ]);
  const odd = changes.filter(
    (change) => change.status !== 'deleted' && (!change.isUtf8 || nameProblem(change.path) !== null),
  );
  const unsafeNames = [...new Set([...odd.map((change) => change.path), ...collisions])];
  return { changed, conflictMarkers, escapingSymlinks, unsafeNames, mergeCommits };
}

async function changesBetween(
  context: GitContext,
  base: CommitId,
  tip: CommitId,
): Promise<readonly RawChange[]> {
  const [before, after] = await Promise.all([requireCommit(context, base), requireCommit(context, tip)]);
  const differences = await rawDifferences(context, before.tree, after.tree);
  return differences.map((difference) => {
    const { text, isUtf8 } = pathText(difference.bytes);
    return { ...difference, isUtf8, path: text as RepoPath };
  });
}

/** Lines that the tip adds to and takes from the base; renames are not followed. */
export async function lineCounts(context: GitContext, base: CommitId, tip: CommitId): Promise<LineCounts> {
  await ensureInControl(context, base);
  await ensureInControl(context, tip);
  const { stdout } = await context.git.run({
    label: 'count the changed lines',
    gitDir: context.places.control,
    args: ['diff-tree', '-r', '-z', '--numstat', '--no-renames', '--no-ext-diff', '--no-textconv', base, tip],
  });
  let insertions = 0;
  let deletions = 0;
  for (const row of splitNul(stdout)) {
    const counts = /^(\d+|-)\t(\d+|-)\t/.exec(row.toString('latin1'));
    insertions += Number(counts?.[1]) || 0;
    deletions += Number(counts?.[2]) || 0;
  }
  return { insertions, deletions };
}

async function withSize(context: GitContext, change: RawChange): Promise<ChangedPath> {
  const { path, status, oldMode, newMode, newId } = change;
  const hasBlob = status !== 'deleted' && newMode !== GITLINK;
  const sizeBytes = hasBlob ? ((await context.controlReader.info(newId))?.size ?? null) : null;
  return { path, status, oldMode, newMode, sizeBytes };
}

async function filterPaths(
  changes: readonly RawChange[],
  test: (change: RawChange) => Promise<boolean>,
): Promise<readonly RepoPath[]> {
  const found: RepoPath[] = [];
  for (const change of changes) if (await test(change)) found.push(change.path);
  return found;
}

async function hasNewMarkers(context: GitContext, change: RawChange): Promise<boolean> {
  if (change.status === 'deleted' || !change.newMode.startsWith('100')) return false;
  const size = (await context.controlReader.info(change.newId))?.size ?? 0;
  if (size > MARKER_SEARCH_BYTES) return false;
  const after = (await context.controlReader.content(change.newId))?.content;
  if (after === undefined || !after.includes('<<<<<<<')) return false;
  const before = change.oldMode.startsWith('100')
    ? (await context.controlReader.content(change.oldId))?.content
    : undefined;
  return addsConflictMarkers(before?.toString('latin1') ?? '', after.toString('latin1'));
}

async function isEscaping(context: GitContext, change: RawChange): Promise<boolean> {
  if (change.newMode !== SYMLINK) return false;
  const target = (await context.controlReader.content(change.newId))?.content.toString() ?? '';
  return escapesTree(change.path, target);
}

/** Longer chains are left to git. */
const WALK_LIMIT = 100;

/** One parent each from `tip` down to `base`: what most tasks make, seen without a process. */
async function isStraight(context: GitContext, base: CommitId, tip: CommitId): Promise<boolean> {
  let at: CommitId | undefined = tip;
  for (let count = 0; count < WALK_LIMIT && at !== undefined; count += 1) {
    if (at === base) return true;
    const commit: CommitFacts | null = await readCommit(context.controlReader, at);
    if (commit === null || commit.parents.length !== 1) return false;
    at = commit.parents[0];
  }
  return false;
}

async function listMerges(context: GitContext, base: CommitId, tip: CommitId): Promise<readonly CommitId[]> {
  if (await isStraight(context, base, tip)) return [];
  const { stdout } = await context.git.run({
    label: 'list the merges',
    gitDir: context.places.control,
    args: ['rev-list', '--min-parents=2', tip, `^${base}`],
  });
  return stdout.toString().split('\n').filter(Boolean) as CommitId[];
}
