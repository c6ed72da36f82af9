/**
 * git's own rerere, in a git directory of ours: which lines met and what became of them is recorded in the state folder
 * and found again when the same lines meet. Neither the user's repository nor the user's configuration has a part in it.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { Sides } from '../../ports/git-resolution.ts';
import { configText } from './control.ts';
import { conflictTrees, contentOf, entryIn, indexRow, isFile } from './conflict-trees.ts';
import type { ConflictedPath, ConflictTrees } from './conflict-trees.ts';
import { effect, type GitContext } from './context.ts';
import { entriesOf, removeTree, statIfThere, writeWhole } from './files.ts';
import { requireCommit } from './objects.ts';

/** Recorded conflicts; the oldest go first. */
const MAX_RECORDED = 2_000;

/** Per path the content that a recorded resolution gives; null where there is none. */
export async function recallFiles(
  context: GitContext,
  found: ConflictTrees,
): Promise<readonly (Buffer | null)[]> {
  if ((await statIfThere(join(gitDirOf(context), 'rr-cache'))) === null) return found.paths.map(() => null);
  return inScratch(context, found, async (scratch) => {
    await rerere(context, scratch);
    return Promise.all(
      found.paths.map(async (one) => (isRecordable(one) ? readFile(fileIn(scratch, one)) : null)),
    );
  });
}

export async function recordResolution(context: GitContext, sides: Sides, resolved: CommitId): Promise<void> {
  const found = await conflictTrees(context, sides.ours, sides.theirs);
  const { tree } = await requireCommit(context, resolved);
  if (!found.paths.some(isRecordable)) return;
  await effect(context, 'resolution.record', () =>
    inScratch(context, found, async (scratch) => {
      await rerere(context, scratch);
      for (const one of found.paths.filter(isRecordable)) {
        const entry = await entryIn(context, tree, one.raw);
        if (isFile(entry)) await writeFile(fileIn(scratch, one), await contentOf(context, entry));
      }
      await rerere(context, scratch);
      await forgetOldest(context);
    }),
  );
}

/** rerere compares lines of files that both sides have. */
function isRecordable(one: ConflictedPath): boolean {
  return isFile(one.ours) && isFile(one.theirs) && one.raw.toString('utf8') === one.path;
}

interface Scratch {
  readonly folder: string;
  readonly index: string;
}

function gitDirOf(context: GitContext): string {
  return join(context.places.state, 'resolutions.git');
}

function fileIn(scratch: Scratch, one: ConflictedPath): string {
  return join(scratch.folder, one.path);
}

/** A work tree of nothing but the files in conflict, and an index that says so; one at a time. */
async function inScratch<T>(
  context: GitContext,
  found: ConflictTrees,
  work: (scratch: Scratch) => Promise<T>,
): Promise<T> {
  return context.mutexes.run('resolutions', async () => {
    await openGitDir(context);
    const folder = await mkdtemp(join(context.places.state, 'tmp', 'resolutions-'));
    const scratch = { folder: join(folder, 'tree'), index: join(folder, 'index') };
    try {
      await mkdir(scratch.folder);
      const paths = found.paths.filter(isRecordable);
      const rows = paths.flatMap((one) =>
        ([one.base, one.ours, one.theirs] as const).flatMap((entry, index) =>
          entry === null ? [] : [indexRow(one.raw, entry, (index + 1) as 1 | 2 | 3)],
        ),
      );
      await git(context, scratch, ['update-index', '-z', '--index-info'], Buffer.concat(rows));
      for (const one of paths) {
        await mkdir(dirname(fileIn(scratch, one)), { recursive: true });
        const marked = await entryIn(context, found.tree, one.raw);
        await writeFile(fileIn(scratch, one), await contentOf(context, marked));
      }
      return await work(scratch);
    } finally {
      await removeTree(folder);
    }
  });
}

async function openGitDir(context: GitContext): Promise<void> {
  const path = gitDirOf(context);
  await mkdir(join(path, 'refs'), { recursive: true, mode: 0o700 });
  await mkdir(join(path, 'objects'), { recursive: true });
  await mkdir(join(path, 'rr-cache'), { recursive: true });
  await writeWhole(join(path, 'HEAD'), 'ref: refs/heads/copse-none\n');
  await writeWhole(join(path, 'config'), configText(context.user, ['[rerere]', '\tenabled = true']));
  // What an earlier process was at when it died is none of this one's business.
  await rm(join(path, 'MERGE_RR'), { force: true });
  await removeTree(join(path, 'MERGE_RR.lock'));
}

async function rerere(context: GitContext, scratch: Scratch): Promise<void> {
  await git(context, scratch, ['rerere']);
}

async function git(
  context: GitContext,
  scratch: Scratch,
  args: readonly string[],
  input?: Buffer,
): Promise<void> {
  await context.git.run({
    label: `${args[0]} for recorded resolutions`,
    gitDir: gitDirOf(context),
    workTree: scratch.folder,
    indexFile: scratch.index,
    objectDir: join(context.places.control, 'objects'),
    args,
    ...(input === undefined ? {} : { input }),
  });
}

async function forgetOldest(context: GitContext): Promise<void> {
  const cache = join(gitDirOf(context), 'rr-cache');
  const folders = (await entriesOf(cache)).filter((entry) => entry.isDirectory());
  if (folders.length <= MAX_RECORDED) return;
  const dated = await Promise.all(
    folders.map(async ({ name }) => ({ name, at: (await statIfThere(join(cache, name)))?.mtimeMs ?? 0 })),
  );
  const oldest = dated.toSorted((a, b) => a.at - b.at).slice(0, folders.length - MAX_RECORDED);
  for (const { name } of oldest) await removeTree(join(cache, name));
}
