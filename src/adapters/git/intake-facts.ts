/** What a branch changes, as facts for the intake checks. Two processes; blobs and trees come through the reader. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import type { ChangedPath, IntakeFacts } from '../../ports/git.ts';
import { addsConflictMarkers } from './conflict-markers.ts';
import type { GitContext } from './context.ts';
import { pathText, splitNul } from './names.ts';
import { readCommit, type CommitFacts } from './objects.ts';
import { escapesTree, nameCollisions, nameProblem } from './path-safety.ts';
import { ensureInControl } from './transfer.ts';

const SYMLINK = '120000';
const GITLINK = '160000';
/** Larger files are not searched for conflict markers: no merge tool leaves any there. */
const MARKER_SEARCH_BYTES = 8 * 1024 * 1024;

interface RawChange {
  readonly bytes: Buffer;
  readonly path: RepoPath;
  readonly isUtf8: boolean;
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldId: string;
  readonly newId: string;
  readonly status: ChangedPath['status'];
}

export async function intakeFacts(context: GitContext, base: CommitId, tip: CommitId): Promise<IntakeFacts> {
  await ensureInControl(context, base);
  await ensureInControl(context, tip);
  const [differences, mergeCommits] = await Promise.all([
    diffTree(context, base, tip),
    listMerges(context, base, tip),
  ]);
  const { changes, insertions, deletions } = differences;
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
  return { changed, conflictMarkers, escapingSymlinks, unsafeNames, mergeCommits, insertions, deletions };
}

async function diffTree(
  context: GitContext,
  base: CommitId,
  tip: CommitId,
): Promise<{
  readonly changes: readonly RawChange[];
  readonly insertions: number;
  readonly deletions: number;
}> {
  const { stdout } = await context.git.run({
    label: 'list the changes',
    gitDir: context.places.control,
    args: [
      'diff-tree',
      '-r',
      '-z',
      '--raw',
      '--numstat',
      '--no-renames',
      '--no-ext-diff',
      '--no-textconv',
      base,
      tip,
    ],
  });
  const changes: RawChange[] = [];
  let insertions = 0;
  let deletions = 0;
  const parts = splitNul(stdout);
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] as Buffer;
    // A raw row starts with a colon and its path is the next part; a numstat row is one part and starts with a digit or '-'.
    if (part[0] === 0x3a) {
      at += 1;
      changes.push(rawChange(part.toString(), parts[at] ?? Buffer.alloc(0)));
      continue;
    }
    const counts = /^(\d+|-)\t(\d+|-)\t/.exec(part.toString('latin1'));
    insertions += Number(counts?.[1]) || 0;
    deletions += Number(counts?.[2]) || 0;
  }
  return { changes, insertions, deletions };
}

const STATUS: Readonly<Record<string, ChangedPath['status']>> = {
  A: 'added',
  D: 'deleted',
  T: 'type-changed',
};

function rawChange(row: string, bytes: Buffer): RawChange {
  const [oldMode = '', newMode = '', oldId = '', newId = '', letter = ''] = row.slice(1).split(' ');
  const { text, isUtf8 } = pathText(bytes);
  return {
    bytes,
    isUtf8,
    oldMode,
    newMode,
    oldId,
    newId,
    path: text as RepoPath,
    status: STATUS[letter[0] ?? ''] ?? 'modified',
  };
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
