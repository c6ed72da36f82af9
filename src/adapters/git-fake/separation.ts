/** The questions of the conflict matrix, answered from the fake's maps. */
import type { AbsolutePath, BranchName, CommitId, RepoPath } from '../../core/ids.ts';
import type {
  CheckoutSighting,
  PathDifference,
  SeparationGit,
  TrialMerge,
  TipPair,
  TipRange,
  WorktreeChanges,
  WorktreeSighting,
} from '../../ports/git-separation.ts';
import { changedPaths } from './compare.ts';
import { isAncestor, mergeBase } from './history.ts';
import { mergeFiles } from './merge.ts';
import { addCommit, branchRef, commitOf, type FakeWorld } from './world.ts';

export function separationPart(world: FakeWorld): SeparationGit {
  return {
    listBranches: async (limit) => listBranches(world).slice(0, limit),
    listCheckouts: async () => listCheckouts(world),
    commonBases: async (tips) => commonBases(world, [...new Set(tips)]),
    changedPathsOf: async (ranges) => ranges.map((range) => differences(world, range)),
    gitVersion: async () => '2.99.0',
    trialMerges: async (pairs) => pairs.map((pair) => trialMerge(world, pair)),
    coChange: async (tip, commits) => coChange(world, tip, commits),
    worktreeChanges: async (path) => worktreeChanges(world, path),
    sightWorktrees: async (paths) => paths.map((path) => sighting(world, path)),
  };
}

function listBranches(world: FakeWorld): readonly { readonly branch: BranchName; readonly tip: CommitId }[] {
  return [...world.refs].flatMap(([ref, tip]) =>
    ref.startsWith('refs/heads/') ? [{ branch: ref.slice('refs/heads/'.length) as BranchName, tip }] : [],
  );
}

function listCheckouts(world: FakeWorld): readonly CheckoutSighting[] {
  const linked = [...world.workspaces.values()].filter(({ isFolderGone }) => !isFolderGone);
  return [
    { path: world.root, branch: world.checkout.branch },
    ...linked.map(({ spec, head }) => ({
      path: spec.path,
      branch: head.kind === 'branch' ? head.branch : null,
    })),
  ];
}

function commonBases(world: FakeWorld, tips: readonly CommitId[]) {
  return tips.flatMap((a, at) =>
    tips.slice(at + 1).map((b) => {
      const base = mergeBase(world, a, b);
      return { a, b, bases: base === null ? [] : [base] };
    }),
  );
}

function differences(world: FakeWorld, { from, to }: TipRange): readonly PathDifference[] {
  const before = commitOf(world, from).files;
  const after = commitOf(world, to).files;
  return changedPaths(before, after).map((path) => ({
    path,
    kind: !before.has(path) ? 'added' : !after.has(path) ? 'deleted' : 'changed',
  }));
}

function trialMerge(world: FakeWorld, { a, b }: TipPair): TrialMerge {
  if (!world.commits.has(a) || !world.commits.has(b)) return { kind: 'unknown', why: 'a commit is missing' };
  if (isAncestor(world, a, b) || isAncestor(world, b, a)) return { kind: 'clean' };
  const base = mergeBase(world, a, b);
  if (base === null) return { kind: 'unknown', why: 'refusing to merge unrelated histories' };
  const filesOf = (id: CommitId) => commitOf(world, id).files;
  const { conflicts } = mergeFiles(filesOf(base), filesOf(a), filesOf(b));
  return conflicts.length === 0 ? { kind: 'clean' } : { kind: 'conflict', files: conflicts };
}

function coChange(world: FakeWorld, tip: CommitId, commits: number): readonly (readonly RepoPath[])[] {
  const seen = [tip];
  for (const id of seen)
    for (const parent of commitOf(world, id).parents) if (!seen.includes(parent)) seen.push(parent);
  const plain = seen.map((id) => commitOf(world, id)).filter(({ parents }) => parents.length < 2);
  const newest = plain.toSorted((x, y) => y.generation - x.generation).slice(0, commits);
  return newest.map(({ files, parents: [parent] }) =>
    changedPaths(parent === undefined ? new Map<string, string>() : commitOf(world, parent).files, files),
  );
}

function worktreeChanges(world: FakeWorld, path: AbsolutePath): WorktreeChanges | null {
  if (path === world.root) {
    const { branch } = world.checkout;
    const head = branch === null ? undefined : world.refs.get(branchRef(branch));
    return head === undefined ? null : { branch, head, paths: [], snapshot: head };
  }
  const workspace = world.workspaces.get(path);
  if (workspace === undefined || workspace.isFolderGone) return null;
  const branch = workspace.head.kind === 'branch' ? workspace.head.branch : null;
  const head =
    workspace.head.kind === 'branch'
      ? world.refs.get(branchRef(workspace.head.branch))
      : workspace.head.commit;
  if (head === undefined) return null;
  const { files } = workspace;
  const paths = changedPaths(commitOf(world, head).files, files);
  const made = { files, parents: [head], message: 'copse: uncommitted work at a look', dateMs: 0 };
  return { branch, head, paths, snapshot: paths.length === 0 ? head : addCommit(world, made).id };
}

function sighting(world: FakeWorld, path: AbsolutePath): WorktreeSighting | null {
  const seen = worktreeChanges(world, path);
  if (seen === null || seen.snapshot === null) return null;
  const { head, snapshot, paths } = seen;
  const changes = paths.length === 0 ? [] : differences(world, { from: head, to: snapshot });
  const { files } = commitOf(world, snapshot);
  return { head, changes, stamp: JSON.stringify(paths.map((one) => [one, files.get(one) ?? null])) };
}
