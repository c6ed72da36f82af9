/** What only people may say: refused to whoever runs as part of an attempt, by its environment and its place. */
import { Failure } from '../../../kit/failure.ts';
import type { Session } from '../session.ts';

/** Every process of an attempt, a gate or a set-up has one of these. */
const OF_AN_ATTEMPT = ['COPSE_ATTEMPT', 'COPSE_PROCESS_MARKER', 'COPSE_GATE'] as const;

/** Failure `not-a-person`. A courtesy to honest agents that stops the careless; isolation is what stops the others. */
export function requirePerson({ context, place }: Session, verb: string): void {
  const { env } = context.world;
  const found = OF_AN_ATTEMPT.find((name) => env[name] !== undefined && env[name] !== '');
  if (found === undefined && !place.isTaskWorktree) return;
  const where = found === undefined ? 'in the worktree of a task' : `inside an attempt (${found} is set)`;
  throw new Failure('not-a-person', `${verb} is for people, and this runs ${where}`, {
    hint: `copse -C ${place.repository} ${verb} …    # from a terminal of a person`,
  });
}
