/** Requests to the run: to its living leader over the socket, else into the log for the next one. */
import type { TaskId } from '../../../core/ids.ts';
import type { RunState } from '../../../core/run/state.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import { loadLatest, recordFacts } from '../../../engine/api.ts';
import { Failure } from '../../../kit/failure.ts';
import type { ControlRequest } from '../../../ports/control.ts';
import { takeLead } from '../run/lead.ts';
import type { Session } from '../session.ts';

/** A turn of the loop may wait for a slow disk, never for a gate. */
const ANSWER_MS = 15_000;

/** The newest run. Failure `no-run`. */
export async function requireRun(session: Session): Promise<RunState> {
  const state = await loadLatest(session.deps.store);
  if (state !== null) return state;
  throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
}

/** The ids as tasks of the run. Failure `task-unknown` names those that are none. */
export function requireTasks(state: RunState, ids: readonly string[]): readonly TaskId[] {
  const unknown = ids.filter((id) => !state.tasks.has(id as TaskId));
  if (unknown.length === 0) return ids as readonly TaskId[];
  const known = [...state.tasks.keys()].slice(0, 8).join(', ');
  throw new Failure(
    'task-unknown',
    `${state.id} has no task ${unknown.join(', ')}; it has ${known || 'none'}`,
  );
}

/** Whether a process leads this repository now. */
export async function isLed(session: Session): Promise<boolean> {
  return (await session.deps.store.leader()) !== null;
}

/** Asks the leader. Failures `leader-unreachable`, or the one it refuses with. */
export async function askLeader({ deps, control }: Session, request: ControlRequest): Promise<void> {
  const leader = await deps.store.leader();
  const where = leader === null ? 'nobody leads' : `process ${leader.pid} on ${leader.host} has no socket`;
  if (leader === null || leader.address === null) throw new Failure('leader-unreachable', where);
  const answer = await control.ask(leader.address, request, ANSWER_MS);
  if (answer.kind === 'refused') throw new Failure(answer.code, answer.why);
}

/** Told to the leader when there is one, else recorded. Answers where it went. */
export async function tellRun(session: Session, facts: readonly Fact[]): Promise<'leader' | 'log'> {
  if (await isLed(session)) {
    await askLeader(session, { kind: 'tell', facts });
    return 'leader';
  }
  const lead = await takeLead(session, false);
  try {
    await recordFacts(session.deps, lead.leadership, facts);
  } finally {
    await lead.close();
  }
  return 'log';
}
