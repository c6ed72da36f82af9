/** Waits for the end of an attempt's process, whoever started it. */
import type { AttemptId } from '../core/ids.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import type { RunState } from '../core/run/state.ts';
import type { ProcessExit } from '../ports/processes.ts';
import type { Deps } from './deps.ts';
import { attemptFolder, processFolder, under } from './paths.ts';

/** The fact of its exit; a process nobody can find any more counts as lost. */
export async function watchAttempt(
  deps: Deps,
  state: RunState,
  id: AttemptId,
  signal: AbortSignal,
): Promise<Fact> {
  const attempt = state.attempts.get(id);
  const runDir = under(deps.paths.state, processFolder(attemptFolder(state.id, id), 'process'));
  const sighting = await deps.processes.look(runDir);
  const exit =
    sighting.kind === 'absent'
      ? lost(deps, attempt?.startedAtMs ?? 0)
      : await deps.processes.waitForExit(runDir, signal);
  return {
    kind: 'attempt.exited',
    attempt: id,
    task: attempt?.task ?? (id.replace(/\.\d+$/, '') as NonNullable<typeof attempt>['task']),
    exit: {
      code: exit.code,
      signal: exit.signal,
      cause: exit.cause,
      detail: exit.detail,
      durationMs: Math.max(0, exit.endedAtMs - exit.startedAtMs),
      outputBytes: exit.outputBytes,
      survivors: exit.survivors,
    },
  };
}

function lost(deps: Deps, startedAtMs: number): ProcessExit {
  return {
    code: null,
    signal: null,
    cause: 'supervisor-lost',
    detail: 'its run folder is gone',
    startedAtMs,
    endedAtMs: deps.clock.now(),
    outputBytes: 0,
    survivors: [],
  };
}
