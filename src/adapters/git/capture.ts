/** Uncommitted work, saved as a commit in control before anything could remove it; and made the branch's tip on request. */
import { join } from 'node:path';
import type { CommitId, RepoPath } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { Capture, WorkspaceSpec } from '../../ports/git.ts';
import { isAsCommitted } from './committed-files.ts';
import { effect, type GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { readIfThere, removeTree, writeWhole } from './files.ts';
import { installIndex } from './install-index.ts';
import { readKept, writeKept, writeKeptFlushed } from './kept-refs.ts';
import { branchRef, pathText } from './names.ts';
import { readCommit, requireCommit, writeCommit } from './objects.ts';
import { keptIndex } from './ownership.ts';
import { bringIntoControl, bringToUser } from './transfer.ts';
import { logHead, readHead, updateUserRefs } from './user-refs.ts';
import { gitDirOf, requireRecord, workspaceObjects, workspaceTip } from './workspace.ts';
import { changedPaths, indexAt, isFolder, stageTree } from './worktree-changes.ts';

/**
 * Tree of all tracked and untracked, not ignored, files. A clean workspace gives its head itself as `commit`. Fails with
 * `git-workspace-missing` when the folder is gone.
 */
export async function capture(
  context: GitContext,
  spec: WorkspaceSpec,
  ref: string,
  message: string,
): Promise<Capture> {
  if (!(await isFolder(spec.path))) {
    throw new GitFailure('git-workspace-missing', `${spec.path} is gone`);
  }
  return context.mutexes.run(`workspace:${spec.path}`, async () => {
    const early = lookEarly(context, spec);
    const parent = await captureParent(context, spec);
    const head = await requireCommit(context, parent);
    if (await isCleanAt(context, spec, parent, await early)) {
      await effect(context, 'salvage.ref', () => writeKept(context, ref, parent));
      return { commit: parent, tree: head.tree, isDirty: false, dirtyPaths: [] };
    }
    const at = await indexAt(context, spec, parent);
    const changed = await changedPaths(context, at);
    const tree =
      changed.length === 0
        ? head.tree
        : await effect(context, 'salvage.tree', async () => {
            // The index is about to stand for the captured tree, not for a commit.
            await removeTree(`${keptIndex(context, spec)}.head`);
            return stageTree(context, at, changed);
          });
    const isDirty = tree !== head.tree;
    const commit = isDirty ? await captureCommit(context, { ref, tree, parent, message }) : parent;
    await effect(context, 'salvage.ref', () =>
      isDirty ? writeKeptFlushed(context, ref, commit) : writeKept(context, ref, commit),
    );
    const dirtyPaths = isDirty ? changed.map((path) => pathText(path).text as RepoPath) : [];
    return { commit, tree, isDirty, dirtyPaths };
  });
}

interface EarlyLook {
  readonly from: CommitId;
  readonly changed: readonly Buffer[];
}

/** What differs from the commit the kept index stands for: asked while the new commits are still under way. */
async function lookEarly(context: GitContext, spec: WorkspaceSpec): Promise<EarlyLook | null> {
  const index = keptIndex(context, spec);
  const from = parseCommitId((await readIfThere(`${index}.head`)) ?? '');
  if (from === null) return null;
  try {
    return { from, changed: await changedPaths(context, { folder: spec.path, index }) };
  } catch (error) {
    // The index is damaged: it is made anew below.
    if (error instanceof GitFailure) return null;
    throw error;
  }
}

async function isCleanAt(
  context: GitContext,
  spec: WorkspaceSpec,
  head: CommitId,
  early: EarlyLook | null,
): Promise<boolean> {
  if (early === null) return false;
  return isAsCommitted(context, spec.path, { from: early.from, to: head }, early.changed);
}

/** The branch's head, or the base when the agent's own commits do not pass the checks: its files are saved all the same. */
async function captureParent(context: GitContext, spec: WorkspaceSpec): Promise<CommitId> {
  const tip = await workspaceTip(context, spec);
  if (tip.kind !== 'commit') return spec.base;
  const outcome = await bringIntoControl(context, workspaceObjects(context, spec), tip.commit, [spec.base]);
  return outcome.kind === 'there' ? tip.commit : spec.base;
}

/** The same content captured twice is one commit. */
async function captureCommit(
  context: GitContext,
  wanted: {
    readonly ref: string;
    readonly tree: string;
    readonly parent: CommitId;
    readonly message: string;
  },
): Promise<CommitId> {
  const existing = await readKept(context, wanted.ref);
  const known = existing === null ? null : await readCommit(context.controlReader, existing);
  if (existing !== null && known?.tree === wanted.tree && known.parents[0] === wanted.parent) return existing;
  const { tree, parent, message } = wanted;
  return writeCommit(context, { tree, parents: [parent], message, dateMs: Date.now(), isFlushed: true });
}

/** Fails with `git-stale-capture` when the branch has moved since the capture. */
export async function commitOnBehalf(
  context: GitContext,
  spec: WorkspaceSpec,
  captured: Capture,
): Promise<CommitId> {
  if (!captured.isDirty) return captured.commit;
  return context.mutexes.run(`workspace:${spec.path}`, () =>
    effect(context, 'commit-on-behalf', async () => {
      const { parents } = await requireCommit(context, captured.commit);
      const parent = parents[0] ?? spec.base;
      await moveWorkspaceBranch(context, spec, {
        from: parent,
        to: captured.commit,
        reason: 'copse: commit on behalf',
      });
      await setWorkspaceIndex(context, spec, captured.commit);
      return captured.commit;
    }),
  );
}

/** Compare-and-set of the task's branch wherever it lives; repeating a finished move does nothing. */
export async function moveWorkspaceBranch(
  context: GitContext,
  spec: WorkspaceSpec,
  move: { readonly from: CommitId; readonly to: CommitId; readonly reason: string },
): Promise<void> {
  const tip = await workspaceTip(context, spec);
  const now = tip.kind === 'commit' ? tip.commit : null;
  if (now === move.to) return;
  const stale = () =>
    new GitFailure(
      'git-stale-capture',
      `branch ${spec.branch} is at ${now ?? 'nothing'}, not at ${move.from}`,
    );
  if (now !== move.from) throw stale();
  if (spec.isolation === 'clone') {
    await writeWhole(join(spec.path, '.git', branchRef(spec.branch)), `${move.to}\n`, 0o644);
    return;
  }
  await bringToUser(context, move.to, [move.from, spec.base]);
  const update = { ref: branchRef(spec.branch), from: move.from, to: move.to };
  if (!(await updateUserRefs(context, [update], move.reason))) throw stale();
  const gitDir = gitDirOf(context, await requireRecord(context, spec));
  const head = await readHead(gitDir);
  if (head.kind === 'branch' && head.branch === spec.branch) {
    await logHead(context, { path: spec.path, gitDir }, { ...move, dateMs: Date.now() });
  }
}

/** The workspace's index becomes ours, which stands for `commit`: flags an agent set on entries are gone with the old one. */
async function setWorkspaceIndex(context: GitContext, spec: WorkspaceSpec, commit: CommitId): Promise<void> {
  const at = await indexAt(context, spec, commit);
  const target = join(gitDirOf(context, await requireRecord(context, spec)), 'index');
  await installIndex(at.index, target);
}
