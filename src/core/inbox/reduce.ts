/** Folds what people and agents said into the state. */
import type { RunEvent } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import type { InboxEvent } from './events.ts';
import { noticeKey } from './model.ts';
import { reduceApproval } from './reduce-approval.ts';
import { messagesTold, reduceMessage } from './reduce-message.ts';
import { reduceQuestion } from './reduce-question.ts';

type Timed<E> = E & { readonly atMs: number };

export function reduceInbox(state: RunState, event: Timed<InboxEvent>): RunState {
  switch (event.kind) {
    case 'message.sent':
    case 'message.dropped':
    case 'task.continued':
      return reduceMessage(state, event);
    case 'question.asked':
    case 'question.answered':
    case 'question.delivered':
    case 'question.withdrawn':
      return reduceQuestion(state, event);
    case 'notice.sent':
      return state;
    default:
      return reduceApproval(state, event);
  }
}

/** What other events mean for the inbox; called with the state they have made. */
export function inboxAfter(state: RunState, event: RunEvent): RunState {
  switch (event.kind) {
    case 'attempt.started':
      return messagesTold(state, event);
    case 'intended': {
      if (event.step.kind !== 'notify') return state;
      const { notice, channel } = event.step;
      const notices = new Set(state.inbox.notices).add(noticeKey(notice.key, channel));
      return { ...state, inbox: { ...state.inbox, notices } };
    }
    case 'task.needs_person': {
      const { inbox } = state;
      const count = inbox.escalations.get(event.task) ?? 0;
      const escalations = new Map(inbox.escalations).set(event.task, count + 1);
      return { ...state, inbox: { ...inbox, escalations } };
    }
    default:
      return state;
  }
}
