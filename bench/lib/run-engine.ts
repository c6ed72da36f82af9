/** The engine with its real adapters on a scratch repository, and the time at which each event became durable. */
import { join } from 'node:path';
import type { BranchName, RunId } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import type { RunEvent, RunOptions } from '../../src/core/run/events.ts';
import type { RunState } from '../../src/core/run/state.ts';
import { lead, startRun } from '../../src/engine/api.ts';
import { openDeps } from '../../src/main/open-deps.ts';
import type { ScratchRepository } from './scratch-repository.ts';

/** An event with the moment (ms since the epoch) at which it was on disk: later than its own `atMs`. */
export interface TimedEvent {
  readonly event: RunEvent;
  readonly durableAtMs: number;
}

export interface EngineRun {
  readonly mode: 'plan' | 'merge';
  readonly plan: Plan;
  readonly target: string;
  readonly branches?: readonly string[];
  readonly options?: Partial<RunOptions>;
  /** Called after each durable change, with all events so far. */
  readonly onEvents?: (events: readonly TimedEvent[]) => void;
}

const root = process.env['COPSE_BENCH_ROOT'] ?? process.cwd();

/** Folder of the built programs. */
export const DIST = join(root, 'dist');

/** The real adapters on a scratch repository, leading it. */
export async function openLeader(repository: ScratchRepository) {
  const opened = await openDeps({
    repository: repository.path,
    stateDir: repository.stateDir,
    distDir: DIST,
    environment: repository.env,
  });
  return { ...opened, leadership: await lead(opened.deps, { address: null, takeover: false }) };
}

/** Drives one run to its end and closes everything; throws when the run does not end as `done`. */
export async function runEngine(
  repository: ScratchRepository,
  request: EngineRun,
): Promise<{ readonly events: readonly TimedEvent[]; readonly state: RunState }> {
  const opened = await openLeader(repository);
  const { leadership } = opened;
  try {
    const events: TimedEvent[] = [];
    const loop = await startRun(
      opened.deps,
      leadership,
      {
        run: 'run-bench' as RunId,
        mode: request.mode,
        plan: request.plan,
        target: request.target as BranchName,
        options: { noMerge: false, parallel: 2, only: null, prepareOnly: false, seed: 7, ...request.options },
        branches: (request.branches ?? []) as readonly BranchName[],
      },
      (change) => {
        const durableAtMs = Date.now();
        events.push(...change.events.map((event) => ({ event, durableAtMs })));
        request.onEvents?.(events);
      },
    );
    const end = await loop.run();
    await leadership.release();
    const { life } = end.state;
    if (life.kind !== 'finished' || life.outcome !== 'done')
      throw new Error(`the run ended as ${JSON.stringify(life)}`);
    return { events, state: end.state };
  } finally {
    await opened.close();
  }
}
