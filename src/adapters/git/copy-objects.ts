/**
 * A few objects of control into the user's store without a process, each before those that name it, so that the store
 * lacks nothing at any instant. Only what control holds is copied: git checked it when it came in, or Copse made it of
 * such parts. Many or large objects go as a pack instead (`transfer.ts`).
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { isErrno } from './failure.ts';
import { isCommitIn, readCommit, writeLoose, type CommitFacts } from './objects.ts';
import { FOLDER, readTree, SUBMODULE, type Tree } from './tree-entries.ts';

/** Chosen, not tuned: more goes as a pack. */
const MAX_OBJECTS = 200;
const MAX_BYTES = 2 * 1024 * 1024;

/** False when nothing was written because there is too much, or something that a pack has to sort out. */
export async function copyToUser(context: GitContext, tip: CommitId): Promise<boolean> {
  const commits = await missingCommits(context, tip);
  if (commits === null) return false;
  const wanted = new Set<string>();
  for (const { id, commit } of commits) {
    const parents = await Promise.all(
      commit.parents.map(async (parent) => (await readCommit(context.controlReader, parent))?.tree ?? null),
    );
    // A history that begins here would have to be copied whole.
    if (parents.length === 0 || !(await addTree(context, wanted, commit.tree, parents))) return false;
    wanted.add(id);
    if (wanted.size > MAX_OBJECTS) return false;
  }
  const objects: { readonly id: string; readonly whole: Buffer }[] = [];
  let bytes = 0;
  for (const id of wanted) {
    const { size } = (await context.controlReader.info(id)) ?? { size: Infinity };
    bytes += size;
    if (bytes > MAX_BYTES) return false;
    const whole = await wholeObject(context, id);
    if (whole === null) return false;
    objects.push({ id, whole });
  }
  const store = join(context.user.commonDir, 'objects');
  try {
    for (const { id, whole } of objects) await writeLoose(store, id, whole, false);
    return true;
  } catch (error) {
    // A full disk, a folder that may not be written: git says it in its words when it is tried as a pack.
    if (isErrno(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS', 'ENOENT')) return false;
    throw error;
  }
}

interface Missing {
  readonly id: CommitId;
  readonly commit: CommitFacts;
}

/** Parents first; null when there are too many. What the user's store has, it has with all that belongs to it. */
async function missingCommits(context: GitContext, tip: CommitId): Promise<readonly Missing[] | null> {
  const ordered: Missing[] = [];
  const seen = new Set<CommitId>();
  const visit = async (id: CommitId): Promise<boolean> => {
    if (seen.has(id)) return true;
    seen.add(id);
    if (seen.size > MAX_OBJECTS) return false;
    if (await isCommitIn(context.userReader, id)) return true;
    const commit = await readCommit(context.controlReader, id);
    if (commit === null) return false;
    for (const parent of commit.parents) if (!(await visit(parent))) return false;
    ordered.push({ id, commit });
    return true;
  };
  return (await visit(tip)) ? ordered : null;
}

/** Adds, leaves first, what no tree of a parent has at the same place. False when there is too much or git must decide. */
async function addTree(
  context: GitContext,
  wanted: Set<string>,
  id: string,
  parents: readonly (string | null)[],
): Promise<boolean> {
  if (parents.includes(id) || wanted.has(id)) return true;
  const tree = await readTree(context, id);
  if (tree === null) return false;
  const beside: Tree[] = [];
  for (const parent of parents) {
    const known = parent === null ? null : await readTree(context, parent);
    if (known !== null) beside.push(known);
  }
  for (const [name, entry] of tree) {
    const there = beside.map((known) => known.get(name) ?? null);
    if (entry.mode === SUBMODULE || there.some((known) => known?.id === entry.id)) continue;
    if (entry.mode === FOLDER) {
      const folders = there.map((known) => (known?.mode === FOLDER ? known.id : null));
      if (!(await addTree(context, wanted, entry.id, folders))) return false;
    } else wanted.add(entry.id);
    if (wanted.size > MAX_OBJECTS) return false;
  }
  wanted.add(id);
  return true;
}

/** Header and content; null when control has no such object, or not that content. */
async function wholeObject(context: GitContext, id: string): Promise<Buffer | null> {
  const found = await context.controlReader.content(id);
  if (found === null) return null;
  const { info, content } = found;
  const whole = Buffer.concat([Buffer.from(`${info.type} ${content.length}\0`), content]);
  return createHash(context.user.objectFormat).update(whole).digest('hex') === id ? whole : null;
}
