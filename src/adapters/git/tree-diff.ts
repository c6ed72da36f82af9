/** What differs between two trees, as `git diff-tree -r --raw --no-renames` tells it, without a process. */
import type { GitContext } from './context.ts';
import { FOLDER, readTree, type Entry, type Tree } from './tree-entries.ts';

export interface RawDifference {
  readonly bytes: Buffer;
  /** `000000` where the path is absent. */
  readonly oldMode: string;
  readonly newMode: string;
  readonly oldId: string;
  readonly newId: string;
  readonly status: 'added' | 'modified' | 'deleted' | 'type-changed';
}

const ABSENT = '000000';

/** In the order of the paths' bytes; null when a tree cannot be read. */
export async function diffTrees(
  context: GitContext,
  before: string,
  after: string,
): Promise<readonly RawDifference[] | null> {
  const found: { readonly path: string; readonly difference: RawDifference }[] = [];
  const compare = async (
    prefix: string,
    oldId: string | undefined,
    newId: string | undefined,
  ): Promise<boolean> => {
    if (oldId === newId) return true;
    const [old, now] = await Promise.all([treeOf(context, oldId), treeOf(context, newId)]);
    if (old === null || now === null) return false;
    for (const name of new Set([...old.keys(), ...now.keys()])) {
      const [one, other] = [old.get(name), now.get(name)];
      if (one?.id === other?.id && one?.mode === other?.mode) continue;
      const path = `${prefix}${name}`;
      if (one?.mode === FOLDER || other?.mode === FOLDER) {
        if (!(await compare(`${path}/`, folderId(one), folderId(other)))) return false;
      }
      const difference = differenceOf(path, fileOf(one), fileOf(other));
      if (difference !== null) found.push({ path, difference });
    }
    return true;
  };
  if (!(await compare('', before, after))) return null;
  return found.toSorted((a, b) => (a.path < b.path ? -1 : 1)).map(({ difference }) => difference);
}

async function treeOf(context: GitContext, id: string | undefined): Promise<Tree | null> {
  return id === undefined ? new Map<string, Entry>() : readTree(context, id);
}

function folderId(entry: Entry | undefined): string | undefined {
  return entry?.mode === FOLDER ? entry.id : undefined;
}

function fileOf(entry: Entry | undefined): Entry | null {
  return entry === undefined || entry.mode === FOLDER ? null : entry;
}

function differenceOf(path: string, old: Entry | null, now: Entry | null): RawDifference | null {
  if (old === null && now === null) return null;
  return {
    bytes: Buffer.from(path, 'latin1'),
    oldMode: old?.mode ?? ABSENT,
    newMode: now?.mode ?? ABSENT,
    oldId: old?.id ?? '',
    newId: now?.id ?? '',
    status: statusOf(old, now),
  };
}

function statusOf(old: Entry | null, now: Entry | null): RawDifference['status'] {
  if (old === null) return 'added';
  if (now === null) return 'deleted';
  // The first three digits are the type: file, symbolic link, submodule.
  return old.mode.slice(0, 3) === now.mode.slice(0, 3) ? 'modified' : 'type-changed';
}
