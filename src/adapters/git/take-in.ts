/** A branch's commits into control, checked, and kept alive there. */
import type { BranchName, CommitId } from '../../core/ids.ts';
import type { TakeInOutcome, WorkspaceSpec } from '../../ports/git.ts';
import { effect, type GitContext } from './context.ts';
import { writeKept } from './kept-refs.ts';
import { readCommit } from './objects.ts';
import { bringIntoControl, sharedWith, userObjects } from './transfer.ts';
import { readHead, userRef } from './user-refs.ts';
import { userDirectRef, workspaceObjects, workspaceTip } from './workspace.ts';

/** Chains longer than this are counted by git instead of commit by commit. */
const WALK_LIMIT = 200;

/** `commits` counts from the workspace's base, or for a plain branch from the user's HEAD. */
export async function takeIn(
  context: GitContext,
  source: { readonly branch: BranchName; readonly workspace: WorkspaceSpec | null },
  keepRef: string,
): Promise<TakeInOutcome> {
  const { branch, workspace } = source;
  const tip =
    workspace === null ? await userDirectRef(context, branch) : await workspaceTip(context, workspace);
  if (tip.kind === 'absent') return { kind: 'rejected', reason: `branch ${branch} does not exist` };
  if (tip.kind === 'odd') return { kind: 'rejected', reason: tip.detail };
  const head = tip.commit;
  const known = workspace === null ? await sharedWith(context, head) : [workspace.base];
  const objects = workspace === null ? userObjects(context) : workspaceObjects(context, workspace);
  const brought = await effect(context, 'take-in.transfer', () =>
    bringIntoControl(context, objects, head, known),
  );
  if (brought.kind === 'rejected') return brought;
  await effect(context, 'take-in.keepref', () => writeKept(context, keepRef, head));
  const from = workspace?.base ?? (await userHead(context));
  return { kind: 'taken', head, commits: await countCommits(context, from, head) };
}

async function userHead(context: GitContext): Promise<CommitId | null> {
  const head = await readHead(context.user.gitDir);
  if (head.kind === 'branch') return userRef(context, `refs/heads/${head.branch}`);
  return head.kind === 'detached' ? head.commit : null;
}

/** Commits of `head` that `from` does not contain. */
async function countCommits(context: GitContext, from: CommitId | null, head: CommitId): Promise<number> {
  let at: CommitId | undefined = head;
  for (let count = 0; count <= WALK_LIMIT && at !== undefined; count += 1) {
    if (at === from) return count;
    const commit: Awaited<ReturnType<typeof readCommit>> = await readCommit(context.controlReader, at);
    if (commit === null || commit.parents.length > 1) break;
    at = commit.parents[0];
  }
  const isKnown = from !== null && (await context.controlReader.info(from)) !== null;
  const { stdout } = await context.git.run({
    label: 'count the commits',
    gitDir: context.places.control,
    args: ['rev-list', '--count', head, ...(isKnown ? [`^${from}`] : [])],
  });
  return Number(stdout.toString().trim());
}
