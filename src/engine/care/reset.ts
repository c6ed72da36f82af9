/** Ends the newest run for good: agents stopped, everything they wrote saved, the run recorded as stopped. */
import type { TaskId } from '../../core/ids.ts';
import type { RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { Leadership } from '../../ports/store.ts';
import { recordFacts } from '../api.ts';
import type { Deps } from '../deps.ts';
import { attemptFolder, markerOf, processFolder, under } from '../paths.ts';

/** Between interrupt, TERM and KILL. */
const LADDER = { interruptMs: 2_000, terminateMs: 3_000 };

const ENDED: ReadonlySet<string> = new Set(['landed', 'failed', 'stopped', 'skipped', 'verified']);

export interface ResetResult {
  readonly stopped: readonly TaskId[];
  /** Refs of the control repository that hold uncommitted work. */
  readonly saved: readonly string[];
}

export async function resetRun(
  deps: Deps,
  leadership: Leadership,
  state: RunState,
  by: string,
): Promise<ResetResult> {
  const open = [...state.tasks.values()].filter((task) => !ENDED.has(task.progress.kind));
  const saved: string[] = [];
  for (const task of open) {
    const id = task.task.id;
    for (const attempt of task.attempts) {
      if (state.attempts.get(attempt)?.exit != null) continue;
      await deps.processes.stop(
        under(deps.paths.state, processFolder(attemptFolder(state.id, attempt), 'process')),
        LADDER,
      );
      const cwd = task.workspace?.path ?? null;
      await deps.processes.sweep({ marker: markerOf(state.id, attempt), cwd });
    }
    const ref = await saveWork(deps, state, id);
    if (ref !== null) saved.push(ref);
  }
  const facts: Fact[] = open.map((task) => ({ kind: 'task.stopped', task: task.task.id, by }));
  await recordFacts(deps, leadership, [...facts, { kind: 'run.finished', outcome: 'stopped' }]);
  return { stopped: open.map((task) => task.task.id), saved };
}

/** The ref that holds uncommitted work; null when there was none. */
async function saveWork(deps: Deps, state: RunState, id: TaskId): Promise<string | null> {
  const workspace = state.tasks.get(id)?.workspace ?? null;
  if (workspace === null) return null;
  const { branch, path, base, isolation } = workspace;
  const spec = { task: `${state.id}/${id}`, branch, path, base, isolation };
  const sighting = await deps.git.sight(spec);
  if (!sighting.exists) return null;
  const ref = `refs/copse/salvage/${state.id}/${id}/reset`;
  const capture = await deps.git.capture(spec, ref, `Work of ${id} when its run was reset\n`);
  return capture.isDirty ? ref : null;
}
