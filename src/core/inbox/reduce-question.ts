/** Permissions that living agents ask for. */
import { assertNever } from '../../kit/assert.ts';
import type { RunState } from '../run/state.ts';
import type { QuestionEvent } from './events.ts';
import { type QuestionState, questionItem } from './model.ts';

/** Questions kept of a run; of more, the oldest that are settled are forgotten, and the log has them all. */
const MAX_QUESTIONS = 2_000;

type Timed<E> = E & { readonly atMs: number };

export function reduceQuestion(state: RunState, event: Timed<QuestionEvent>): RunState {
  const item = questionItem(event.attempt, event.question);
  const known = state.inbox.questions.get(item);
  if (event.kind === 'question.asked') {
    if (known !== undefined || !state.tasks.has(event.task)) return state;
    const { task, attempt, question, what, tool, title, input, paths, askedAtMs, deadlineAtMs } = event;
    const standing = { kind: 'open' } as const;
    const told = { task, attempt, question, what, tool, title, input, paths, askedAtMs, deadlineAtMs };
    return put(state, { item, ...told, standing });
  }
  if (known === undefined) return state;
  switch (event.kind) {
    case 'question.answered': {
      // The first answer holds: a second one, or one that comes too late, changes nothing.
      if (known.standing.kind !== 'open') return state;
      const { answer, by, message, atMs, isDelivered } = event;
      const delivery = isDelivered ? 'delivered' : 'due';
      return put(state, { ...known, standing: { kind: 'answered', answer, by, message, atMs, delivery } });
    }
    case 'question.delivered': {
      const { standing } = known;
      if (standing.kind !== 'answered') return state;
      return put(state, { ...known, standing: { ...standing, delivery: event.outcome } });
    }
    case 'question.withdrawn':
      if (known.standing.kind !== 'open') return state;
      return put(state, {
        ...known,
        standing: { kind: 'withdrawn', because: event.because, atMs: event.atMs },
      });
    default:
      return assertNever(event);
  }
}

function put(state: RunState, question: QuestionState): RunState {
  const questions = new Map(state.inbox.questions).set(question.item, question);
  if (questions.size > MAX_QUESTIONS) {
    const oldest = [...questions.values()].find(({ standing }) => standing.kind !== 'open');
    if (oldest !== undefined) questions.delete(oldest.item);
  }
  return { ...state, inbox: { ...state.inbox, questions } };
}
