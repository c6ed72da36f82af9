/** Three-way merge by whole files: a file that both sides changed differently is a conflict. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import type { MergeOutcome, MergeRequest } from '../../ports/git.ts';
import { commitsBetween, isAncestor, mergeBase } from './history.ts';
import { addCommit, commitOf, type FakeWorld, type Files } from './world.ts';

export function merge(world: FakeWorld, request: MergeRequest): MergeOutcome {
  const { onto, head, strategy, message, dateMs } = request;
  if (isAncestor(world, head, onto)) return { kind: 'contained' };
  const base = mergeBase(world, onto, head);
  if (base === null)
    throw new Failure('git-unrelated-histories', `${head} and ${onto} have no common history`);
  if (strategy === 'rebase') return replay(world, request);
  const result = mergeFiles(filesOf(world, base), filesOf(world, onto), filesOf(world, head));
  if (result.conflicts.length > 0) return { kind: 'conflicted', files: result.conflicts };
  const parents = strategy === 'squash' ? [onto] : [onto, head];
  const commit = addCommit(world, { files: result.files, parents, message, dateMs });
  return { kind: 'merged', commit: commit.id, tree: commit.tree };
}

function replay(world: FakeWorld, request: MergeRequest): MergeOutcome {
  let at = commitOf(world, request.onto);
  for (const id of commitsBetween(world, request.onto, request.head)) {
    const { parents, files, message } = commitOf(world, id);
    const [parent] = parents;
    if (parent === undefined || parents.length > 1) continue;
    const result = mergeFiles(filesOf(world, parent), at.files, files);
    if (result.conflicts.length > 0) return { kind: 'conflicted', files: result.conflicts };
    const next = addCommit(world, { files: result.files, parents: [at.id], message, dateMs: request.dateMs });
    if (next.tree !== at.tree) at = next;
  }
  return at.id === request.onto ? { kind: 'contained' } : { kind: 'merged', commit: at.id, tree: at.tree };
}

function filesOf(world: FakeWorld, id: CommitId): Files {
  return commitOf(world, id).files;
}

export function mergeFiles(
  base: Files,
  ours: Files,
  theirs: Files,
): { readonly files: Files; readonly conflicts: readonly RepoPath[] } {
  const files = new Map(ours);
  const conflicts: RepoPath[] = [];
  for (const path of new Set([...base.keys(), ...theirs.keys()])) {
    const [was, mine, other] = [base.get(path), ours.get(path), theirs.get(path)];
    if (other === was || other === mine) continue;
    if (mine !== was) conflicts.push(path as RepoPath);
    else if (other === undefined) files.delete(path);
    else files.set(path, other);
  }
  return { files, conflicts: conflicts.toSorted() };
}
