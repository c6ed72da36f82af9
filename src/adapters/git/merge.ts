/** Merges built from trees alone, in control: without a process where nothing meets, else two side by side, at any size of repository. */
import type { CommitId, RepoPath, TreeId } from '../../core/ids.ts';
import type { MergeOutcome, MergeRequest } from '../../ports/git.ts';
import { mergeBase } from './ancestry.ts';
import { effect, type GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { pathText, splitNul, treeIdOf } from './names.ts';
import { requireCommit, writeCommit } from './objects.ts';
import { spliceTrees } from './tree-splice.ts';
import { ensureInControl } from './transfer.ts';

/** The same request always gives the same commit. Fails with `git-unrelated-histories` when there is no common ancestor. */
export async function merge(context: GitContext, request: MergeRequest): Promise<MergeOutcome> {
  const { onto, head, strategy } = request;
  await ensureInControl(context, onto);
  await ensureInControl(context, head, [onto]);
  const quick = await context.history.baseOf(context, onto, head);
  if (quick?.kind === 'contained') return quick;
  if (quick !== null && strategy !== 'rebase') {
    const tree = await effect(context, 'merge.tree', () => spliced(context, onto, head, quick.base));
    if (tree !== null) return effect(context, 'merge.commit', () => mergeCommit(context, request, tree));
  }
  // Side by side: the question of containment costs no time of its own.
  const [base, tree] = await Promise.allSettled([
    mergeBase(context, onto, head),
    effect(context, 'merge.tree', () => mergeTrees(context, onto, head)),
  ]);
  if (base.status === 'rejected') throw base.reason;
  if (base.value === head) return { kind: 'contained' };
  if (base.value === null) {
    throw new GitFailure('git-unrelated-histories', `${head} and ${onto} have no common history`);
  }
  if (tree.status === 'rejected') throw tree.reason;
  if (strategy === 'rebase') return replay(context, request, base.value);
  if (tree.value.kind === 'conflicted') return tree.value;
  return effect(context, 'merge.commit', () => mergeCommit(context, request, tree.value.tree));
}

/** Without a process; null where git has to decide. */
async function spliced(
  context: GitContext,
  onto: CommitId,
  head: CommitId,
  base: CommitId,
): Promise<TreeId | null> {
  const [ours, theirs, common] = await Promise.all(
    [onto, head, base].map(async (id) => (await requireCommit(context, id)).tree),
  );
  if (ours === undefined || theirs === undefined || common === undefined) return null;
  return spliceTrees(context, { base: common, ours, theirs });
}

async function mergeCommit(
  context: GitContext,
  request: MergeRequest,
  tree: TreeId | undefined,
): Promise<MergeOutcome> {
  if (tree === undefined) throw new GitFailure('git-failed', 'the merge gave no tree');
  const { onto, head, message, dateMs, strategy } = request;
  const squash = { parents: [onto], author: (await requireCommit(context, head)).author };
  const details = strategy === 'squash' ? squash : { parents: [onto, head] };
  const commit = await writeCommit(context, { tree, message, dateMs, ...details });
  context.history.note(commit, onto, strategy === 'squash' ? null : head);
  return { kind: 'merged', commit, tree };
}

type TreeMerge =
  | { readonly kind: 'merged'; readonly tree: TreeId }
  | { readonly kind: 'conflicted'; readonly files: readonly RepoPath[]; readonly tree?: undefined };

/** Three-way merge of two commits; exit 1 means conflicts, anything above an error. */
export async function mergeTrees(context: GitContext, onto: CommitId, head: CommitId): Promise<TreeMerge> {
  const { code, stdout } = await context.git.run({
    label: `merge ${head.slice(0, 12)} onto ${onto.slice(0, 12)}`,
    gitDir: context.places.control,
    args: [
      'merge-tree',
      '--write-tree',
      '-z',
      '--name-only',
      '--no-messages',
      '--allow-unrelated-histories',
      onto,
      head,
    ],
    ok: [0, 1],
  });
  const [tree = Buffer.alloc(0), ...names] = splitNul(stdout);
  if (code === 0) return { kind: 'merged', tree: treeIdOf(tree.toString()) };
  const files = names.filter((name) => name.length > 0).map((name) => pathText(name).text as RepoPath);
  return { kind: 'conflicted', files: [...new Set(files)] };
}

/** Each commit of `head` again on top of `onto`, authors and messages kept; merges are left out, empty results dropped. */
async function replay(context: GitContext, request: MergeRequest, base: CommitId): Promise<MergeOutcome> {
  let at = request.onto;
  let tree = (await requireCommit(context, at)).tree;
  for (const id of await commitsToReplay(context, request, base)) {
    const commit = await requireCommit(context, id);
    const [parent] = commit.parents;
    if (parent === undefined) continue;
    // A stand-in with the new tree and the old parent makes the old parent the merge base, on every git since 2.38.
    const standIn = await writeCommit(context, {
      tree,
      parents: [parent],
      message: 'copse: replay',
      dateMs: 0,
    });
    const merged = await mergeTrees(context, standIn, id);
    if (merged.kind === 'conflicted') return merged;
    if (merged.tree === tree) continue;
    const { message, author } = commit;
    at = await effect(context, 'merge.commit', () =>
      writeCommit(context, { tree: merged.tree, parents: [at], message, author, dateMs: request.dateMs }),
    );
    tree = merged.tree;
  }
  return at === request.onto ? { kind: 'contained' } : { kind: 'merged', commit: at, tree };
}

async function commitsToReplay(
  context: GitContext,
  request: MergeRequest,
  base: CommitId,
): Promise<readonly CommitId[]> {
  const { stdout } = await context.git.run({
    label: 'list the commits to replay',
    gitDir: context.places.control,
    args: [
      'rev-list',
      '--no-merges',
      '--topo-order',
      '--reverse',
      request.head,
      `^${request.onto}`,
      `^${base}`,
    ],
  });
  return stdout.toString().split('\n').filter(Boolean) as CommitId[];
}
