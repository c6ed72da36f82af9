/** What the conflict matrix compares: tasks of a plan or a run, and plain branches. */
import type { AbsolutePath, BranchName, CommitId, TaskId } from '../../core/ids.ts';
import type { Scope, Task } from '../../core/plan/model.ts';
import type { RunState, TaskState } from '../../core/run/state.ts';
import { Failure } from '../../kit/failure.ts';
import type { Deps } from '../deps.ts';

export interface ConflictSubject {
  readonly id: string;
  readonly kind: 'task' | 'branch';
  /** null: nothing is there yet. */
  readonly tip: CommitId | null;
  /** A checkout of that branch: what is uncommitted in it counts. */
  readonly worktree: AbsolutePath | null;
  readonly scope: Scope | null;
  /** Words that may name paths. */
  readonly text: string;
  readonly needs: readonly TaskId[];
  /** More work is to come. */
  readonly isGoingOn: boolean;
}

type Git = Pick<Deps, 'git'>;

/** Tasks whose work is neither landed nor left out, or those of `ids`. Failure `task-unknown`. */
export async function subjectsOfRun(
  deps: Git,
  state: RunState,
  ids: readonly string[] | null,
): Promise<readonly ConflictSubject[]> {
  const wanted = ids ?? [...state.tasks.values()].filter(isOpen).map(({ task }) => task.id);
  return Promise.all(
    wanted.map(async (id) => {
      const task = state.tasks.get(id as TaskId);
      if (task === undefined)
        throw new Failure('task-unknown', `the run has no task ${id}`, { hint: 'copse status' });
      const { workspace } = task;
      const tip = workspace === null ? null : await deps.git.branchTip(workspace.branch);
      return {
        ...subjectOfTask(task.task),
        tip: tip ?? task.head,
        worktree: workspace?.path ?? null,
        isGoingOn: goesOn(task),
      };
    }),
  );
}

/** A task nobody has begun. */
export function subjectOfTask(task: Task): ConflictSubject {
  const prompts = task.waves.map(({ title, prompt }) => `${title}\n${prompt}`);
  return {
    id: task.id,
    kind: 'task',
    tip: null,
    worktree: null,
    scope: task.scope,
    text: [task.title, task.prompt, ...prompts].join('\n'),
    needs: task.needs.map((need) => need.task),
    isGoingOn: true,
  };
}

/** Branches, or any names of commits. Failure `usage-branch` for one that names none. */
export async function subjectsOfBranches(
  deps: Git,
  names: readonly string[],
): Promise<readonly ConflictSubject[]> {
  const checkouts = await deps.git.listCheckouts();
  const subjects: ConflictSubject[] = [];
  for (const name of names) {
    const branch = name.replace(/^refs\/heads\//, '') as BranchName;
    // Any text may be asked for; only `resolve` answers with null to a name git would refuse.
    const own = await deps.git.resolve(`refs/heads/${branch}`);
    const tip = own ?? (await deps.git.resolve(name));
    if (tip === null)
      throw new Failure('usage-branch', `there is no branch or task ${name}`, { hint: 'git branch --list' });
    const worktree = own === null ? null : (checkouts.find((one) => one.branch === branch)?.path ?? null);
    subjects.push({
      id: own === null ? name : branch,
      kind: 'branch',
      tip,
      worktree,
      scope: null,
      text: '',
      needs: [],
      isGoingOn: false,
    });
  }
  return subjects;
}

/** True while some task of a plan's run is neither landed nor left out. */
export function hasOpenTasks(state: RunState): boolean {
  return state.mode === 'plan' && [...state.tasks.values()].some(isOpen);
}

function isOpen({ progress }: TaskState): boolean {
  return !['landed', 'skipped', 'failed', 'stopped'].includes(progress.kind);
}

function goesOn({ progress }: TaskState): boolean {
  return !['landed', 'skipped', 'failed', 'stopped', 'verified', 'queued', 'ejected'].includes(progress.kind);
}
