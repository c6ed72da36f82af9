/** Removes worktrees and branches that are done. Nothing goes before what is in it is kept under a ref of ours. */
import type { BranchName, CommitId, IntentId, RepoPath, TaskId } from '../../core/ids.ts';
import type { RunState, TaskState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { WorkspaceSpec } from '../../ports/git.ts';
import type { Leadership } from '../../ports/store.ts';
import { Journal } from '../journal.ts';
import type { Deps } from '../deps.ts';
import { markerOf } from '../paths.ts';
import { loadRuns } from './runs.ts';

export interface CleanupItem {
  readonly run: RunState;
  readonly task: TaskState;
  readonly spec: WorkspaceSpec;
  readonly why: string;
}

export interface CleanupResult {
  readonly task: TaskId;
  readonly worktree: string;
  readonly branch: BranchName;
  readonly outcome: 'removed' | 'absent' | 'refused';
  readonly branchOutcome: 'deleted' | 'absent' | 'moved' | 'kept';
  /** Ref of the control repository that holds what was in the worktree beyond its branch. */
  readonly salvage: string | null;
  readonly unsaved: readonly RepoPath[];
}

/** What may go: worktrees of landed tasks, and with `all` those of every task that is not at work. */
export async function findCleanable(deps: Deps, all: boolean): Promise<readonly CleanupItem[]> {
  const runs = await loadRuns(deps.store);
  const newest = runs.at(-1);
  return runs.flatMap((run) =>
    [...run.tasks.values()].flatMap((task) => {
      const why = reasonFor(task, run, all, run !== newest);
      return why === null || task.workspace === null ? [] : [{ run, task, spec: specOf(run, task), why }];
    }),
  );
}

/** One item; safe to repeat after a crash. */
export async function cleanUp(deps: Deps, leadership: Leadership, item: CleanupItem): Promise<CleanupResult> {
  const { run, task, spec } = item;
  const id = task.task.id;
  await deps.processes.sweep({ marker: markerOf(run.id, `${id}.${task.attempts.length}`), cwd: spec.path });
  const saved = await save(deps, item);
  const removed = await deps.git.removeWorkspace(spec, saved.proof);
  const isGone = removed.kind !== 'refused';
  const branch = isGone && saved.tip !== null ? await deps.git.deleteBranch(spec.branch, saved.tip) : 'kept';
  const unsaved = removed.kind === 'refused' ? removed.unsaved.slice(0, 50) : [];
  const events: Fact[] = [
    {
      kind: 'workspace.removed',
      intent: `cleanup-${id}` as IntentId,
      task: id,
      outcome: removed.kind,
      unsaved,
      branch,
    },
  ];
  if (branch === 'deleted') {
    const ref = `refs/heads/${spec.branch}`;
    const what = `cleaned up ${id}`;
    events.push({
      kind: 'operation',
      id: `cleanup-${id}`,
      what,
      refs: [{ ref, from: saved.tip, to: null }],
      undoes: null,
    });
  }
  const journal = new Journal(deps.store, leadership.epoch, await deps.store.lastSeq());
  const atMs = deps.clock.now();
  await journal.append(
    run.id,
    events.map((event) => ({ ...event, atMs })),
  );
  return {
    task: id,
    worktree: spec.path,
    branch: spec.branch,
    outcome: removed.kind,
    branchOutcome: branch,
    salvage: saved.ref,
    unsaved,
  };
}

interface Saved {
  /** Commit that holds everything of the worktree; null when there is no worktree any more. */
  readonly proof: CommitId | null;
  /** Tip of the branch, kept alive; null when there is none. */
  readonly tip: CommitId | null;
  readonly ref: string | null;
}

async function save(deps: Deps, { run, task, spec }: CleanupItem): Promise<Saved> {
  const name = `${run.id}/${task.task.id}`;
  const sighting = await deps.git.sight(spec);
  const tip = sighting.branchTip ?? (await deps.git.branchTip(spec.branch));
  if (tip !== null) {
    // The branch is about to go; what it held stays reachable.
    const taken = await deps.git.takeIn(
      { branch: spec.branch, workspace: sighting.exists ? spec : null },
      `refs/copse/heads/${name}/cleanup`,
    );
    if (taken.kind === 'rejected') return { proof: null, tip: null, ref: null };
  }
  if (!sighting.exists) return { proof: null, tip, ref: null };
  const ref = `refs/copse/salvage/${name}/cleanup`;
  const capture = await deps.git.capture(
    spec,
    ref,
    `Work of ${task.task.id} before its worktree was removed\n`,
  );
  return { proof: capture.commit, tip, ref: capture.isDirty ? ref : null };
}

function reasonFor(task: TaskState, run: RunState, all: boolean, isOld: boolean): string | null {
  const { kind } = task.progress;
  if (task.workspace === null) return null;
  if (kind === 'landed') return 'landed';
  if (!all) return null;
  const isOver = isOld || run.life.kind === 'finished';
  const isResting = kind === 'failed' || kind === 'stopped' || kind === 'skipped' || kind === 'verified';
  return isResting || isOver ? kind : null;
}

function specOf(run: RunState, task: TaskState): WorkspaceSpec {
  const { workspace } = task;
  if (workspace === null) throw new Error(`task ${task.task.id} has no worktree`);
  const { branch, path, base, isolation } = workspace;
  return { task: `${run.id}/${task.task.id}`, branch, path, base, isolation };
}
