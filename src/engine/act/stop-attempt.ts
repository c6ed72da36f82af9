/** Asks an attempt's processes to end: interrupt, TERM, KILL. Its exit is recorded by the watch, not here. */
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { attemptFolder, processFolder, under } from '../paths.ts';

/** Reference: interrupt 10 s, TERM 5 s, then KILL, as continuous integration runners do. */
export const AGENT_STOP_LADDER = { interruptMs: 10_000, terminateMs: 5_000 };

export async function stopAttempt(
  step: Extract<Step, { kind: 'stop-attempt' }>,
  context: ActContext,
): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const runDir = under(deps.paths.state, processFolder(attemptFolder(state.id, step.attempt), 'process'));
  await deps.processes.stop(runDir, AGENT_STOP_LADDER);
  return [{ kind: 'attempt.stop_sent', intent, attempt: step.attempt, task: step.task }];
}
