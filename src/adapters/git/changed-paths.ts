/** Changed paths of many pairs of commits in one `diff-tree`, and of past commits in one `log`. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import type { PathDifference, TipRange } from '../../ports/git-separation.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { pathText, splitNul } from './names.ts';
import { readCommit } from './objects.ts';
import { withReach } from './reach.ts';
import { diffTrees } from './tree-diff.ts';

/** So few ranges of commits that control has are compared without a process. */
const FEW = 4;
/** Ranges asked of one process: bounds what is held in memory. */
const RANGES_AT_ONCE = 500;

export async function changedPathsOf(
  context: GitContext,
  ranges: readonly TipRange[],
): Promise<readonly (readonly PathDifference[])[]> {
  const quick = ranges.length <= FEW ? await Promise.all(ranges.map((range) => quickly(context, range))) : [];
  const known = quick.filter((list) => list !== null);
  if (known.length === ranges.length) return known;
  const lists: (readonly PathDifference[])[] = [];
  for (let at = 0; at < ranges.length; at += RANGES_AT_ONCE) {
    lists.push(...(await differencesOf(context, ranges.slice(at, at + RANGES_AT_ONCE))));
  }
  return lists;
}

/** null: git has to be asked. */
async function quickly(
  context: GitContext,
  { from, to }: TipRange,
): Promise<readonly PathDifference[] | null> {
  const [before, after] = await Promise.all(
    [from, to].map((commit) => readCommit(context.controlReader, commit)),
  );
  if (!before || !after) return null;
  const differences = await diffTrees(context, before.tree, after.tree);
  return (
    differences?.map(({ bytes, status }) => ({
      path: pathText(bytes).text as RepoPath,
      kind: status === 'added' || status === 'deleted' ? status : 'changed',
    })) ?? null
  );
}

async function differencesOf(
  context: GitContext,
  ranges: readonly TipRange[],
): Promise<readonly (readonly PathDifference[])[]> {
  const output = await withReach(context, async (reach) => {
    const { stdout } = await context.git.run({
      ...reach,
      label: `list the changes of ${ranges.length} branches`,
      // `--always` makes a header of a range without changes too; a line `to from` compares `to` with `from` as its parent.
      args: [
        'diff-tree',
        '--stdin',
        '--always',
        '-r',
        '-z',
        '--raw',
        '--no-renames',
        '--no-ext-diff',
        '--no-textconv',
      ],
      input: ranges.map(({ from, to }) => `${to} ${from}\n`).join(''),
      maxBytes: 1 << 30,
      timeoutMs: 600_000,
    });
    return stdout;
  });
  const lists: PathDifference[][] = [];
  const parts = splitNul(output);
  for (let at = 0; at < parts.length; at += 1) {
    const part = parts[at] as Buffer;
    if (part[0] !== COLON) {
      lists.push([]);
      continue;
    }
    at += 1;
    const { text } = pathText(parts[at] ?? Buffer.alloc(0));
    lists.at(-1)?.push({ path: text as RepoPath, kind: kindOf(part) });
  }
  if (lists.length !== ranges.length) {
    throw new GitFailure('git-failed', `git answered ${lists.length} of ${ranges.length} comparisons`);
  }
  return lists;
}

const COLON = 0x3a;

/** `:100644 000000 <id> <id> D`. */
function kindOf(row: Buffer): PathDifference['kind'] {
  const letter = String.fromCharCode(row[row.lastIndexOf(0x20) + 1] ?? 0);
  return letter === 'A' ? 'added' : letter === 'D' ? 'deleted' : 'changed';
}

export async function coChange(
  context: GitContext,
  tip: CommitId,
  commits: number,
): Promise<readonly (readonly RepoPath[])[]> {
  const output = await withReach(context, async (reach) => {
    const { stdout } = await context.git.run({
      ...reach,
      label: 'read which files changed together',
      args: [
        'log',
        `--max-count=${Math.max(1, Math.floor(commits))}`,
        '--no-merges',
        '--no-renames',
        '--no-show-signature',
        '--name-only',
        '-z',
        '--format=%x01%H',
        '--end-of-options',
        tip,
      ],
      timeoutMs: 600_000,
    });
    return stdout;
  });
  const lists: RepoPath[][] = [];
  let isFirst = false;
  for (const part of splitNul(output)) {
    if (part[0] === 1 && /^[0-9a-f]{40,64}$/.test(part.toString('latin1', 1))) {
      lists.push([]);
      isFirst = true;
      continue;
    }
    // Git puts one line break between a commit and the first of its paths.
    const bytes = isFirst && part[0] === LINE_BREAK ? part.subarray(1) : part;
    isFirst = false;
    if (bytes.length > 0) lists.at(-1)?.push(pathText(bytes).text as RepoPath);
  }
  return lists;
}

const LINE_BREAK = 0x0a;
