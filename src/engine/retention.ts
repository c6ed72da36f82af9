/** What the state folder keeps of the past. Logs and results may go; saved work (refs) and the event log never do. */
import type { RunId } from '../core/ids.ts';
import type { Deps } from './deps.ts';
import { under } from './paths.ts';

/** Run folders with their logs, the newest ones. An attempt's log is at most 64 MB. */
export const KEPT_RUNS = 20;
/** A gate result that nobody asked for this long is measured anew. */
export const GATE_RESULT_AGE_MS = 30 * 24 * 3_600_000;

/** Removes run folders beyond `KEPT_RUNS`, never that of `current`, and old gate results. */
export async function pruneState(deps: Deps, current: RunId): Promise<void> {
  const runs = (await deps.files.list(under(deps.paths.state, 'runs'))).filter(
    (entry) => entry.name !== current,
  );
  const oldest = runs.toSorted((a, b) => b.modifiedAtMs - a.modifiedAtMs).slice(KEPT_RUNS - 1);
  for (const { name } of oldest) await deps.files.remove(under(deps.paths.state, `runs/${name}`));
  const limit = deps.clock.now() - GATE_RESULT_AGE_MS;
  for (const shard of await deps.files.list(under(deps.paths.state, 'gate-results'))) {
    const folder = under(deps.paths.state, `gate-results/${shard.name}`);
    for (const { name, modifiedAtMs } of await deps.files.list(folder)) {
      if (modifiedAtMs < limit) await deps.files.remove(under(folder, name));
    }
  }
}
