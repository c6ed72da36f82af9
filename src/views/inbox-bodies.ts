/** Public fields of what people and agents say to each other, and the lines that tell it. */
import { assertNever } from '../kit/assert.ts';
import type { InboxEvent } from '../core/inbox/events.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';

export function inboxBody(event: InboxEvent) {
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

export function narrateInbox(event: InboxEvent): Narration {
  switch (event.kind) {
    case 'message.sent':
      return say(0, 'info', `${event.task}  message from ${event.by}: ${firstLine(event.text)}`);
    case 'message.dropped':
      return say(0, 'warn', `${event.task}  a message reached nobody: ${event.because}`);
    case 'task.continued':
      return say(1, 'info', `${event.task}  another turn: ${event.because}`);
    default:
      return assertNever(event);
  }
}

/** Characters of a longer text that a line shows. */
const SHOWN = 120;

export function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n', 1);
  const isCut = line.length > SHOWN || text.trim().includes('\n');
  return isCut ? `${line.slice(0, SHOWN)}…` : line;
}
