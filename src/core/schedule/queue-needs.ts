/**
 * Needs between changes: what a person declared, branches that are built on others, and tasks that need another task's
 * verified work. A branch that holds another's head would land that work with it, so it never goes first.
 */
import { assert } from '../../kit/assert.ts';
import type { ChangeId, CommitId } from '../ids.ts';
import { strandedChanges } from '../mergequeue/needs.ts';
import type { QueueSnapshot } from '../mergequeue/model.ts';
import type { ChangeState, RunState, TaskState } from '../run/state.ts';
import type { Decision } from './snapshot.ts';

export interface ChangeNeeds {
  readonly ids: readonly ChangeId[];
  /** What it needs is not in the queue at this moment, but may come. */
  readonly waitsFor: string | null;
}

/** Answers for every change of the run; the table of heads is made once. */
export function needsLookup(state: RunState): (change: ChangeState) => ChangeNeeds {
  const holders = new Map<CommitId, ChangeState[]>();
  const newest = new Map([...state.queue.changes.values()].map((change) => [change.branch, change]));
  for (const change of state.queue.changes.values()) {
    if (change.head === null || change.state.kind === 'landed') continue;
    // One that was refused and came back with more is judged by what came back.
    if (change.state.kind === 'ejected' && newest.get(change.branch) !== change) continue;
    holders.set(change.head, [...(holders.get(change.head) ?? []), change]);
  }
  return (change) => {
    const ids = new Set(change.standing.needs.filter((id) => isOpenNeed(id, state)));
    for (const commit of change.commits) {
      for (const other of holders.get(commit) ?? []) if (isBelow(other, change)) ids.add(other.id);
    }
    const ofTask = taskNeeds(change, state);
    for (const id of ofTask.ids) ids.add(id);
    const others = [...ids].map((id) => standIn(id, state)).filter((other) => other.branch !== change.branch);
    const open = others.filter((other) => other.state.kind !== 'landed').map((other) => other.id);
    return { ids: [...new Set(open)], waitsFor: ofTask.waitsFor };
  };
}

/** What stands in the queue for it: its resolution, where it met the target in the same lines. */
function standIn(id: ChangeId, state: RunState): ChangeState {
  const change = state.queue.changes.get(id);
  assert(change !== undefined, 'a need names a change of the queue');
  const by = change.state.kind === 'superseded' ? state.queue.changes.get(change.state.by) : undefined;
  return by === undefined ? change : by;
}

/** A need on a change that has landed, or that the queue never had, is no need any more. */
function isOpenNeed(id: ChangeId, state: RunState): boolean {
  const kind = state.queue.changes.get(id)?.state.kind;
  return kind !== undefined && kind !== 'landed';
}

/** Of two branches with the same head the older one goes first. */
function isBelow(other: ChangeState, change: ChangeState): boolean {
  return other.head !== change.head || other.arrival < change.arrival;
}

function taskNeeds(change: ChangeState, state: RunState): ChangeNeeds {
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  const ids: ChangeId[] = [];
  let waitsFor: string | null = null;
  for (const need of task?.task.needs ?? []) {
    const other = state.tasks.get(need.task);
    if (need.when !== 'verified' || other === undefined || other.progress.kind === 'landed') continue;
    const last = lastChangeOf(other, state);
    if (last?.state.kind === 'landed') continue;
    if (last?.state.kind === 'pending' || last?.state.kind === 'announced') ids.push(last.id);
    else waitsFor ??= other.task.id;
  }
  return { ids, waitsFor };
}

function lastChangeOf(task: TaskState, state: RunState): ChangeState | undefined {
  return [...state.queue.changes.values()].findLast((change) => change.task === task.task.id);
}

/** Changes whose need was ejected: nobody's fault, but they would bring onto the target what was refused. */
export function strandedEjections(view: QueueSnapshot, state: RunState): readonly Decision[] {
  return strandedChanges(view).map(({ id, needs }) => ({
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change: id,
      because: 'rejected',
      detail: `${isDeclared(id, needs, state) ? 'needs' : 'is built on'} ${needs}, which was ejected`,
      red: null,
      green: null,
      files: [],
    },
  }));
}

function isDeclared(id: ChangeId, need: ChangeId, state: RunState): boolean {
  return state.queue.changes.get(id)?.standing.needs.includes(need) === true;
}
