/** Approvals: each is about one commit, and counts only while that commit is what would land. */
import { assertNever } from '../../kit/assert.ts';
import { progressed } from '../run/progressed.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { ApprovalEvent } from './events.ts';
import type { ApprovalState } from './model.ts';

type Timed<E> = E & { readonly atMs: number };

export function reduceApproval(state: RunState, event: Timed<ApprovalEvent>): RunState {
  const task = state.tasks.get(event.task);
  if (task === undefined) return state;
  switch (event.kind) {
    case 'approval.asked':
      return asked(state, task, event);
    case 'head.taken_in':
      return takenIn(state, task, event);
    case 'approval.given':
      return given(state, task, event);
    case 'approval.rejected': {
      const known = openApproval(state, event);
      if (known === null || known.head !== event.head) return state;
      const { by, message, atMs } = event;
      return put(state, { ...known, standing: { kind: 'rejected', by, message, atMs } });
    }
    case 'approval.void': {
      const known = openApproval(state, event);
      if (known === null) return state;
      return put(state, { ...known, standing: { kind: 'void', because: event.because, atMs: event.atMs } });
    }
    default:
      return assertNever(event);
  }
}

function asked(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<ApprovalEvent, { kind: 'approval.asked' }>>,
): RunState {
  const { item, wave, head, tree, required, from, atMs } = event;
  if (task.progress.kind !== 'green' || task.progress.head !== head || state.inbox.approvals.has(item))
    return state;
  const standing = { kind: 'open' } as const;
  const approval = { item, task: event.task, wave, head, tree, required, from, askedAtMs: atMs };
  const next = put(state, { ...approval, given: [], standing });
  return withProgress(next, task, { kind: 'awaiting-approval', item, head, tree }, atMs);
}

/** Only of those who may, each once, and only for the commit that was asked about. */
function given(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<ApprovalEvent, { kind: 'approval.given' }>>,
): RunState {
  const known = openApproval(state, event);
  const { by, message, atMs } = event;
  if (known === null || known.head !== event.head || known.given.some((one) => one.by === by)) return state;
  if (known.from.length > 0 && !known.from.includes(by)) return state;
  const all = [...known.given, { by, message, atMs }];
  if (all.length < known.required) return put(state, { ...known, given: all });
  const next = put(state, { ...known, given: all, standing: { kind: 'granted', atMs } });
  const { progress } = task;
  if (progress.kind !== 'awaiting-approval' || progress.item !== known.item) return next;
  return withProgress(next, task, { kind: 'green', head: known.head, tree: known.tree }, atMs);
}

function takenIn(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<ApprovalEvent, { kind: 'head.taken_in' }>>,
): RunState {
  if (task.progress.kind !== 'awaiting-approval') return state;
  const { head, tree, changedPaths, refusal, atMs } = event;
  const moved: TaskState = { ...task, head, tree, changedPaths };
  if (refusal === null) return withProgress(state, moved, { kind: 'verifying', head, tree }, atMs);
  const next = { kind: 'needs-person', cause: 'violation', detail: refusal, files: [] } as const;
  const count = state.inbox.escalations.get(event.task) ?? 0;
  const escalations = new Map(state.inbox.escalations).set(event.task, count + 1);
  return withProgress({ ...state, inbox: { ...state.inbox, escalations } }, moved, next, atMs);
}

function openApproval(
  state: RunState,
  event: { readonly item: ApprovalState['item'] },
): ApprovalState | null {
  const known = state.inbox.approvals.get(event.item);
  return known?.standing.kind === 'open' ? known : null;
}

function put(state: RunState, approval: ApprovalState): RunState {
  const approvals = new Map(state.inbox.approvals).set(approval.item, approval);
  return { ...state, inbox: { ...state.inbox, approvals } };
}

function withProgress(
  state: RunState,
  task: TaskState,
  progress: TaskState['progress'],
  atMs: number,
): RunState {
  return { ...state, tasks: new Map(state.tasks).set(task.task.id, progressed(task, progress, atMs)) };
}
