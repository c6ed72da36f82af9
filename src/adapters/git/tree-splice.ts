/**
 * Three-way merges of trees that need no thought, without a process: wherever only one side changed something, that side
 * counts. Anything else (both changed it, both deleted or added it, a file against a folder) is left to git, which also
 * follows renames. Every case in which a rename could matter leaves a trace that is "anything else": the old name is
 * deleted by one side and changed, deleted or built upon by the other, or the new name is made by both.
 */
import type { TreeId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { writeObject } from './objects.ts';
import { treeIdOf } from './names.ts';

interface Entry {
  readonly mode: string;
  readonly id: string;
}

/** Names as latin1: bytes stay bytes. */
type Tree = ReadonlyMap<string, Entry>;

const FOLDER = '40000';
/** A commit of another repository: git has its own rules for these. */
const SUBMODULE = '160000';

/** The merged tree; null when git has to decide. */
export async function spliceTrees(
  context: GitContext,
  trees: { readonly base: TreeId; readonly ours: TreeId; readonly theirs: TreeId },
): Promise<TreeId | null> {
  const { base, ours, theirs } = trees;
  if (base === theirs) return ours;
  if (base === ours) return theirs;
  if (ours === theirs) return null;
  const merged = await spliceFolder(context, base, ours, theirs);
  return merged === null ? null : treeIdOf(merged);
}

async function spliceFolder(
  context: GitContext,
  baseId: string | null,
  oursId: string,
  theirsId: string,
): Promise<string | null> {
  const [base, ours, theirs] = await Promise.all([
    baseId === null ? new Map<string, Entry>() : readTree(context, baseId),
    readTree(context, oursId),
    readTree(context, theirsId),
  ]);
  if (base === null || ours === null || theirs === null) return null;
  const merged = new Map<string, Entry>();
  for (const name of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const entry = await spliceEntry(context, base.get(name), ours.get(name), theirs.get(name));
    if (entry === 'undecided') return null;
    if (entry !== null) merged.set(name, entry);
  }
  // Git keeps no empty folders, and what became of one is its decision.
  return merged.size === 0 ? null : writeTree(context, merged);
}

async function spliceEntry(
  context: GitContext,
  base: Entry | undefined,
  ours: Entry | undefined,
  theirs: Entry | undefined,
): Promise<Entry | null | 'undecided'> {
  if ([base, ours, theirs].some((entry) => entry?.mode === SUBMODULE) && !isSame(ours, theirs))
    return isSame(base, theirs) ? (ours ?? null) : 'undecided';
  if (isSame(ours, theirs)) {
    // Deleted, added or changed inside by both: a rename may be behind it.
    if (base === undefined || ours === undefined) return 'undecided';
    return isSame(base, ours) || ours.mode !== FOLDER ? ours : 'undecided';
  }
  if (isSame(base, theirs)) return ours ?? null;
  if (isSame(base, ours)) return theirs ?? null;
  if (ours?.mode !== FOLDER || theirs?.mode !== FOLDER) return 'undecided';
  if (base !== undefined && base.mode !== FOLDER) return 'undecided';
  const id = await spliceFolder(context, base?.id ?? null, ours.id, theirs.id);
  return id === null ? 'undecided' : { mode: FOLDER, id };
}

function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}

async function readTree(context: GitContext, id: string): Promise<Tree | null> {
  const found = await context.controlReader.content(id);
  if (found === null || found.info.type !== 'tree') return null;
  const { content } = found;
  const idBytes = id.length / 2;
  const tree = new Map<string, Entry>();
  for (let at = 0; at < content.length;) {
    const blank = content.indexOf(0x20, at);
    const end = content.indexOf(0, blank);
    if (blank === -1 || end === -1 || end + 1 + idBytes > content.length) return null;
    const mode = content.toString('latin1', at, blank);
    const name = content.toString('latin1', blank + 1, end);
    tree.set(name, { mode, id: content.toString('hex', end + 1, end + 1 + idBytes) });
    at = end + 1 + idBytes;
  }
  return tree;
}

function writeTree(context: GitContext, tree: Tree): Promise<string> {
  // Git's order: by bytes, a folder as if its name ended with a slash.
  const keyOf = (name: string, { mode }: Entry): string => (mode === FOLDER ? `${name}/` : name);
  const rows = [...tree].toSorted(([a, one], [b, other]) => (keyOf(a, one) < keyOf(b, other) ? -1 : 1));
  const parts = rows.flatMap(([name, { mode, id }]) => [
    Buffer.from(`${mode} ${name}\0`, 'latin1'),
    Buffer.from(id, 'hex'),
  ]);
  return writeObject(context, 'tree', Buffer.concat(parts), false);
}
