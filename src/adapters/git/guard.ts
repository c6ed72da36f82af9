/**
 * The guard of shared-repository workspaces: what an agent must not change is recorded before an attempt and compared
 * after it. It finds and undoes mistakes; a hostile agent is contained by `isolation: clone` in a sandbox, not by this.
 */
import { join } from 'node:path';
import type { GuardSnapshot, GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import { effect, type GitContext } from './context.ts';
import { damaged, restoreCommand } from './facts.ts';
import { GitFailure } from './failure.ts';
import { readIfThere, statIfThere, writeWhole } from './files.ts';
import { readGuardedFiles, restoreGuardedFiles, type GuardedFile } from './guard-files.ts';
import { readRefTable, verifyRefs, type RefTable } from './guard-refs.ts';
import { keepAbandoned } from './guard-reflog.ts';
import { verifyWorktree, type Provision } from './guard-worktree.ts';
import { sharedLocks, sweepAttemptLocks } from './lock-sweep.ts';
import { newNonce } from './ownership.ts';
import { gitDirOf, requireRecord } from './workspace.ts';
import { bringIntoControl, userObjects } from './transfer.ts';
import { parseCommitId } from '../../core/ids.ts';
import { writeKeptFlushed } from './kept-refs.ts';
import { ownMoves } from './own-moves.ts';
import { readHead } from './user-refs.ts';

interface StoredSnapshot {
  readonly refs: RefTable;
  readonly movesBefore: number;
  /** Text of HEAD of the user's checkout. */
  readonly userHead: string;
  readonly files: readonly GuardedFile[];
  /** Of the workspace's own git directory: `config.worktree` there can run code too. */
  readonly ownFiles: readonly GuardedFile[];
  /** Absent in snapshots that were taken before locks were noted. */
  readonly locks?: readonly string[];
}

/** Also mirrors branches that moved since the last snapshot into control, so that a destroyed repository can be restored. */
export async function takeSnapshot(context: GitContext, spec: WorkspaceSpec): Promise<GuardSnapshot> {
  const record = await requireRecord(context, spec);
  return effect(context, 'guard.snapshot', async () => {
    const movesBefore = (await ownMoves(context, 0)).length;
    const [refs, files, ownFiles, userHead, locks] = await Promise.all([
      readRefTable(context),
      readGuardedFiles(context, context.user.commonDir),
      readGuardedFiles(context, gitDirOf(context, record)),
      readIfThere(join(context.user.gitDir, 'HEAD')),
      sharedLocks(context),
    ]);
    const stored: StoredSnapshot = { refs, movesBefore, files, ownFiles, userHead: userHead ?? '', locks };
    const id = newNonce();
    await writeWhole(snapshotFile(context, id), JSON.stringify(stored));
    await mirrorMovedRefs(context, refs);
    return { id };
  });
}

async function mirrorMovedRefs(context: GitContext, refs: RefTable): Promise<void> {
  const path = join(context.places.state, 'guard', 'mirrored.json');
  const known = JSON.parse((await readIfThere(path)) ?? '{}') as Record<string, string>;
  const moved = Object.entries(refs).filter(
    ([ref, oid]) => known[ref] !== oid && (ref.startsWith('refs/heads/') || ref.startsWith('refs/tags/')),
  );
  if (moved.length === 0) return;
  for (const [ref, oid] of moved) {
    const commit = parseCommitId(oid);
    if (commit === null) continue;
    if ((await context.controlReader.info(oid)) === null) {
      // An annotated tag, or objects the checks refuse: the user's own copy has to do.
      const brought = await bringIntoControl(
        context,
        userObjects(context),
        commit,
        Object.values(known).slice(0, 50),
      );
      if (brought.kind === 'rejected') continue;
    }
    await writeKeptFlushed(context, `refs/mirror/${ref.slice('refs/'.length)}`, commit);
  }
  await writeWhole(path, JSON.stringify(refs));
}

export async function verifySnapshot(
  context: GitContext,
  spec: WorkspaceSpec,
  snapshot: GuardSnapshot,
  provisionAgain: Provision,
): Promise<readonly GuardViolation[]> {
  const damage = await damageOf(context);
  if (damage !== null) {
    return [{ kind: 'repository-damaged', detail: `${damage}; ${restoreCommand(context)}`, restored: false }];
  }
  const text = await readIfThere(snapshotFile(context, snapshot.id));
  if (text === null) throw new GitFailure('git-failed', `guard snapshot ${snapshot.id} is gone`);
  const stored = JSON.parse(text) as StoredSnapshot;
  const record = await requireRecord(context, spec);
  return effect(context, 'guard.restore', async () => {
    await sweepAttemptLocks(context, spec, stored.locks ?? []);
    // Configuration first: it decides what the user's own git does from here on.
    const files = await restoreGuardedFiles(context, context.user.commonDir, stored.files);
    const own = await restoreGuardedFiles(context, gitDirOf(context, record), stored.ownFiles);
    const head = await restoreUserHead(context, stored.userHead);
    const refs = await verifyRefs(context, spec, stored);
    const worktree = await verifyWorktree(context, spec, record, provisionAgain);
    await keepAbandoned(context, spec, record);
    return [...files, ...own, ...head, ...refs, ...worktree];
  });
}

/** What of the user's git directory is missing, in words; null when it is whole. */
async function damageOf(context: GitContext): Promise<string | null> {
  const { commonDir } = context.user;
  for (const name of ['.', 'objects', 'refs']) {
    const stat = await statIfThere(join(commonDir, name));
    if (stat?.isDirectory() !== true) return damaged(context, `${join(commonDir, name)} is gone`).message;
  }
  return null;
}

/** The user may switch branches; a HEAD that is gone or nonsense is nobody's choice. */
async function restoreUserHead(context: GitContext, before: string): Promise<readonly GuardViolation[]> {
  if ((await readHead(context.user.gitDir)).kind !== 'unreadable' || before === '') return [];
  await writeWhole(join(context.user.gitDir, 'HEAD'), before, 0o644);
  return [
    { kind: 'repository-damaged', detail: 'HEAD of the checkout was gone or unreadable', restored: true },
  ];
}

function snapshotFile(context: GitContext, id: string): string {
  if (!/^[0-9a-f]+$/.test(id))
    throw new GitFailure('git-bad-name', `${JSON.stringify(id)} is no guard snapshot`);
  return join(context.places.state, 'guard', 'snapshots', `${id}.json`);
}
