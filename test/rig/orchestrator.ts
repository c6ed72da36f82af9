/**
 * A Copse without a command line, for the crash tests: leads the repository, starts the run of a plan file or resumes the
 * one that is there, and drives it to its end. Dies wherever `COPSE_FAILPOINTS` says.
 */
import { readFileSync } from 'node:fs';
import type { AbsolutePath, BranchName, RunId } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { lead, loadLatest, resumeRun, startRun } from '../../src/engine/api.ts';
import { Journal } from '../../src/engine/journal.ts';
import { RunLoop } from '../../src/engine/loop.ts';
import { openDeps } from '../../src/main/open-deps.ts';

const [repository = '', stateDir = '', distDir = '', planFile = ''] = process.argv.slice(2);
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
const request = {
  run: 'run-crash' as RunId,
  mode: 'plan',
  plan,
  target: 'copse/integration' as BranchName,
  options: { noMerge: false, parallel: 2, only: null, prepareOnly: false, seed: 7 },
  branches: [],
} as const;
const silent = (): void => {};
/** The bug that the tests must catch: what was intended and not settled is forgotten. */
const forgets = process.env['RIG_FORGETS_INTENTS'] === '1';
const loop =
  existing === null
    ? await startRun(deps, leadership, request, silent)
    : forgets
      ? new RunLoop(
          deps,
          new Journal(deps.store, leadership.epoch, await deps.store.lastSeq()),
          leadership,
          { ...existing, intents: new Map() },
          silent,
        )
      : ((await resumeRun(deps, leadership, silent)) ?? (await startRun(deps, leadership, request, silent)));
const end = await loop.run();
process.stdout.write(`${JSON.stringify({ end: end.kind, life: end.state.life })}\n`);
await leadership.release();
await opened.close();
