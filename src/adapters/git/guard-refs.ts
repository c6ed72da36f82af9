/**
 * Which refs moved, and who may have moved them. The task's own branch may go anywhere. Branches of other tasks may move
 * forward, or as their own worktree's reflog says. Of the user's refs, moves forward and moves his own checkout logged are
 * his (reported, not undone); rewinds, deletions and moved tags are undone after the new value was saved in control.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import { mergeBase } from './ancestry.ts';
import type { GitContext } from './context.ts';
import { GitFailure, isErrno } from './failure.ts';
import { rm } from 'node:fs/promises';
import { writeKept } from './kept-refs.ts';
import { branchRef } from './names.ts';
import { allBranchRecords } from './ownership.ts';
import { ownMoves } from './own-moves.ts';
import { bringIntoControl, userObjects } from './transfer.ts';
import { checkouts, updateUserRefs } from './user-refs.ts';

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
  const early = await ownMoves(context, before.movesBefore);
  const now = await readRefTable(context);
  const ours = await ownMoves(context, before.movesBefore);
  // Refs of ours that move at this very moment are left for the next look.
  const later = await ownMoves(context, early.length);
  const expected = new Map<string, string | null>([...Object.entries(before.refs), ...early.done]);
  const moves: Move[] = [...new Set([...expected.keys(), ...Object.keys(now)])]
    .toSorted()
    .map((ref) => ({ ref, from: expected.get(ref) ?? null, to: now[ref] ?? null }))
    .filter(({ ref, from, to }) => from !== to && !later.intended.has(ref) && !later.done.has(ref))
    .filter(({ ref, to }) => ours.intended.get(ref) !== to || !ours.intended.has(ref));
  if (moves.length === 0) return [];
  const owned = new Set((await allBranchRecords(context)).map((record) => `refs/heads/${record.branch}`));
  const violations: GuardViolation[] = [];
  for (const move of moves) {
    const violation = await judge(context, spec, { move, isOwned: owned.has(move.ref) });
    if (violation !== null) violations.push(violation);
  }
  return violations;
}

async function judge(
  context: GitContext,
  spec: WorkspaceSpec,
  seen: { readonly move: Move; readonly isOwned: boolean },
): Promise<GuardViolation | null> {
  const { move, isOwned } = seen;
  const isOwnBranch = move.ref === branchRef(spec.branch) && spec.isolation === 'worktree';
  if (isOwnBranch && isPlain(move.to)) {
    // Amended or rewound: what was recorded before stays reachable.
    if (isPlain(move.from)) await save(context, spec, move.from);
    return null;
  }
  const verdict = isOwnBranch ? 'undo' : await verdictOf(context, move, isOwned);
  if (verdict === 'allowed') return null;
  const restored = verdict === 'undo' && (await undo(context, spec, move));
  return {
    ...move,
    kind: move.from === null ? 'ref-created' : move.to === null ? 'ref-deleted' : 'ref-moved',
    restored,
  };
}

type Verdict = 'allowed' | 'report' | 'undo';

async function verdictOf(context: GitContext, move: Move, isOwned: boolean): Promise<Verdict> {
  const { ref, from, to } = move;
  // Replacements and grafts in ref form change what every command of the user's shows.
  if (from === null)
    return isOwned ? 'allowed' : ref.startsWith('refs/replace/') || !isPlain(to) ? 'undo' : 'report';
  // A fetch of the user's does all of this to remote-tracking refs.
  if (ref.startsWith('refs/remotes/') || ref.startsWith('refs/prefetch/') || ref === 'refs/stash') {
    return ref === 'refs/stash' && to === null ? 'undo' : 'report';
  }
  if (!isPlain(from) || !isPlain(to)) return 'undo';
  const isBranch = ref.startsWith('refs/heads/');
  if (isBranch && (await isForward(context, from, to))) return isOwned ? 'allowed' : 'report';
  if (isBranch && (await isLoggedByItsCheckout(context, ref, to))) return isOwned ? 'allowed' : 'report';
  return 'undo';
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

/** The checkout that has the branch wrote this value as the newest line of its own HEAD log: the move was made there. */
async function isLoggedByItsCheckout(context: GitContext, ref: string, value: string): Promise<boolean> {
  for (const { gitDir } of await checkouts(context)) {
    try {
      const head = (await readFile(join(gitDir, 'HEAD'), 'utf8')).trim();
      if (head !== `ref: ${ref}`) continue;
      const log = await readFile(join(gitDir, 'logs', 'HEAD'), 'utf8');
      const last = log.trimEnd().split('\n').at(-1) ?? '';
      if (last.split(' ')[1] === value) return true;
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw error;
    }
  }
  return false;
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
    return await updateUserRefs(context, [{ ref, from: expected, to: from }], 'copse: restored');
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
