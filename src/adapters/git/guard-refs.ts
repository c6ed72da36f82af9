/**
 * Which refs moved, and who may have moved them. The task's own branch may go anywhere. Branches of other tasks may move
 * forward, or as their own worktree's reflog says. Of the user's refs, moves forward and moves his own checkout logged are
 * his (reported, not undone); rewinds, deletions and moved tags are undone after the new value was saved in control.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import { mergeBase } from './ancestry.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { writeKept } from './kept-refs.ts';
import { branchRef } from './names.ts';
import { wasMadeInWorkspace } from './made-in-workspace.ts';
import { allBranchRecords, allWorkspaceRecords } from './ownership.ts';
import { noteMove, ownMoves } from './own-moves.ts';
import { settledBranch, type BranchLook } from './settled-branch.ts';
import { gitDirOf } from './workspace.ts';
import { bringIntoControl, bringToUser, userObjects } from './transfer.ts';
import { checkouts, rawUserRef, readHead, updateUserRefs } from './user-refs.ts';

/** Ref name to object id, or `ref:<target>` for a symbolic one. */
export type RefTable = Readonly<Record<string, string>>;

export async function readRefTable(context: GitContext): Promise<RefTable> {
  const { stdout } = await context.git.run({
    label: 'list the refs',
    gitDir: context.places.view,
    args: ['for-each-ref', '--format=%(refname) %(objectname) %(symref)'],
  });
  const table: Record<string, string> = {};
  for (const line of stdout.toString().split('\n')) {
    const [ref, oid, target] = line.split(' ');
    if (ref === undefined || ref === '' || oid === undefined) continue;
    table[ref] = target === undefined || target === '' ? oid : `ref:${target}`;
  }
  return table;
}

