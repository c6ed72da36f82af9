/**
 * Copse's own cost of one gate run in merge mode (branches only, no agents) on 5,000 files: the time between two landings
 * when each branch is tested by itself, beyond the gate's own. `--full`: more branches.
 */
import { spawnSync } from 'node:child_process';
import { planOf } from '../test/support/plan-builder.ts';
import { metric, publish, quantile, timeRuns } from './lib/measure.ts';
import { runEngine } from './lib/run-engine.ts';
import { fileName, makeRepository } from './lib/scratch-repository.ts';

const FILES = 5_000;
const BRANCHES = process.argv.includes('--full') ? 41 : 15;
const GATE = 'sleep 0.05';

const repository = makeRepository(FILES);
try {
  const gate = await timeRuns(11, () => {
    spawnSync('/bin/sh', ['-c', GATE]);
  });
  const branches = Array.from({ length: BRANCHES }, (_, index) => `topic/b${index}`);
  for (const [index, branch] of branches.entries()) makeBranch(branch, index);
  const { merge } = planOf({});
  const { events } = await runEngine(repository, {
    mode: 'merge',
    plan: planOf({}, { gates: { wait: { run: GATE } }, merge: { ...merge, slots: 1, everyCommit: true } }),
    target: 'integration',
    branches,
  });
  const landings = events.filter(({ event }) => event.kind === 'landed').map((one) => one.durableAtMs);
  if (landings.length !== BRANCHES) throw new Error(`${landings.length} landings instead of ${BRANCHES}`);
  const own = landings
    .slice(1)
    .map((landedAtMs, index) => landedAtMs - (landings[index] ?? 0) - quantile(gate, 0.5));
  publish({
    gate_alone: metric(gate, 'ms', { note: `sh -c '${GATE}'` }),
    own_cost_per_gate_run: metric(own, 'ms', { goal: { max: 150 }, note: 'merge, checkout, run, publish' }),
  });
} finally {
  repository.dispose();
}

/** One edit to a file of its own, made without a checkout. */
function makeBranch(branch: string, index: number): void {
  const file = fileName(index * 100);
  const edit = `cat-file -p main:${file}`.split(' ');
  const content = `${repository.git(...edit)}\n// ${branch}\n`;
  const env = { ...repository.env, GIT_INDEX_FILE: `${repository.root}/index` };
  const git = (args: readonly string[], input?: string): string =>
    spawnSync('git', args, { cwd: repository.path, env, input, encoding: 'utf8' }).stdout.trim();
  git(['read-tree', 'main']);
  const blob = git(['hash-object', '-w', '--stdin'], content);
  git(['update-index', '--cacheinfo', `100644,${blob},${file}`]);
  const commit = git(['commit-tree', git(['write-tree']), '-p', 'main', '-m', branch]);
  git(['update-ref', `refs/heads/${branch}`, commit]);
}
