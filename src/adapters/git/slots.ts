/**
 * Throw-away checkouts for gates, kept warm between them. A gate is untrusted: its `.git` is deleted and written again,
 * and the files are compared through an index of ours that it never saw. Ignored files (dependencies) stay.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AbsolutePath, BranchName, CommitId, RepoPath } from '../../core/ids.ts';
import { effect, type GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { bytesIfThere, readIfThere, removeTree, statIfThere, writeUnflushed, writeWhole } from './files.ts';
import { branchRef, pathText, splitNul } from './names.ts';
import { isCommitIn } from './objects.ts';
import { CHECKOUT_TIMEOUT_MS } from './populate.ts';
import { moveFewFiles } from './move-few-files.ts';
import { ensureInControl } from './transfer.ts';
import { copyIndex } from './worktree-changes.ts';

interface SlotPaths {
  readonly folder: string;
  readonly tree: AbsolutePath;
  readonly index: string;
  /** Inode of the tree's folder: a gate may have put another in its place. */
  readonly mark: string;
}

function slotPaths(context: GitContext, slot: string): SlotPaths {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/i.test(slot)) {
    throw new GitFailure('git-bad-name', `${JSON.stringify(slot)} is not a usable slot name`);
  }
  const folder = join(context.places.state, 'slots', slot);
  return {
    folder,
    tree: join(folder, 'tree') as AbsolutePath,
    index: join(folder, 'index'),
    mark: join(folder, 'mark'),
  };
}

export async function checkoutSlot(
  context: GitContext,
  slot: string,
  commit: CommitId,
  target: { readonly branch: BranchName; readonly tip: CommitId },
): Promise<AbsolutePath> {
  const paths = slotPaths(context, slot);
  branchRef(target.branch);
  await ensureInControl(context, commit);
  await ensureInControl(context, target.tip);
  await context.mutexes.run(`slot:${slot}`, () =>
    effect(context, 'slot.checkout', async () => {
      const asLeft = context.pristineSlots.get(slot) ?? null;
      // From here on a gate may write in it.
      context.pristineSlots.delete(slot);
      const isWarm = await isReusable(paths);
      if (!isWarm) await startAfresh(paths);
      await removeTree(`${paths.index}.lock`);
      await settleSlot(context, paths, commit);
      const [isMoved] = await Promise.all([
        takeFilesTo(context, paths, isWarm ? asLeft : null, commit),
        removeTree(join(paths.tree, '.git')),
      ]);
      await rm(`${paths.index}.move`, { force: true });
      // Side by side: `clean` never looks at `.git`, and the index does not change any more.
      await Promise.all([
        isWarm && !isMoved ? cleanSlot(context, paths) : null,
        writeSlotGitDir(context, paths, commit, target),
      ]);
    }),
  );
  return paths.tree;
}

export async function slotChanges(
  context: GitContext,
  slot: string,
  commit: CommitId,
): Promise<readonly RepoPath[]> {
  const rows = await differences(context, slot, commit);
  return namesOf(rows.filter((row) => row[0] !== UNTRACKED));
}

/** The same with what was added. */
export async function slotWrites(
  context: GitContext,
  slot: string,
  commit: CommitId,
): Promise<readonly RepoPath[]> {
  return namesOf(await differences(context, slot, commit));
}

function namesOf(rows: readonly Buffer[]): readonly RepoPath[] {
  return [...new Set(rows.map((row) => pathText(row.subarray(2)).text as RepoPath))].toSorted();
}

async function differences(context: GitContext, slot: string, commit: CommitId): Promise<readonly Buffer[]> {
  const paths = slotPaths(context, slot);
  const git = await readIfThere(join(paths.folder, 'commit'));
  if (git !== commit) throw new GitFailure('git-failed', `slot ${slot} does not hold ${commit}`);
  const rows = splitNul(await inSlot(context, paths, LIST_DIFFERENCES));
  if (rows.length === 0) context.pristineSlots.set(slot, commit);
  else context.pristineSlots.delete(slot);
  return rows;
}

/** Rows of a letter, a space and a path: changed, deleted, and untracked with empty folders, but not what is ignored. */
const LIST_DIFFERENCES = 'ls-files -z -t -m -d -o --directory --exclude-standard'.split(' ');
const UNTRACKED = '?'.charCodeAt(0);

