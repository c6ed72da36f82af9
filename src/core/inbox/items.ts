/** Everything that waits for a person, as one list: computed from the state, so that nothing can be in it and not be so. */
import type { ChangeId, TaskId } from '../ids.ts';
import type { PersonCause } from '../run/events.ts';
import { RUN_BUDGET } from '../run/reduce-limit.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { ItemId } from './events.ts';
import type { ApprovalState, QuestionState } from './model.ts';

export type InboxItem = { readonly id: ItemId; readonly sinceMs: number } & (
  | { readonly kind: 'permission'; readonly task: TaskId; readonly question: QuestionState }
  | { readonly kind: 'approval'; readonly task: TaskId; readonly approval: ApprovalState }
  /** Its agent ended its turn with it. */
  | { readonly kind: 'question'; readonly task: TaskId; readonly asked: string }
  | {
      readonly kind: 'escalation';
      /** null: the run itself, or a branch that no task made. */
      readonly task: TaskId | null;
      readonly change: ChangeId | null;
      readonly cause: PersonCause | 'held';
      readonly detail: string;
    }
);

/** Oldest first. */
export function inboxItems(state: RunState): readonly InboxItem[] {
  const items: InboxItem[] = [];
  for (const question of state.inbox.questions.values()) {
    if (question.standing.kind !== 'open' || state.attempts.get(question.attempt)?.exit !== null) continue;
    const { item: id, task, askedAtMs: sinceMs } = question;
    items.push({ kind: 'permission', id, task, sinceMs, question });
  }
  for (const task of state.tasks.values()) items.push(...ofTask(task, state));
  for (const change of state.queue.changes.values()) {
    if (change.task !== null || change.origin !== null || change.state.kind !== 'ejected') continue;
    const { because, detail } = change.state;
    if (because !== 'conflict' || isAgain(change.branch, change.arrival, state)) continue;
    const id = `${change.id}.e1` as ItemId;
    const sinceMs = change.conflict?.openedAtMs ?? change.enteredAtMs;
    items.push({ kind: 'escalation', id, task: null, change: change.id, cause: 'conflict', detail, sinceMs });
  }
  items.push(...ofRun(state));
  return items.toSorted((a, b) => a.sinceMs - b.sinceMs);
}

/** The branch entered the queue once more. */
function isAgain(branch: string, arrival: number, state: RunState): boolean {
  return [...state.queue.changes.values()].some((one) => one.branch === branch && one.arrival > arrival);
}

function ofTask({ task, progress, sinceMs }: TaskState, state: RunState): readonly InboxItem[] {
  if (progress.kind === 'awaiting-approval') {
    const approval = state.inbox.approvals.get(progress.item);
    if (approval?.standing.kind !== 'open') return [];
    return [{ kind: 'approval', id: approval.item, task: task.id, sinceMs: approval.askedAtMs, approval }];
  }
  if (progress.kind !== 'needs-person') return [];
  const { cause, detail } = progress;
  const id = `${task.id}.e${Math.max(1, state.inbox.escalations.get(task.id) ?? 1)}` as ItemId;
  if (cause === 'question') return [{ kind: 'question', id, task: task.id, sinceMs, asked: detail }];
  return [{ kind: 'escalation', id, task: task.id, change: null, cause, detail, sinceMs }];
}

/** A landing that waits for a checkout, and a budget that paused everything. */
function ofRun(state: RunState): readonly InboxItem[] {
  const items: InboxItem[] = [];
  const { held } = state.queue;
  const rest = { kind: 'escalation', task: null, change: null } as const;
  if (held !== null) {
    const detail = `a proven landing waits for the checkout at ${held.checkout} to become clean`;
    items.push({
      ...rest,
      id: 'run.held' as ItemId,
      cause: 'held',
      detail,
      sinceMs: state.queue.decidedAtMs,
    });
  }
  const budget = state.budgets.get(RUN_BUDGET);
  if (state.life.kind === 'paused' && budget?.isOpen === true) {
    const { why, sinceMs } = state.life;
    items.push({ ...rest, id: 'run.budget' as ItemId, cause: 'budget', detail: why, sinceMs });
  }
  return items;
}
