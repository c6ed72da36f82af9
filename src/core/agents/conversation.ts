/** Whether the next attempt of a task goes on with the conversation of an earlier one. */
import type { Plan } from '../plan/model.ts';
import type { AttemptState, RunState, TaskState } from '../run/state.ts';

export interface Conversation {
  readonly session: string;
  /** The attempt it is taken up from. */
  readonly previous: AttemptState;
}

/** A resumed attempt that ended like this did not get on with its conversation: the next one begins anew. */
const LOST: ReadonlySet<string> = new Set(['crash', 'stall', 'timeout']);

/** null: a new conversation. */
export function conversationOf(task: TaskState, state: RunState, agent: string): Conversation | null {
  if (!canResume(state.plan, agent)) return null;
  const own = task.attempts
    .slice(task.freshSince)
    .flatMap((id) => state.attempts.get(id) ?? [])
    .filter((attempt) => attempt.agent === agent);
  const previous = own.at(-1);
  if (previous === undefined || previous.verdict === null || previous.verdict === 'session') return null;
  if (previous.session !== null && LOST.has(previous.verdict)) return null;
  const stream = previous.facts?.stream;
  // What never said anything may not exist on the client's side.
  const session = stream?.hasBegun === true ? stream.session : previous.session;
  return session === null || session === undefined ? null : { session, previous };
}

function canResume(plan: Plan, agent: string): boolean {
  const spec = plan.agents[agent];
  return spec?.kind === 'command' && (spec.client?.resume ?? null) !== null;
}
