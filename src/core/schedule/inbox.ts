/** What people have to be asked, what follows from their answers, and what they need not be asked any more. */
import type { ItemId } from '../inbox/events.ts';
import type { ApprovalState } from '../inbox/model.ts';
import type { Approval } from '../plan/model.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { Decision } from './snapshot.ts';

/** Questions and approvals that nobody has to answer any more, since the work has gone on or ended without. */
export function decideInbox(state: RunState): readonly Decision[] {
  const { questions, approvals } = state.inbox;
  const decisions: Decision[] = [];
  for (const { standing, attempt, task, question } of questions.values()) {
    if (standing.kind !== 'open' || state.attempts.get(attempt)?.exit === null) continue;
    const because = 'its turn has ended';
    decisions.push({
      kind: 'record',
      event: { kind: 'question.withdrawn', task, attempt, question, because },
    });
  }
  for (const { item, standing, task, head } of approvals.values()) {
    const progress = state.tasks.get(task)?.progress;
    if (standing.kind !== 'open' || (progress?.kind === 'awaiting-approval' && progress.item === item))
      continue;
    const because = `it was about ${head.slice(0, 7)}, and the task has gone on`;
    decisions.push({ kind: 'record', event: { kind: 'approval.void', task, item, because } });
  }
  return decisions;
}

/** An answer that the agent waits for and has not got. */
export function deliverAnswer(task: TaskState, state: RunState): Decision | null {
  if (task.progress.kind !== 'working') return null;
  const { attempt } = task.progress;
  for (const { standing, question, ...asked } of state.inbox.questions.values()) {
    if (asked.attempt !== attempt || standing.kind !== 'answered' || standing.delivery !== 'due') continue;
    const step = { kind: 'deliver-answer', task: task.task.id, attempt, question } as const;
    return { kind: 'act', step, because: `${standing.by} answered` };
  }
  return null;
}

/** Its gates have passed: people are asked before it goes on, unless they said yes to exactly this commit. */
export function awaitApproval(task: TaskState, state: RunState): Decision | null {
  const wanted = approvalOf(task);
  if (wanted === null || task.progress.kind !== 'green') return null;
  const { head, tree } = task.progress;
  const own = [...state.inbox.approvals.values()].filter((approval) => approval.task === task.task.id);
  if (own.some((one) => one.standing.kind === 'granted' && one.head === head && one.wave === task.wave))
    return null;
  const item = `${task.task.id}.a${own.length + 1}` as ItemId;
  const { required, from } = wanted;
  return {
    kind: 'record',
    event: { kind: 'approval.asked', task: task.task.id, item, wave: task.wave, head, tree, required, from },
  };
}

/** Of the wave being worked on; null: none is needed. */
function approvalOf(task: TaskState): Approval | null {
  const wave = task.task.waves[task.wave - 1];
  const isLast = task.wave >= task.task.waves.length;
  return wave?.approval ?? (isLast ? (task.task.approval ?? null) : null);
}

/** A person said no, or the branch has moved since. */
export function afterApproval(task: TaskState, state: RunState): Decision | null {
  const approval = currentApproval(task, state);
  if (approval?.standing.kind === 'rejected') {
    const { by, message } = approval.standing;
    const detail = `rejected by ${by}${message === null ? '' : `: ${message}`}`;
    return {
      kind: 'record',
      event: { kind: 'task.failed', task: task.task.id, cause: 'approval', detail },
    };
  }
  if (approval?.standing.kind !== 'void') return null;
  return {
    kind: 'act',
    step: { kind: 'take-in-head', task: task.task.id },
    because: approval.standing.because,
  };
}

function currentApproval(task: TaskState, state: RunState): ApprovalState | null {
  const { progress } = task;
  if (progress.kind !== 'awaiting-approval') return null;
  return state.inbox.approvals.get(progress.item) ?? null;
}

/** Its agent ended its turn with a question, and without a commit: another try would ask it again. */
export function askedInstead(task: TaskState, state: RunState): Decision | null {
  const { progress } = task;
  if (progress.kind !== 'judged' || progress.verdict !== 'no_change') return null;
  const asked = state.attempts.get(progress.attempt)?.facts?.stream?.asked;
  if (asked === undefined) return null;
  return needsPerson(task, 'question', asked);
}

/** The last try ended without a commit, and its agent was not allowed something. */
export function deniedInstead(task: TaskState, state: RunState, because: string): Decision | null {
  const { progress } = task;
  if (progress.kind !== 'judged' || progress.verdict !== 'no_change') return null;
  const stream = state.attempts.get(progress.attempt)?.facts?.stream;
  if (stream === undefined || stream.denied === 0) return null;
  const what = stream.deniedLast === undefined ? '' : `; last: ${stream.deniedLast}`;
  return needsPerson(task, 'permission', `${because}${what}`);
}

function needsPerson(task: TaskState, cause: 'question' | 'permission', detail: string): Decision {
  return {
    kind: 'record',
    event: { kind: 'task.needs_person', task: task.task.id, cause, detail, files: [] },
  };
}
