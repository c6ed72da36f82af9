/** A merge that git could not finish, as data: the tree with conflict markers, and both sides of every file in conflict. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId, RepoPath, TreeId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { removeTree } from './files.ts';
import { pathText, splitNul, treeIdOf } from './names.ts';
import { ensureInControl } from './transfer.ts';

export interface Entry {
  readonly mode: string;
  readonly oid: string;
}

/** One path of a conflict; a side is null where the path is not there. */
export interface ConflictedPath {
  /** As git has it. */
  readonly raw: Buffer;
  readonly path: RepoPath;
  readonly base: Entry | null;
  readonly ours: Entry | null;
  readonly theirs: Entry | null;
}

export interface ConflictTrees {
  readonly tree: TreeId;
  readonly paths: readonly ConflictedPath[];
}

/** `paths` is empty when the two merge cleanly. */
export async function conflictTrees(
  context: GitContext,
  ours: CommitId,
  theirs: CommitId,
): Promise<ConflictTrees> {
  await ensureInControl(context, ours);
  await ensureInControl(context, theirs, [ours]);
  const { stdout } = await context.git.run({
    label: `merge ${theirs.slice(0, 12)} onto ${ours.slice(0, 12)}`,
    gitDir: context.places.control,
    args: ['merge-tree', '--write-tree', '-z', '--no-messages', '--allow-unrelated-histories', ours, theirs],
    ok: [0, 1],
  });
  const [tree = Buffer.alloc(0), ...rows] = splitNul(stdout);
  const paths = new Map<string, Mutable>();
  for (const row of rows) addStage(paths, row);
  return { tree: treeIdOf(tree.toString()), paths: [...paths.values()] };
}

type Mutable = { -readonly [Key in keyof ConflictedPath]: ConflictedPath[Key] };

/** `<mode> <object> <stage>\t<path>` */
function addStage(paths: Map<string, Mutable>, row: Buffer): void {
  const tab = row.indexOf(0x09);
  const [mode = '', oid = '', stage = ''] = row.subarray(0, Math.max(0, tab)).toString().split(' ');
  if (tab === -1 || !/^[123]$/.test(stage)) return;
  const raw = row.subarray(tab + 1);
  const key = raw.toString('latin1');
  const found = paths.get(key) ?? {
    raw,
    path: pathText(raw).text as RepoPath,
    base: null,
    ours: null,
    theirs: null,
  };
  const side = stage === '1' ? 'base' : stage === '2' ? 'ours' : 'theirs';
  found[side] = { mode, oid };
  paths.set(key, found);
}

/** The tree with the entries in place of what is there; null removes. */
export async function treeWith(
  context: GitContext,
  tree: TreeId,
  entries: readonly { readonly raw: Buffer; readonly entry: Entry | null }[],
): Promise<TreeId> {
  const folder = await mkdtemp(join(context.places.state, 'tmp', 'tree-'));
  const common = { gitDir: context.places.control, indexFile: join(folder, 'index') };
  try {
    await context.git.run({ ...common, label: `read tree ${tree}`, args: ['read-tree', tree] });
    await context.git.run({
      ...common,
      label: 'put resolved files into the tree',
      args: ['update-index', '-z', '--index-info'],
      input: Buffer.concat(
        entries.map(({ raw, entry }) =>
          indexRow(raw, entry ?? { mode: '0', oid: '0'.repeat(tree.length) }, 0),
        ),
      ),
    });
    const { stdout } = await context.git.run({ ...common, label: 'write the tree', args: ['write-tree'] });
    return treeIdOf(stdout.toString());
  } finally {
    await removeTree(folder);
  }
}

/** One line of `update-index --index-info`; mode 0 removes. */
export function indexRow(raw: Buffer, entry: Entry, stage: 0 | 1 | 2 | 3): Buffer {
  return Buffer.concat([Buffer.from(`${entry.mode} ${entry.oid} ${stage}\t`), raw, Buffer.from([0])]);
}

/** The entry of one path in a tree; null when it is not there. */
export async function entryIn(context: GitContext, tree: string, raw: Buffer): Promise<Entry | null> {
  const { stdout } = await context.git.run({
    label: 'look a path up',
    gitDir: context.places.control,
    args: ['ls-tree', '-z', tree, '--', raw.toString('utf8')],
  });
  const row = splitNul(stdout)[0]?.toString() ?? '';
  const [, mode, oid] = /^(\d+) \w+ ([0-9a-f]+)\t/.exec(row) ?? [];
  return mode === undefined || oid === undefined ? null : { mode, oid };
}

/** Bytes of a blob; none for no entry. */
export async function contentOf(context: GitContext, entry: Entry | null): Promise<Buffer> {
  if (entry === null) return Buffer.alloc(0);
  const found = await context.controlReader.content(entry.oid);
  if (found !== null && found.info.type === 'blob') return found.content;
  throw new GitFailure('git-object-missing', `blob ${entry.oid} is not in the control repository`);
}

/** A file with lines: not a link, not a submodule. */
export function isFile(entry: Entry | null): entry is Entry {
  return entry !== null && entry.mode.startsWith('100');
}
