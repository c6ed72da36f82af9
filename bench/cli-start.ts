/** Start-up of the built command against an empty Node: `--help` (goal <= 1.3x) and `status` (goal <= 1.8x). */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { metric, publish, timeRuns } from './lib/measure.ts';

const RUNS = 21;
const copse = path.join(process.env['COPSE_BENCH_ROOT'] ?? process.cwd(), 'dist/copse.js');
const folder = mkdtempSync(path.join(tmpdir(), 'copse-bench-'));
const env = {
  ...process.env,
  COPSE_STATE_DIR: path.join(folder, 'state'),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
};

try {
  const repository = path.join(folder, 'repository');
  execFileSync('git', ['init', '-q', repository], { env });
  const commit = [
    '-c',
    'user.name=b',
    '-c',
    'user.email=b@b',
    'commit',
    '-q',
    '--allow-empty',
    '-m',
    'start',
  ];
  execFileSync('git', ['-C', repository, ...commit], { env });
  const start = (argv: readonly string[]): void => {
    const { status, stderr } = spawnSync(process.execPath, argv, { cwd: repository, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`${argv.join(' ')}: exit ${status}\n${stderr}`);
  };
  // Interleaved, so that a change in the machine's load hits all three alike.
  const samples = { empty: [] as number[], help: [] as number[], status: [] as number[] };
  await timeRuns(RUNS, async (index) => {
    const round = {
      empty: await timeRuns(1, () => start(['-e', '0']), 0),
      help: await timeRuns(1, () => start([copse, '--help']), 0),
      status: await timeRuns(1, () => start([copse, 'status']), 0),
    };
    if (index < 0) return;
    for (const name of ['empty', 'help', 'status'] as const) samples[name].push(...round[name]);
  });
  publish({
    empty_node: metric(samples.empty, 'ms'),
    help: metric(samples.help, 'ms', { baseline: samples.empty, goal: { max: 1.3 } }),
    status: metric(samples.status, 'ms', { baseline: samples.empty, goal: { max: 1.8 } }),
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
