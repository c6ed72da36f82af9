/** Resolutions that need nobody: one side, both sides, what was recorded, a structural merge tool. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever } from '../../kit/assert.ts';
import type { CommitId, TreeId } from '../../core/ids.ts';
import type { ResolutionRule, RuleOutcome, Sides } from '../../ports/git-resolution.ts';
import { conflictTrees, contentOf, entryIn, isFile, treeWith } from './conflict-trees.ts';
import type { ConflictedPath, ConflictTrees, Entry } from './conflict-trees.ts';
import { addsConflictMarkers } from './conflict-markers.ts';
import { effect, type GitContext } from './context.ts';
import { removeTree } from './files.ts';
import { requireCommit, writeBlob, writeCommit } from './objects.ts';
import { recallFiles } from './recorded-resolutions.ts';
import { mergeStructurally } from './structural-merge.ts';

/** What a rule puts in the place of one path: an entry, nothing (null), or no answer. */
export type Answer = { readonly kind: 'entry'; readonly entry: Entry | null } | { readonly kind: 'none' };

export type Request = Sides & {
  readonly rule: ResolutionRule;
  readonly message: string;
  readonly dateMs: number;
};

export async function resolveByRule(context: GitContext, request: Request): Promise<RuleOutcome> {
  const { ours, theirs, rule } = request;
  const found = await effect(context, 'merge.tree', () => conflictTrees(context, ours, theirs));
  if (found.paths.length === 0)
    return { kind: 'clean', commit: await commitOf(context, request, found.tree), tree: found.tree };
  const files = found.paths.map((one) => one.path);
  const answers = await answersOf(context, rule, found);
  if (typeof answers === 'string') return { kind: 'unresolved', files, detail: answers };
  const open = found.paths.filter((_, index) => (answers[index]?.kind ?? 'none') === 'none');
  if (open.length > 0) {
    const detail = `${REFUSALS[rule]} ${open
      .slice(0, 3)
      .map((one) => one.path)
      .join(', ')}`;
    return { kind: 'unresolved', files, detail };
  }
  const entries = found.paths.map(({ raw }, index) => {
    const answer = answers[index];
    return { raw, entry: answer?.kind === 'entry' ? answer.entry : null };
  });
  const tree = await treeWith(context, found.tree, entries);
  return { kind: 'resolved', commit: await commitOf(context, request, tree), tree, files };
}

const REFUSALS: Readonly<Record<ResolutionRule, string>> = {
  recorded: 'no resolution is recorded for',
  structural: 'the structural merge tool could not resolve',
  ours: 'there is no side to take in',
  theirs: 'there is no side to take in',
  both: 'two sides cannot be put together in',
};

/** The author stays the author of what was merged: the same inputs give the same commit. */
async function commitOf(context: GitContext, request: Request, tree: TreeId): Promise<CommitId> {
  const { ours, theirs, message, dateMs } = request;
  const { author } = await requireCommit(context, theirs);
  return effect(context, 'merge.commit', () =>
    writeCommit(context, { tree, parents: [ours, theirs], message, dateMs, author }),
  );
}

async function answersOf(
  context: GitContext,
  rule: ResolutionRule,
  found: ConflictTrees,
): Promise<readonly Answer[] | string> {
  switch (rule) {
    case 'recorded':
      return fromContents(context, found, await recallFiles(context, found));
    case 'structural': {
      const merged = await mergeStructurally(context, found);
      return typeof merged === 'string' ? merged : fromContents(context, found, merged);
    }
    case 'ours':
    case 'theirs':
    case 'both':
      return Promise.all(found.paths.map((one) => favour(context, one, rule)));
    default:
      return assertNever(rule);
  }
}

/** null: no answer. A content that still holds markers is none. */
async function fromContents(
  context: GitContext,
  found: ConflictTrees,
  contents: readonly (Buffer | null)[],
): Promise<readonly Answer[]> {
  return Promise.all(
    found.paths.map(async (one, index): Promise<Answer> => {
      const content = contents[index] ?? null;
      if (content === null || !isFile(one.ours)) return { kind: 'none' };
      const known = (await contentOf(context, one.ours)).toString('latin1');
      if (addsConflictMarkers(known, content.toString('latin1'))) return { kind: 'none' };
      return {
        kind: 'entry',
        entry: { mode: await modeOf(context, one, found), oid: await writeBlob(context, content) },
      };
    }),
  );
}

/** As git merged the mode, which it does even where it cannot merge the lines. */
async function modeOf(context: GitContext, one: ConflictedPath, found: ConflictTrees): Promise<string> {
  return (await entryIn(context, found.tree, one.raw))?.mode ?? one.ours?.mode ?? '100644';
}

async function favour(
  context: GitContext,
  one: ConflictedPath,
  rule: 'ours' | 'theirs' | 'both',
): Promise<Answer> {
  if (isFile(one.ours) && isFile(one.theirs)) {
    const merged = await mergeLines(context, one, rule);
    if (merged !== null) {
      const tree = { mode: one.ours.mode, oid: await writeBlob(context, merged) };
      return {
        kind: 'entry',
        entry: { ...tree, mode: rule === 'theirs' ? one.theirs.mode : one.ours.mode },
      };
    }
  }
  // A deleted, binary or renamed file has no lines to put together: it is taken whole, or not at all.
  if (rule === 'both') return { kind: 'none' };
  return { kind: 'entry', entry: rule === 'ours' ? one.ours : one.theirs };
}

/** Places without a conflict keep what git merged; null when the file has no lines. */
async function mergeLines(
  context: GitContext,
  one: ConflictedPath,
  rule: 'ours' | 'theirs' | 'both',
): Promise<Buffer | null> {
  const folder = await mkdtemp(join(context.places.state, 'tmp', 'merge-'));
  try {
    const sides = ['ours', 'base', 'theirs'] as const;
    for (const side of sides) await writeFile(join(folder, side), await contentOf(context, one[side]));
    const { code, stdout } = await context.git.run({
      label: `merge the lines of ${one.path}`,
      gitDir: context.places.control,
      cwd: folder,
      args: ['merge-file', '-p', rule === 'both' ? '--union' : `--${rule}`, ...sides],
      ok: [0, 255],
    });
    return code === 0 ? stdout : null;
  } finally {
    await removeTree(folder);
  }
}
