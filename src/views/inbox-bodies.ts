/** Public fields of what people and agents say to each other, and the lines that tell it. */
import { assertNever } from '../kit/assert.ts';
import type { ApprovalEvent, InboxEvent, MessageEvent, QuestionEvent } from '../core/inbox/events.ts';
import { questionItem } from '../core/inbox/model.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { shortId, timeOf } from './words.ts';

export function inboxBody(event: InboxEvent) {
  switch (event.kind) {
    case 'message.sent':
    case 'message.dropped':
    case 'task.continued':
      return messageBody(event);
    case 'question.asked':
    case 'question.answered':
    case 'question.delivered':
    case 'question.withdrawn':
      return questionBody(event);
    case 'notice.sent': {
      const { kind, key, channel, outcome, why } = event;
      return { type: kind, key, channel, outcome, ...(why === null ? {} : { reason: why }) };
    }
    default:
      return approvalBody(event);
  }
}

function messageBody(event: MessageEvent) {
  switch (event.kind) {
    case 'message.sent': {
      const { kind, task, by, text, isUrgent } = event;
      return { type: kind, task, by, text, urgent: isUrgent };
    }
    case 'message.dropped':
    case 'task.continued':
      return { type: event.kind, task: event.task, reason: event.because };
    default:
      return assertNever(event);
  }
}

function questionBody(event: QuestionEvent) {
  const { kind, task, attempt, question } = event;
  const about = { task, attempt, item: questionItem(attempt, question) as string };
  switch (kind) {
    case 'question.asked': {
      const { what, tool, title, input, paths, deadlineAtMs } = event;
      return { type: kind, ...about, what, tool, title, input, paths, deadline: timeOf(deadlineAtMs) };
    }
    case 'question.answered': {
      const { answer, by, message } = event;
      return { type: kind, ...about, answer, by, ...(message === null ? {} : { message }) };
    }
    case 'question.delivered':
      return { type: kind, ...about, outcome: event.outcome };
    case 'question.withdrawn':
      return { type: kind, ...about, reason: event.because };
    default:
      return assertNever(event);
  }
}

function approvalBody(event: ApprovalEvent) {
  switch (event.kind) {
    case 'approval.asked': {
      const { kind, task, item, wave, head, tree, required, from } = event;
      return { type: kind, task, item: item as string, wave, head, tree, required, from };
    }
    case 'approval.given':
    case 'approval.rejected': {
      const { kind, task, item, head, by, message } = event;
      return { type: kind, task, item: item as string, head, by, ...(message === null ? {} : { message }) };
    }
    case 'approval.void':
      return { type: event.kind, task: event.task, item: event.item as string, reason: event.because };
    case 'head.taken_in': {
      const { kind, task, head, tree, refusal } = event;
      return { type: kind, task, head, tree, ...(refusal === null ? {} : { refusal }) };
    }
    default:
      return assertNever(event);
  }
}

export function narrateInbox(event: InboxEvent): Narration {
  switch (event.kind) {
    case 'message.sent':
      return say(0, 'info', `${event.task}  message from ${event.by}: ${firstLine(event.text)}`);
    case 'message.dropped':
      return say(0, 'warn', `${event.task}  a message reached nobody: ${event.because}`);
    case 'task.continued':
      return say(1, 'info', `${event.task}  another turn: ${event.because}`);
    case 'question.asked':
    case 'question.answered':
    case 'question.delivered':
    case 'question.withdrawn':
      return narrateQuestion(event);
    case 'notice.sent': {
      const isWell = event.outcome === 'delivered' || event.outcome === 'absent';
      const why = event.why === null ? '' : `: ${event.why}`;
      return say(isWell ? 2 : 0, isWell ? 'info' : 'warn', `notice ${event.key} ${event.outcome}${why}`);
    }
    default:
      return narrateApproval(event);
  }
}

function narrateQuestion(event: QuestionEvent): Narration {
  const { task } = event;
  const item = questionItem(event.attempt, event.question);
  switch (event.kind) {
    case 'question.asked':
      return say(0, 'warn', `${task}  asks: ${event.what}; copse approve ${item}, or reject`);
    case 'question.answered': {
      const word = event.answer === 'allow' ? 'allowed' : 'denied';
      return say(0, 'info', `${task}  ${word} by ${event.by} (${item})${said(event.message)}`);
    }
    case 'question.delivered':
      return event.outcome === 'delivered'
        ? say(2, 'info', `${task}  its agent has the answer to ${item}`)
        : say(0, 'warn', `${task}  the answer to ${item} came too late: nobody waits for it`);
    case 'question.withdrawn':
      return say(0, 'info', `${task}  ${item} needs no answer any more: ${event.because}`);
    default:
      return assertNever(event);
  }
}

function narrateApproval(event: ApprovalEvent): Narration {
  const { task } = event;
  switch (event.kind) {
    case 'approval.asked': {
      const text = `${task}  waits for approval of ${shortId(event.head)}: copse approve ${event.item}, or reject`;
      return say(0, 'warn', text);
    }
    case 'approval.given':
      return say(0, 'done', `${task}  ${shortId(event.head)} approved by ${event.by}${said(event.message)}`);
    case 'approval.rejected':
      return say(0, 'warn', `${task}  ${shortId(event.head)} rejected by ${event.by}${said(event.message)}`);
    case 'approval.void':
      return say(0, 'warn', `${task}  ${event.item} is void: ${event.because}`);
    case 'head.taken_in':
      return event.refusal === null
        ? say(1, 'info', `${task}  took in what its branch holds now, ${shortId(event.head)}`)
        : say(0, 'fail', `${task}  what its branch holds now is refused: ${event.refusal}`);
    default:
      return assertNever(event);
  }
}

function said(message: string | null): string {
  return message === null ? '' : `: ${firstLine(message)}`;
}

/** Characters of a longer text that a line shows. */
const SHOWN = 120;

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n', 1);
  const isCut = line.length > SHOWN || text.trim().includes('\n');
  return isCut ? `${line.slice(0, SHOWN)}…` : line;
}
