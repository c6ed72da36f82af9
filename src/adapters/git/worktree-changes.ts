/**
 * What a folder holds beyond a commit, found with our own index and configuration. `ls-files` and `update-index` are used
 * instead of `status` and `add`: those start git inside nested repositories, under configuration that an agent wrote.
 */
import { join } from 'node:path';
import { constants, copyFile } from 'node:fs/promises';
import type { CommitId, TreeId } from '../../core/ids.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { GitContext } from './context.ts';
import { entriesOf, readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { splitNul, treeIdOf } from './names.ts';
import { keptIndex } from './ownership.ts';
import { settleWorkspaceMove } from './workspace-move.ts';

export interface FolderIndex {
  readonly folder: string;
  readonly index: string;
}

/** Brings the kept index of a workspace to `head`, keeping what is known about unchanged files. */
export async function indexAt(
  context: GitContext,
  spec: WorkspaceSpec,
  head: CommitId,
): Promise<FolderIndex> {
  const index = keptIndex(context, spec);
  // Only this process writes here, one capture of a workspace at a time: a lock is a dead process's.
  await removeTree(`${index}.lock`);
  await settleWorkspaceMove(context, spec);
  if ((await readIfThere(`${index}.head`)) !== head) {
    await removeTree(`${index}.head`);
    await resetIndex(context, { folder: spec.path, index }, head);
    await writeWhole(`${index}.head`, head);
  }
  return { folder: spec.path, index };
}

/** The index becomes that of `commit`; no file of the folder is touched. */
export async function resetIndex(context: GitContext, at: FolderIndex, commit: string): Promise<void> {
  await context.git.run({
    label: `read the index of ${commit.slice(0, 12)}`,
    gitDir: context.places.control,
    workTree: at.folder,
    indexFile: at.index,
    args: ['read-tree', '--reset', commit],
  });
}

export async function copyIndex(from: string, to: string): Promise<void> {
  await copyFile(from, to, constants.COPYFILE_FICLONE);
}

export interface FolderChange {
  /** Bytes of the path. */
  readonly path: Buffer;
  readonly kind: 'added' | 'deleted' | 'changed';
}

/** Paths, as bytes, that differ from the index: changed, deleted, new and not ignored; sorted, each once. */
export async function changedPaths(context: GitContext, at: FolderIndex): Promise<readonly Buffer[]> {
  return (await folderChanges(context, at)).map(({ path }) => path);
}

/** The paths of `changedPaths`, each with how it differs. */
export async function folderChanges(context: GitContext, at: FolderIndex): Promise<readonly FolderChange[]> {
  const { stdout } = await context.git.run({
    label: `look for changes in ${at.folder}`,
    gitDir: context.places.control,
    workTree: at.folder,
    indexFile: at.index,
    args: ['ls-files', '-z', '-t', '-m', '-d', '-o', '--exclude-standard'],
  });
  const seen = new Map<string, FolderChange>();
  const note = (path: Buffer, kind: FolderChange['kind']): void => {
    const key = path.toString('latin1');
    // A deleted file is listed as deleted and, after it, as changed.
    if (seen.get(key)?.kind !== 'deleted') seen.set(key, { path, kind });
  };
  for (const line of splitNul(stdout)) {
    const path = line.subarray(TAG_BYTES);
    const kind = KINDS[String.fromCharCode(line[0] ?? 0)] ?? 'changed';
    if (path.at(-1) !== SLASH) note(path, kind);
    else for (const inner of await nestedFiles(at.folder, path)) note(inner, 'added');
  }
  return [...seen.values()].toSorted((a, b) => Buffer.compare(a.path, b.path));
}

/** `ls-files -t` puts a letter and a blank before each path. */
const TAG_BYTES = 2;
const KINDS: Readonly<Record<string, FolderChange['kind']>> = { '?': 'added', K: 'added', R: 'deleted' };

/** Stages exactly `paths` as they are in the folder now, and returns the tree of the whole index. */
export async function stageTree(
  context: GitContext,
  at: FolderIndex,
  paths: readonly Buffer[],
): Promise<TreeId> {
  const common = { gitDir: context.places.control, workTree: at.folder, indexFile: at.index };
  if (paths.length > 0) {
    await context.git.run({
      ...common,
      label: `stage the changes of ${at.folder}`,
      args: ['update-index', '--add', '--remove', '--replace', '-z', '--stdin'],
      input: Buffer.concat(paths.flatMap((path) => [path, Buffer.from([0])])),
      timeoutMs: 600_000,
    });
  }
  const { stdout } = await context.git.run({
    ...common,
    label: `write the tree of ${at.folder}`,
    args: ['write-tree'],
  });
  return treeIdOf(stdout.toString());
}

const SLASH = 0x2f;

/** A repository inside the folder counts as plain files, without its `.git`: a bare pointer to it would save nothing. */
async function nestedFiles(folder: string, relative: Buffer): Promise<readonly Buffer[]> {
  const name = relative.toString('utf8').replace(/\/$/, '');
  const found: Buffer[] = [];
  for (const entry of await entriesOf(join(folder, name))) {
    if (entry.name.toLowerCase() === '.git') continue;
    const path = `${name}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await nestedFiles(folder, Buffer.from(`${path}/`))));
    else if (entry.isFile() || entry.isSymbolicLink()) found.push(Buffer.from(path));
  }
  return found;
}

export async function isFolder(path: string): Promise<boolean> {
  return (await statIfThere(path))?.isDirectory() === true;
}
