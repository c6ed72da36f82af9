/**
 * A Copse without a command line, for the crash and misbehaviour tests: leads the repository, starts the run of a plan file or resumes the
 * one that is there, and drives it to its end. Dies wherever `COPSE_FAILPOINTS` says.
 */
import { readFileSync } from 'node:fs';
import type { AbsolutePath, BranchName, RunId, TaskId } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { lead, loadLatest, resumeRun, startRun } from '../../src/engine/api.ts';
import { Journal } from '../../src/engine/journal.ts';
import { RunLoop } from '../../src/engine/loop.ts';
import type { Observer } from '../../src/engine/deps.ts';
import { openDeps } from '../../src/main/open-deps.ts';

const [repository = '', stateDir = '', distDir = '', run = '', planFile = '', parallel = '2'] =
  process.argv.slice(2);
const opened = await openDeps({
  repository: repository as AbsolutePath,
  stateDir: stateDir as AbsolutePath,
  distDir,
  environment: process.env,
});
const { deps } = opened;
const leadership = await lead(deps, { address: null, takeover: false });
const plan = JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
const existing = await loadLatest(deps.store);
/** Branches to land on `main` instead of tasks to run. */
const branches = (process.env['RIG_BRANCHES'] ?? '').split(' ').filter((name) => name !== '') as BranchName[];
/** Land on its `main` instead of the one here. */
const remote = process.env['RIG_REMOTE'];
const request = {
  run: run as RunId,
  mode: branches.length > 0 ? 'merge' : 'plan',
  plan: branches.length > 0 ? { ...plan, tasks: [] } : plan,
  target: (branches.length > 0 ? 'main' : 'copse/integration') as BranchName,
  options: {
    noMerge: false,
    parallel: Number(parallel),
    only: null,
    prepareOnly: false,
    seed: 7,
    ...(remote === undefined ? {} : { remote }),
  },
  branches,
} as const;
/** A task that somebody stops once it works. */
const stops = process.env['RIG_STOPS'] ?? '';
/** The bug that the tests must catch: what was intended and not settled is forgotten. */
const forgets = process.env['RIG_FORGETS_INTENTS'] === '1';
let loop: RunLoop | null = null;
const observer: Observer = ({ events }) => {
  const works = events.some((event) => event.kind === 'attempt.started' && event.task === stops);
  if (works) loop?.tell({ kind: 'task.stop_requested', task: stops as TaskId, by: 'the test' });
};
loop =
  existing === null
    ? await startRun(deps, leadership, request, observer)
    : forgets
      ? new RunLoop(
          deps,
          new Journal(deps.store, leadership.epoch, await deps.store.lastSeq()),
          leadership,
          { ...existing, intents: new Map() },
          observer,
        )
      : ((await resumeRun(deps, leadership, observer)) ??
        (await startRun(deps, leadership, request, observer)));
const end = await loop.run();
process.stdout.write(`${JSON.stringify({ end: end.kind, life: end.state.life })}\n`);
await leadership.release();
await opened.close();
