/** What differs between two trees, as `git diff-tree -r --raw --no-renames` tells it, without a process where that is little. */
import type { GitContext } from './context.ts';
import { splitNul } from './names.ts';
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
/** Trees read, chosen and not tuned: more is left to a process of git's. */
const MAX_TREES = 200;

/** In the order of the paths' bytes. Both trees are in control. */
export async function rawDifferences(
  context: GitContext,
  before: string,
  after: string,
): Promise<readonly RawDifference[]> {
  return (await diffTrees(context, before, after)) ?? gitDifferences(context, before, after);
}

async function gitDifferences(
  context: GitContext,
  before: string,
  after: string,
): Promise<readonly RawDifference[]> {
  const { stdout } = await context.git.run({
    label: 'list the changes',
    gitDir: context.places.control,
    args: ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-ext-diff', '--no-textconv', before, after],
    maxBytes: 1 << 30,
  });
  const parts = splitNul(stdout);
  const found: RawDifference[] = [];
  for (let at = 0; at + 1 < parts.length; at += 2) {
    const row = (parts[at] ?? Buffer.alloc(0)).toString();
    const [oldMode = '', newMode = '', oldId = '', newId = '', letter = ''] = row.slice(1).split(' ');
    const status = STATUS[letter[0] ?? ''] ?? 'modified';
    found.push({ bytes: parts[at + 1] ?? Buffer.alloc(0), oldMode, newMode, oldId, newId, status });
  }
  return found;
}

const STATUS: Readonly<Record<string, RawDifference['status']>> = {
  A: 'added',
  D: 'deleted',
  T: 'type-changed',
};

/** As `rawDifferences`; null when a tree cannot be read or there are many. */
export async function diffTrees(
  context: GitContext,
  before: string,
  after: string,
): Promise<readonly RawDifference[] | null> {
  const found: { readonly path: string; readonly difference: RawDifference }[] = [];
  let trees = 0;
  const compare = async (
    prefix: string,
    oldId: string | undefined,
    newId: string | undefined,
  ): Promise<boolean> => {
    if (oldId === newId) return true;
    trees += 2;
    if (trees > MAX_TREES) return false;
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
