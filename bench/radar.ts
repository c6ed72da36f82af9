/**
 * What the radar costs, and how soon it notices: 2, 10 and 50 running worktrees of a repository with 5,000 files.
 * `COPSE_BENCH_WORKTREES=2,10` measures those numbers of worktrees alone.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openSystemClock } from '../src/adapters/clock/system-clock.ts';
import { openGit } from '../src/adapters/git/index.ts';
import { openWatch } from '../src/adapters/watch/open-watch.ts';
import type { AbsolutePath, AttemptId, BranchName, CommitId, TaskId } from '../src/core/ids.ts';
import type { Fact } from '../src/core/schedule/snapshot.ts';
import { Radar } from '../src/engine/radar.ts';
import { RadarSweep } from '../src/engine/radar/sweep.ts';
import { planOf } from '../test/support/plan-builder.ts';
import { RunBuilder } from '../test/support/run-builder.ts';
import { type Metric, metric, publish } from './lib/measure.ts';

const FILES = 5_000;
const ROUNDS = 5;
const counts = (process.env['COPSE_BENCH_WORKTREES'] ?? '2,10,50').split(',').map(Number);

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'copse-bench-radar-')));
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};
const root = join(folder, 'repository');
const path = (at: number): string => `d${at % 100}/e${at % 7}/f${at}.txt`;

function git(args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 30 }).trim();
}

/** Processor time of this program and of its children that have ended, in ms; NaN without /proc. */
function cpuMs(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]) * 10, 0);
  } catch {
    return Number.NaN;
  }
}

function makeRepository(): CommitId {
  for (let at = 0; at < FILES; at += 1) {
    const full = join(root, path(at));
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, `line of file ${at}\n`.repeat(20));
  }
  git(['init', '-q', '-b', 'main']);
  git(['config', 'user.name', 'bench']);
  git(['config', 'user.email', 'bench@example.invalid']);
  git(['add', '-A']);
  git(['commit', '-q', '-m', 'first']);
  return git(['rev-parse', 'HEAD']) as CommitId;
}

const worktree = (at: number): AbsolutePath => join(folder, 'worktrees', `t${at}`) as AbsolutePath;

/** A run whose first `count` tasks work in their worktrees. */
function runOf(count: number, base: CommitId): RunBuilder {
  const ids = Array.from({ length: count }, (_, at) => `t${at}` as TaskId);
  const run = new RunBuilder(planOf(Object.fromEntries(ids.map((id) => [id, {}]))));
  for (const [at, task] of ids.entries()) {
    const place = { branch: `b${at}` as BranchName, path: worktree(at), base };
    const prepared = run.intend({ kind: 'prepare-workspace', task, ...place });
    const workspace = { ...place, isolation: 'worktree', ports: {} } as const;
    run.add({
      kind: 'workspace.prepared',
      intent: prepared,
      task,
      workspace,
      technique: 'plain',
      missing: [],
    });
    const attempt = `${task}.1` as AttemptId;
    const intent = run.intend({ kind: 'start-attempt', task, wave: 1, attempt, agent: 'demo' });
    const started = { task, attempt, wave: 1, agent: 'demo', snapshot: 's', headBefore: base };
    run.add({ kind: 'attempt.started', intent, ...started });
  }
  return run;
}

async function measure(count: number, base: CommitId): Promise<Record<string, Metric>> {
  const port = await openGit({
    userRepository: root as AbsolutePath,
    stateDir: join(folder, `state-${count}`) as AbsolutePath,
    failpoint: async () => undefined,
  });
  const run = runOf(count, base);
  const all = new Set(run.state.tasks.keys());
  const one = new Set(['t0' as TaskId]);
  const sweep = new RadarSweep({ git: port });
  const edit = (at: number, file: number, text: string): void => {
    writeFileSync(join(worktree(at), path(file)), text);
  };
  // Every task changes files of its own, and one that its neighbour changes too.
  for (let at = 0; at < count; at += 1)
    for (const file of [100 + at * 3, 101 + at * 3, 1_000 + Math.floor(at / 2)]) edit(at, file, `t${at}\n`);
  const times: Record<string, number[]> = { first: [], quiet: [], quietCpu: [], changed: [], changedCpu: [] };
  const timed = async (name: string, due: ReadonlySet<TaskId>): Promise<void> => {
    const [wall, cpu] = [performance.now(), cpuMs()];
    await sweep.look(run.state, due);
    times[name]?.push(performance.now() - wall);
    times[`${name}Cpu`]?.push(cpuMs() - cpu);
  };
  await timed('first', all);
  for (let round = 0; round < ROUNDS; round += 1) {
    await timed('quiet', all);
    edit(0, 1_000, `round ${round}\n`);
    await timed('changed', one);
  }
  const delays = await noticed(port, run, edit);
  await port.settled();
  port.close();
  const ms = (name: string, note: string): Metric => metric(times[name] ?? [], 'ms', { note });
  return {
    [`first_look_ms_${count}`]: ms('first', 'every index is read for the first time'),
    [`all_looked_at_ms_${count}`]: ms('quiet', 'nothing changed, no watch'),
    [`all_looked_at_cpu_ms_${count}`]: ms('quietCpu', 'the same, processor time'),
    [`one_changed_ms_${count}`]: ms('changed', 'a watch told of one worktree'),
    [`one_changed_cpu_ms_${count}`]: ms('changedCpu', 'the same, processor time'),
    [`noticed_after_ms_${count}`]: metric(delays, 'ms', {
      note: 'from the second edit to the fact',
      goal: { max: 5_000 },
    }),
  };
}

/** The radar as it runs beside a loop: two worktrees get other words in one line, again and again. */
async function noticed(
  port: Awaited<ReturnType<typeof openGit>>,
  run: RunBuilder,
  edit: (at: number, file: number, text: string) => void,
): Promise<readonly number[]> {
  let wake: (fact: Fact) => void = () => undefined;
  const radar: Radar = new Radar(
    { git: port, clock: openSystemClock(), watch: openWatch() },
    (fact) => {
      run.add(fact);
      wake(fact);
      setImmediate(() => {
        radar.follow(run.state);
      });
    },
    (error) => {
      throw error;
    },
  );
  const fact = (kind: Fact['kind'], file: string): Promise<void> =>
    new Promise((resolve) => {
      wake = (one) => {
        const isIt = one.kind === kind && 'a' in one && one.a === 't0' && one.b === 't1';
        if (isIt && (one.kind !== 'overlap.seen' || one.files.some((name) => name === file))) resolve();
      };
    });
  radar.follow(run.state);
  const delays: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const file = 2_000 + round;
    edit(0, file, `first ${round}\n`);
    const seen = fact('overlap.seen', path(file));
    edit(1, file, `second ${round}\n`);
    const begun = performance.now();
    await seen;
    delays.push(performance.now() - begun);
  }
  radar.stop();
  return delays;
}

try {
  const results: Record<string, Metric> = {};
  mkdirSync(root, { recursive: true });
  const base = makeRepository();
  const most = Math.max(...counts);
  for (let at = 0; at < most; at += 1) git(['worktree', 'add', '-q', '-b', `b${at}`, worktree(at)]);
  for (const count of counts) {
    Object.assign(results, await measure(count, base));
    for (let at = 0; at < count; at += 1)
      execFileSync('git', ['checkout', '-q', '.'], { cwd: worktree(at), env });
  }
  publish(results);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
