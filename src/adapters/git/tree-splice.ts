/**
 * Three-way merges of trees that need no thought, without a process: wherever only one side changed something, that side
 * counts. Anything else (both changed it, both deleted or added it, a file against a folder) is left to git, which also
 * follows renames. Every case in which a rename could matter leaves a trace that is "anything else": the old name is
 * deleted by one side and changed, deleted or built upon by the other, or the new name is made by both.
 */
import type { TreeId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { treeIdOf } from './names.ts';
import { FOLDER, readTree, SUBMODULE, writeTree, type Entry } from './tree-entries.ts';

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
  oursId: string | undefined,
  theirsId: string | undefined,
): Promise<string | null> {
  if (oursId === undefined || theirsId === undefined) return null;
  const [base, ours, theirs] = await Promise.all([
    baseId === null ? new Map<string, Entry>() : readTree(context, baseId),
    readTree(context, oursId),
    readTree(context, theirsId),
  ]);
  if (base === null || ours === null || theirs === null) return null;
  const merged = new Map<string, Entry>();
  for (const name of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const sides: Sides = { base: base.get(name), ours: ours.get(name), theirs: theirs.get(name) };
    const entry = decide(sides);
    if (entry === 'undecided') return null;
    if (entry === 'inside') {
      const id = await spliceFolder(context, sides.base?.id ?? null, sides.ours?.id, sides.theirs?.id);
      if (id === null) return null;
      merged.set(name, { mode: FOLDER, id });
    } else if (entry !== null) merged.set(name, entry);
  }
  // Git keeps no empty folders, and what became of one is its decision.
  return merged.size === 0 ? null : writeTree(context, merged);
}

interface Sides {
  readonly base: Entry | undefined;
  readonly ours: Entry | undefined;
  readonly theirs: Entry | undefined;
}

/** null: it is gone · `inside`: both changed the folder, so what is in it decides. */
function decide({ base, ours, theirs }: Sides): Entry | null | 'inside' | 'undecided' {
  if (isSame(ours, theirs)) {
    // Deleted, added or changed inside by both: a rename may be behind it.
    if (base === undefined || ours === undefined) return 'undecided';
    return isSame(base, ours) || ours.mode !== FOLDER ? ours : 'undecided';
  }
  if (isSame(base, theirs)) return ours ?? null;
  if ([base, ours, theirs].some((entry) => entry?.mode === SUBMODULE)) return 'undecided';
  if (isSame(base, ours)) return theirs ?? null;
  if (ours?.mode !== FOLDER || theirs?.mode !== FOLDER) return 'undecided';
  return base === undefined || base.mode === FOLDER ? 'inside' : 'undecided';
}

function isSame(a: Entry | undefined, b: Entry | undefined): boolean {
  return a?.id === b?.id && a?.mode === b?.mode;
}
