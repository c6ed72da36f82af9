/** Taking a landed change back: what it is that is taken back, and what has been built on it since. */
import type { BranchName, ChangeId, CommitId, RepoPath, TaskId } from '../ids.ts';
import type { Fact } from '../schedule/snapshot.ts';
import type { ChangeState, RunState } from './state.ts';

/** A landed change and the difference it made on the target. */
export interface LandedChange {
  readonly change: ChangeState;
  readonly commit: CommitId;
  /** Where the target was before it, within its own landing. */
  readonly parent: CommitId;
}

/** The newest landing of a task, branch or change of this run, or of exactly that commit; null when there is none. */
export function landedChange(state: RunState, name: string): LandedChange | null {
  for (const landing of state.queue.landings.toReversed()) {
    let parent = landing.from;
    const found: LandedChange[] = [];
    for (const id of landing.changes) {
      const change = state.queue.changes.get(id);
      const commit = change?.state.kind === 'landed' ? change.state.commit : null;
      if (change === undefined || commit === null) continue;
      const isAsked = id === name || change.task === name || change.branch === name || commit === name;
      if (isAsked) found.push({ change, commit, parent });
      parent = commit;
    }
    const last = found.at(-1);
    if (last !== undefined) return last;
  }
  return null;
}

/** The rollback of a commit that is on the target, or on its way there; null when it stands. */
export function rollbackOf(state: RunState, commit: CommitId): ChangeState | null {
  const all = [...state.queue.changes.values()].filter(
    (change) => change.origin?.kind === 'revert' && change.origin.commit === commit,
  );
  const live = all.findLast((change) => change.state.kind === 'pending' || change.state.kind === 'landed');
  if (live === undefined) return null;
  // A rollback that was itself taken back leaves the commit standing.
  const isUndone = live.state.kind === 'landed' && live.state.commit !== null;
  if (isUndone && live.state.kind === 'landed' && live.state.commit !== null) {
    const undoing = rollbackOf(state, live.state.commit);
    if (undoing !== null) return null;
  }
  return live;
}

export interface Dependent {
  readonly change: ChangeId;
  /** The name people know it by. */
  readonly name: string;
  readonly because: string;
}

/** What landed after `commit` and builds on it: by a declared need, or by touching the same files. */
export function dependentsOf(
  state: RunState,
  of: { readonly commit: CommitId; readonly task: TaskId | null; readonly paths: readonly RepoPath[] },
): readonly Dependent[] {
  const order = state.queue.landed.flatMap((id) => state.queue.changes.get(id) ?? []);
  const at = order.findIndex((one) => one.state.kind === 'landed' && one.state.commit === of.commit);
  const paths = new Set<string>(of.paths);
  const needing = of.task === null ? new Set<TaskId>() : tasksNeeding(state, of.task);
  return order.slice(at + 1).flatMap((one): Dependent[] => {
    if (one.state.kind !== 'landed' || one.state.commit === null || one.origin?.kind === 'revert') return [];
    if (rollbackOf(state, one.state.commit) !== null) return [];
    const name = one.task ?? one.branch;
    if (one.task !== null && needing.has(one.task))
      return [{ change: one.id, name, because: `needs ${of.task ?? ''}` }];
    const shared = one.paths.find((path) => paths.has(path));
    return shared === undefined ? [] : [{ change: one.id, name, because: `changed ${shared} too` }];
  });
}

/** Directly or through others. */
function tasksNeeding(state: RunState, task: TaskId): ReadonlySet<TaskId> {
  const found = new Set<TaskId>();
  const open = [task];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const other of state.tasks.values()) {
      if (found.has(other.task.id) || !other.task.needs.some((need) => need.task === at)) continue;
      found.add(other.task.id);
      open.push(other.task.id);
    }
  }
  return found;
}

/** What the person or the rule asks for, as the entry of a change into the queue. */
export function rollbackEntry(
  state: RunState,
  what: {
    readonly commit: CommitId;
    readonly parent: CommitId;
    readonly of: ChangeState | null;
    readonly title: string;
    readonly paths: readonly RepoPath[];
    readonly by: string;
    readonly because: string;
  },
): Extract<Fact, { kind: 'queue.entered' }> {
  const { commit, parent, of, title, paths, by, because } = what;
  const name = `rollback/${of === null ? commit.slice(0, 12) : (of.task ?? of.branch)}`;
  let id = name;
  for (let number = 2; state.queue.changes.has(id as ChangeId); number += 1) id = `${name}#${number}`;
  return {
    kind: 'queue.entered',
    change: id as ChangeId,
    task: null,
    wave: null,
    branch: id as BranchName,
    head: commit,
    title,
    paths,
    origin: { kind: 'revert', of: of?.id ?? null, commit, parent, by, because },
  };
}