/** False when all files had to be compared: `asLeft` is the commit it was seen to hold exactly, null when nobody looked. */
async function takeFilesTo(
  context: GitContext,
  paths: SlotPaths,
  asLeft: CommitId | null,
  commit: CommitId,
): Promise<boolean> {
  if (asLeft !== null && (await moveFiles(context, paths, asLeft, commit))) return true;
  // Also writes again every file whose size, times or inode changed since we wrote it, whatever the gate's index says.
  await context.checkouts.run(() => inSlot(context, paths, ['read-tree', '--reset', '-u', commit]));
  return false;
}

/** Of a slot seen to hold exactly `from`, only what differs is looked at. */
async function moveFiles(
  context: GitContext,
  paths: SlotPaths,
  from: CommitId,
  to: CommitId,
): Promise<boolean> {
  if (from === to) return true;
  const outcome = await moveFewFiles(context, paths, { from, to });
  if (outcome !== 'declined') return outcome === 'moved';
  try {
    await context.checkouts.run(() => inSlot(context, paths, ['read-tree', '-u', '-m', from, to]));
    return true;
  } catch (error) {
    // Something was put in the way after all: nothing was written yet, and a reset removes it.
    if (error instanceof GitFailure && error.exitCode !== null) return false;
    throw error;
  }
}

async function isReusable(paths: SlotPaths): Promise<boolean> {
  const stat = await statIfThere(paths.tree);
  const mark = await readIfThere(paths.mark);
  const index = await statIfThere(paths.index);
  return stat?.isDirectory() === true && index !== null && mark === `${stat.dev}:${stat.ino}`;
}

async function startAfresh(paths: SlotPaths): Promise<void> {
  await removeTree(paths.folder);
  await mkdir(paths.tree, { recursive: true, mode: 0o700 });
  const stat = await statIfThere(paths.tree);
  await writeWhole(paths.mark, `${stat?.dev}:${stat?.ino}`);
}

/** Files of a checkout that was cut short are known to no index yet: they become known, so that this checkout removes them. */
async function settleSlot(context: GitContext, paths: SlotPaths, commit: CommitId): Promise<void> {
  const mark = `${paths.index}.move`;
  const before = await readIfThere(mark);
  const isKnown = before !== null && (await isCommitIn(context.controlReader, before));
  if (isKnown) await inSlot(context, paths, ['read-tree', '--reset', before]);
  await writeUnflushed(mark, commit);
}

/** A gate's own `.gitignore` shields files from the first pass; it goes in that pass, they in the next. */
async function cleanSlot(context: GitContext, paths: SlotPaths): Promise<void> {
  for (;;) {
    const removed = await inSlot(context, paths, ['clean', '-ffd']);
    if (!/\.gitignore"?$/m.test(removed.toString())) return;
  }
}

async function inSlot(context: GitContext, paths: SlotPaths, args: readonly string[]): Promise<Buffer> {
  const { stdout } = await context.git.run({
    label: `${args[0]} in ${paths.tree}`,
    gitDir: context.places.control,
    workTree: paths.tree,
    indexFile: paths.index,
    args,
    timeoutMs: CHECKOUT_TIMEOUT_MS,
  });
  return stdout;
}

/** Nothing of it outlives the gate, so nothing is flushed. */
async function writeSlotGitDir(
  context: GitContext,
  paths: SlotPaths,
  commit: CommitId,
  target: { readonly branch: BranchName; readonly tip: CommitId },
): Promise<void> {
  const gitDir = join(paths.tree, '.git');
  const { control } = context.places;
  // Plain calls: a dozen trips to the thread pool take longer than what they do.
  for (const name of ['info', 'pack']) mkdirSync(join(gitDir, 'objects', name), { recursive: true });
  mkdirSync(dirname(join(gitDir, branchRef(target.branch))), { recursive: true });
  const [config, shallow] = await Promise.all([
    readFile(join(control, 'config'), 'utf8'),
    bytesIfThere(join(control, 'shallow')),
  ]);
  const files: readonly (readonly [string, string | Uint8Array])[] = [
    ['objects/info/alternates', `${join(control, 'objects')}\n`],
    ['config', config.replace('bare = true', 'bare = false')],
    [branchRef(target.branch), `${target.tip}\n`],
    ['HEAD', `${commit}\n`],
    ...(shallow === null ? [] : ([['shallow', shallow]] as const)),
  ];
  for (const [name, content] of files) writeFileSync(join(gitDir, name), content, { mode: 0o644 });
  await Promise.all([
    copyIndex(paths.index, join(gitDir, 'index')),
    writeUnflushed(join(paths.folder, 'commit'), commit),
  ]);
}