interface Move {
  readonly ref: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** `movesBefore`: lines of our own moves when the snapshot was taken. */
export async function verifyRefs(
  context: GitContext,
  spec: WorkspaceSpec,
  before: { readonly refs: RefTable; readonly movesBefore: number },
): Promise<readonly GuardViolation[]> {
  if ((await foreignMoves(context, before)).length === 0) return [];
  // One guard at a time, and from a fresh look: what another one has just put back is not touched again.
  return context.mutexes.run('guard:refs', async () => {
    const moves = await foreignMoves(context, before);
    // Read after the refs: a branch of ours is written down before it is made.
    const owned = new Set((await allBranchRecords(context)).map((record) => `refs/heads/${record.branch}`));
    const violations: GuardViolation[] = [];
    for (const move of moves) {
      const violation = await judge(context, spec, { move, isOwned: owned.has(move.ref) });
      if (violation !== null) violations.push(violation);
    }
    return violations;
  });
}

/** Refs that are not where the snapshot and our own moves since say. */
async function foreignMoves(
  context: GitContext,
  before: { readonly refs: RefTable; readonly movesBefore: number },
): Promise<readonly Move[]> {
  const early = await ownMoves(context, before.movesBefore);
  const now = await readRefTable(context);
  const ours = await ownMoves(context, before.movesBefore);
  // Refs of ours that move at this very moment are left for the next look.
  const later = await ownMoves(context, early.length);
  const expected = new Map<string, string | null>([...Object.entries(before.refs), ...early.done]);
  return [...new Set([...expected.keys(), ...Object.keys(now)])]
    .toSorted()
    .map((ref) => ({ ref, from: expected.get(ref) ?? null, to: now[ref] ?? null }))
    .filter(({ ref, from, to }) => from !== to && !later.intended.has(ref) && !later.done.has(ref))
    .filter(({ ref, to }) => ours.intended.get(ref) !== to || !ours.intended.has(ref));
}

async function judge(
  context: GitContext,
  spec: WorkspaceSpec,
  seen: { readonly move: Move; readonly isOwned: boolean },
): Promise<GuardViolation | null> {
  const isOwnBranch = seen.move.ref === branchRef(spec.branch) && spec.isolation === 'worktree';
  const isOthers = seen.isOwned && !isOwnBranch;
  if (isOwnBranch && isPlain(seen.move.to)) {
    // Amended or rewound: what was recorded before stays reachable.
    if (isPlain(seen.move.from)) await save(context, spec, seen.move.from);
    return null;
  }
  const { move, verdict } = isOthers
    ? await judgeOthers(context, seen.move)
    : {
        move: seen.move,
        verdict: isOwnBranch ? ('undo' as const) : await verdictOf(context, seen.move),
      };
  if (verdict === 'allowed') return null;
  // A dropped stash entry is still the user's.
  if (move.ref === 'refs/stash' && isPlain(move.from)) await save(context, spec, move.from);
  const restored = verdict === 'undo' && (await undo(context, spec, move));
  return {
    ...move,
    kind: move.from === null ? 'ref-created' : move.to === null ? 'ref-deleted' : 'ref-moved',
    restored,
    // Another task's branch that went on meanwhile is settled by the guard of that task.
    tolerated: verdict === 'report' || (!restored && isOthers),
  };
}

/** A branch of another task belongs where HEAD of that task's workspace last was, which may be newer than the snapshot. */
async function judgeOthers(
  context: GitContext,
  move: Move,
): Promise<{ readonly move: Move; readonly verdict: Verdict }> {
  const { value, logged, isOnBranch } = await lookOfItsTask(context, move);
  const newest = isOnBranch ? logged.at(-1) : undefined;
  const from = newest ?? move.from;
  const expected = { ...move, from, to: value };
  // With HEAD on the branch only its newest value is right.
  const isRight = newest === undefined ? value !== null && logged.includes(value) : value === newest;
  if (from === null || isRight) return { move: expected, verdict: 'allowed' };
  if (!isPlain(from) || !isPlain(value)) return { move: expected, verdict: 'undo' };
  const isTasksOwn = (await isForward(context, from, value)) && !(await wasMadeInWorkspace(context, value));
  return { move: expected, verdict: isTasksOwn ? 'allowed' : 'undo' };
}

type Verdict = 'allowed' | 'report' | 'undo';

async function verdictOf(context: GitContext, move: Move): Promise<Verdict> {
  const { ref, from, to } = move;
  // Replacements and grafts in ref form change what every command of the user's shows.
  if (from === null) return ref.startsWith('refs/replace/') || !isPlain(to) ? 'undo' : 'report';
  // A fetch of the user's does all of this to remote-tracking refs.
  if (ref.startsWith('refs/remotes/') || ref.startsWith('refs/prefetch/') || ref === 'refs/stash') {
    return ref === 'refs/stash' && to === null ? 'undo' : 'report';
  }
  if (!isPlain(from) || !isPlain(to) || !ref.startsWith('refs/heads/')) return 'undo';
  if (await isLoggedByItsCheckout(context, ref)) return 'report';
  // Forward to what a task made somewhere else: no person's doing.
  return (await isForward(context, from, to)) && !(await wasMadeInWorkspace(context, to)) ? 'report' : 'undo';
}

function isPlain(value: string | null): value is string {
  return value !== null && !value.startsWith('ref:');
}

async function isForward(context: GitContext, from: string, to: string): Promise<boolean> {
  const [old, next] = [parseCommitId(from), parseCommitId(to)];
  if (old === null || next === null) return false;
  try {
    return (await mergeBase(context, old, next)) === old;
  } catch (error) {
    if (error instanceof GitFailure) return false;
    throw error;
  }
}

/** The checkout that has the branch wrote its value as the newest line of its own HEAD log: the move was made there. */
async function isLoggedByItsCheckout(context: GitContext, ref: string): Promise<boolean> {
  for (const { gitDir } of await checkouts(context)) {
    const head = await readHead(gitDir);
    if (head.kind !== 'branch' || `refs/heads/${head.branch}` !== ref) continue;
    const look = await settledBranch(context, ref, gitDir);
    if (look.isOnBranch && look.value !== null && look.logged.at(-1) === look.value) return true;
  }
  return false;
}

/** Its agent may have gone on since the refs were read, or be on another branch or in the middle of a rebase by now. */
async function lookOfItsTask(context: GitContext, move: Move): Promise<BranchLook> {
  const record = (await allWorkspaceRecords(context)).find(
    ({ branch }) => `refs/heads/${branch}` === move.ref,
  );
  if (record === undefined) return { value: move.to, logged: [], isOnBranch: false, isMoving: false };
  const look = await settledBranch(context, move.ref, gitDirOf(context, record));
  // No task makes its branch symbolic, wherever that leads.
  return move.to === null || isPlain(move.to) ? look : { ...look, value: move.to };
}

async function undo(context: GitContext, spec: WorkspaceSpec, move: Move): Promise<boolean> {
  const { ref, from, to } = move;
  if (isPlain(to)) await save(context, spec, to);
  if (from !== null && !isPlain(from)) return false;
  // A symbolic ref is first made to vanish as a file, so that the update cannot go through it to another branch.
  if (to !== null && !isPlain(to)) await rm(join(context.user.commonDir, ref), { force: true });
  const expected = isPlain(to) ? to : null;
  if (from === null && expected === null) return true;
  try {
    const commit = from === null ? null : parseCommitId(from);
    if (commit !== null && (await context.controlReader.info(commit))?.type === 'commit')
      await bringToUser(context, commit, [spec.base]);
    // The guards of attempts that began while the ref was astray take this for ours, and do not undo it.
    await noteMove(context, 'intended', ref, from);
    const isMoved = await updateUserRefs(context, [{ ref, from: expected, to: from }], 'copse: restored');
    // Another guard may have been faster.
    if (!isMoved && (await rawUserRef(context, ref)) !== from) return false;
    await noteMove(context, 'done', ref, from);
    return true;
  } catch (error) {
    // The old object may be gone from the user's repository; control still has it and the report says so.
    if (error instanceof GitFailure) return false;
    throw error;
  }
}

/** Best effort for hostile objects: a value that does not pass the checks stays only where it was. */
async function save(context: GitContext, spec: WorkspaceSpec, value: string): Promise<void> {
  const commit = parseCommitId(value);
  if (commit === null || (await context.userReader.info(value))?.type !== 'commit') return;
  const brought = await bringIntoControl(context, userObjects(context), commit, [spec.base]);
  if (brought.kind === 'there') await keepSalvage(context, spec, commit);
}

export async function keepSalvage(context: GitContext, spec: WorkspaceSpec, commit: CommitId): Promise<void> {
  await writeKept(context, `refs/copse/salvage/${spec.task}/guard/${commit}`, commit);
}
