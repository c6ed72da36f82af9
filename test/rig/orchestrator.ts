/**
 * A Copse without a command line, for the crash and misbehaviour tests: leads the repository, starts the run of a plan file or resumes the
 * one that is there, and drives it to its end. Dies wherever `COPSE_FAILPOINTS` says.
 */
import { readFileSync } from 'node:fs';
import type { AbsolutePath, BranchName, RunId } from '../../src/core/ids.ts';
import type { Plan } from '../../src/core/plan/model.ts';
import { lead, loadLatest, resumeRun, startRun } from '../../src/engine/api.ts';
import { openDeps } from '../../src/main/open-deps.ts';

const [repository = '', stateDir = '', distDir = '', planFile = '', parallel = '2', run = 'run-crash'] =
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
const request = {
  run: run as RunId,
  mode: 'plan',
  plan,
  target: 'copse/integration' as BranchName,
  options: { noMerge: false, parallel: Number(parallel), only: null, prepareOnly: false, seed: 7 },
  branches: [],
} as const;
const silent = (): void => {};
const loop =
  existing === null
    ? await startRun(deps, leadership, request, silent)
    : ((await resumeRun(deps, leadership, silent)) ?? (await startRun(deps, leadership, request, silent)));
const end = await loop.run();
process.stdout.write(`${JSON.stringify({ end: end.kind, life: end.state.life })}\n`);
await leadership.release();
await opened.close();
