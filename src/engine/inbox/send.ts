/** What a message to a task becomes, by where the task stands: facts for the run, or the reason why nobody would hear it. */
import type { TaskId } from '../../core/ids.ts';
import { MAX_MESSAGE_BYTES, MAX_WAITING_MESSAGES } from '../../core/inbox/model.ts';
import { waitingMessages } from '../../core/inbox/messages.ts';
import type { Progress, RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { assert } from '../../kit/assert.ts';
import { Failure } from '../../kit/failure.ts';

export interface SentMessage {
  readonly task: TaskId;
  readonly by: string;
  readonly text: string;
  readonly isUrgent: boolean;
}

/** Nothing works on these any more: the message is what begins another try. */
const RESTING: ReadonlySet<Progress['kind']> = new Set(['needs-person', 'verified', 'failed', 'stopped']);

/** Failures `usage-landed`, `usage-skipped`, `usage-message`, `usage-messages`. */
export function factsOfMessage(state: RunState, message: SentMessage): readonly Fact[] {
  const { task: id, by, text } = message;
  const task = state.tasks.get(id);
  assert(task !== undefined, `a task that was looked up: ${id}`);
  const { kind } = task.progress;
  if (kind === 'landed')
    throw new Failure('usage-landed', `${id} has landed: no turn of its agent follows`, {
      hint: 'copse run "what is to be done now"',
    });
  if (kind === 'skipped')
    throw new Failure('usage-skipped', `${id} is left out of the run`, { hint: `copse retry ${id}` });
  const sizeBytes = new TextEncoder().encode(text).length;
  if (text.trim() === '') throw new Failure('usage-message', 'the message is empty');
  if (sizeBytes > MAX_MESSAGE_BYTES)
    throw new Failure(
      'usage-message',
      `the message has ${sizeBytes} bytes, the limit is ${MAX_MESSAGE_BYTES}: name a file instead`,
    );
  if (waitingMessages(state, id).length >= MAX_WAITING_MESSAGES)
    throw new Failure('usage-messages', `${MAX_WAITING_MESSAGES} messages wait for ${id} already`, {
      hint: `copse send ${id} --now "…"    # ends the turn under way`,
    });
  const facts: Fact[] = [{ kind: 'message.sent', ...message }];
  if (RESTING.has(kind)) facts.push({ kind: 'task.reopened', task: id, by, fresh: false, wave: null });
  return facts;
}

/** When the agent hears it, as one clause. */
export function whenHeard(state: RunState, { task: id, isUrgent }: SentMessage): string {
  const task = state.tasks.get(id);
  switch (task?.progress.kind) {
    case 'working':
      return isUrgent ? 'the turn under way is ended for it' : 'told when the turn under way has ended';
    case 'queued':
      return 'it leaves the merge queue and its agent is told';
    case 'waiting':
      return 'told when the task begins';
    default:
      return 'told with the next turn, which begins as soon as it may';
  }
}
