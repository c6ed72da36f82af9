/**
 * The conflict matrix of 100 branches against one merge per pair, and the filter replayed over the merges of a repository.
 * Usage: `npm run bench -- conflicts`, or for a replay `node dist/bench/conflicts.mjs --repo DIR…` (also
 * `COPSE_BENCH_REPO=DIR:DIR npm run bench -- conflicts`). Figures of a replay carry the folder's name.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { openGit, type RealGit } from '../src/adapters/git/index.ts';
import type { AbsolutePath, CommitId } from '../src/core/ids.ts';
import { verdictKey } from '../src/core/separation/known-verdicts.ts';
import { rangeKey, rangesOf, workOf } from '../src/core/separation/pair-plan.ts';
import { meetingOf, readChanges } from '../src/core/separation/prefilter.ts';
import { mergeVerdicts } from '../src/engine/separation/merge-verdicts.ts';
import { type Metric, metric, publish, timeRuns } from './lib/measure.ts';

const BRANCHES = 100;
const FILES = 5_000;
const ROUNDS = 4;
/** Pairs merged by a process each; the time of all pairs is scaled from them. */
const SAMPLE = 200;

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'copse-bench-conflicts-')));
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};

function git(cwd: string, args: readonly string[], input = ''): string {
  return execFileSync('git', [...args], { cwd, env, input, maxBuffer: 1 << 30, encoding: 'utf8' }).trim();
}

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
const path = (at: number): string => `d${at % 100}/e${at % 7}/f${at}.txt`;
const text = (at: number, mark: string): string => `${mark}\n${`line of file ${at}\n`.repeat(40)}`;

/** `forks`: on how many successive commits of main the branches stand. Each changes 6 files, one in four a hot one as well. */
function makeRepository(root: string, forks: number): void {
  const next = random(42);
  const stream: string[] = [];
  let mark = 0;
  const commit = (ref: string, from: number | null, files: readonly string[]): number => {
    mark += 1;
    const head = `commit refs/heads/${ref}\nmark :${mark}\ncommitter b <b@example.invalid> ${1_000 + mark} +0000\n`;
    stream.push(head, data(ref), from === null ? '' : `from :${from}\n`, ...files, '\n');
    return mark;
  };
  const file = (at: number, tag: string): string => `M 100644 inline ${path(at)}\n${data(text(at, tag))}`;
  let main = commit(
    'main',
    null,
    Array.from({ length: FILES }, (_, at) => file(at, 'first')),
  );
  for (let at = 0; at < BRANCHES; at += 1) {
    if (at > 0 && at % Math.ceil(BRANCHES / forks) === 0)
      main = commit('main', main, [file(next(FILES), `main ${at}`)]);
    const touched = [...Array.from({ length: 6 }, () => next(FILES)), ...(next(4) === 0 ? [next(5)] : [])];
    const added = `M 100644 inline new/n${at}.txt\n${data(`${at}`)}`;
    commit(`b${at}`, main, [...touched.map((one) => file(one, `branch ${at}`)), added]);
  }
  mkdirSync(root, { recursive: true });
  git(root, ['init', '-q', '-b', 'main']);
  git(root, ['fast-import', '--quiet'], stream.join(''));
  git(root, ['reset', '-q', '--hard', 'main']);
}

async function open(root: string): Promise<RealGit> {
  return openGit({
    userRepository: root as AbsolutePath,
    stateDir: `${root}-state` as AbsolutePath,
    failpoint: async () => undefined,
  });
}

/** Processor time of this program and of its children that have ended, in ms; NaN without /proc. A loaded machine does not stretch it. */
function cpuMs(): number {
  try {
    const fields = readFileSync('/proc/self/stat', 'latin1').split(') ')[1]?.split(' ') ?? [];
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]) * 10, 0);
  } catch {
    return Number.NaN;
  }
}

async function cpuOf(work: () => unknown): Promise<number> {
  const before = cpuMs();
  await work();
  return cpuMs() - before;
}

/** Nothing is remembered between rounds. */
const forgetful = { read: async () => null, write: async () => undefined };

async function matrix(forks: number): Promise<Record<string, Metric>> {
  const root = join(folder, `matrix-${forks}`);
  makeRepository(root, forks);
  const port = await open(root);
  const onto = await port.resolve('main');
  const tips = (await port.listBranches(1_000))
    .filter(({ branch }) => branch !== 'main')
    .map(({ tip }) => tip);
  if (onto === null) throw new Error('no main');
  const paths = { state: `${root}-state` as AbsolutePath, repository: root as AbsolutePath };
  const look = () => mergeVerdicts({ git: port, files: forgetful, paths }, tips, onto);
  const pairs = tips.flatMap((a, at) => tips.slice(at + 1).map((b) => ({ a, b })));
  const next = random(7);
  const sample = Array.from({ length: SAMPLE }, () => pairs[next(pairs.length)] ?? { a: onto, b: onto });
  const ours: number[] = [];
  const singly: number[] = [];
  const cpu: number[] = [];
  const singlyCpu: number[] = [];
  // Side by side in rounds: the load of the machine hits both.
  for (let round = 0; round < ROUNDS; round += 1) {
    if (round === 0) await look();
    cpu.push(await cpuOf(async () => ours.push(...(await timeRuns(1, async () => void (await look()), 0)))));
    const part = sample.slice(round * (SAMPLE / ROUNDS), (round + 1) * (SAMPLE / ROUNDS));
    const all = pairs.length / part.length;
    const spent = await cpuOf(async () => {
      const [ms = 0] = await timeRuns(1, () => mergeSingly(root, part), 0);
      singly.push(ms * all);
    });
    singlyCpu.push(spent * all);
  }
  const found = await look();
  const truths = await port.trialMerges(pairs);
  const differing = pairs.filter(
    ({ a, b }, at) => found.verdicts.get(verdictKey(a, b))?.kind !== truths[at]?.kind,
  );
  await port.settled();
  port.close();
  const share = (found.counts.merged / pairs.length) * 100;
  const note = `${BRANCHES} branches on ${forks} commits of main, ${FILES} files, ${share.toFixed(1)} % of pairs merged`;
  const speed = ours.map((ms, at) => (singly[at] ?? 0) / ms);
  return {
    [`matrix_ms_${forks}_forks`]: metric(ours, 'ms', { baseline: singly, note }),
    [`matrix_cpu_ms_${forks}_forks`]: metric(cpu, 'ms', { baseline: singlyCpu }),
    [`times_faster_${forks}_forks`]: metric(speed, 'ratio', forks === 1 ? { goal: { min: 20 } } : {}),
    [`differing_verdicts_${forks}_forks`]: metric([differing.length], 'count', { goal: { max: 0 } }),
  };
}

/** From a shell: what it costs to start a process from this program, with its larger memory, is not counted. */
function mergeSingly(root: string, pairs: readonly { readonly a: string; readonly b: string }[]): void {
  const merge = 'git merge-tree --write-tree -z --name-only --no-messages';
  const lines = pairs.map(({ a, b }) => `${merge} ${a} ${b} >/dev/null`);
  spawnSync('sh', [], { cwd: root, env, input: `${lines.join('\n')}\n` });
}

function oneMerge(
  root: string,
  a: string,
  b: string,
): { readonly code: number; readonly files: readonly string[] } {
  const args = ['merge-tree', '--write-tree', '-z', '--name-only', '--no-messages', a, b];
  const ran = spawnSync('git', args, { cwd: root, env, encoding: 'utf8' });
  const files = ran.stdout.split('\0').slice(1).filter(Boolean);
  return { code: ran.status ?? -1, files: [...new Set(files)].toSorted() };
}

interface Merge {
  readonly a: CommitId;
  readonly b: CommitId;
  readonly bases: readonly CommitId[];
}

/** Every two-parent merge reachable from HEAD, merged again. */
async function replay(source: string): Promise<Record<string, Metric>> {
  const name =
    basename(source).replace(/\.git$/, '') === 'repo' ? basename(dirname(source)) : basename(source);
  const root = join(folder, `replay-${name}`);
  git(folder, ['-c', 'safe.directory=*', 'clone', '-q', '--no-checkout', source, root]);
  const port = await open(root);
  const rows = git(root, ['rev-list', '--min-parents=2', '--max-parents=2', '--parents', 'HEAD'])
    .split('\n')
    .filter(Boolean);
  const merges = rows.map((row): Merge => {
    const [, a = '', b = ''] = row.split(' ');
    const bases = spawnSync('git', ['merge-base', '--all', a, b], {
      cwd: root,
      env,
      encoding: 'utf8',
    }).stdout;
    return { a: a as CommitId, b: b as CommitId, bases: bases.split('\n').filter(Boolean) as CommitId[] };
  });
  const moved = merges.filter(
    ({ a, b, bases }) => bases.length > 0 && !bases.includes(a) && !bases.includes(b),
  );
  const trials = await port.trialMerges(moved);
  const counts = { conflicts: 0, caught: 0, plain: 0, spared: 0, differing: 0 };
  for (const [at, merge] of moved.entries()) {
    const { code, files } = oneMerge(root, merge.a, merge.b);
    const trial = trials[at];
    const isConflict = code === 1;
    const same =
      trial?.kind === 'conflict' ? isConflict && trial.files.join('\0') === files.join('\0') : code === 0;
    if (!same) counts.differing += 1;
    const filter = await filterOf(port, merge);
    if (filter.isSpared) counts.spared += 1;
    if (!isConflict) continue;
    counts.conflicts += 1;
    if (!filter.isSpared) counts.caught += 1;
    if (filter.hasCommonPath) counts.plain += 1;
  }
  await port.settled();
  port.close();
  const count = (value: number, note?: string): Metric =>
    metric([value], 'count', note === undefined ? {} : { note });
  const recall = counts.conflicts === 0 ? 1 : counts.caught / counts.conflicts;
  const bare = counts.conflicts === 0 ? 1 : counts.plain / counts.conflicts;
  return {
    [`${name}_merges`]: count(moved.length, 'both sides moved'),
    [`${name}_conflicts`]: count(counts.conflicts),
    [`${name}_spared`]: count(counts.spared, 'proven clean without a merge'),
    [`${name}_recall`]: metric([recall], 'ratio', { goal: { min: 0.999 } }),
    [`${name}_recall_same_path_alone`]: metric([bare], 'ratio'),
    [`${name}_differing_verdicts`]: metric([counts.differing], 'count', { goal: { max: 0 } }),
  };
}

async function filterOf(port: RealGit, merge: Merge): Promise<{ isSpared: boolean; hasCommonPath: boolean }> {
  const { a, b, bases } = merge;
  const [base] = bases;
  if (base === undefined) return { isSpared: false, hasCommonPath: true };
  const own = new Map([
    [a, base],
    [b, base],
  ]);
  const ranges = rangesOf([merge], own);
  const lists = await port.changedPathsOf(ranges);
  const changes = new Map(ranges.map((range, at) => [rangeKey(range), readChanges(lists[at] ?? [])]));
  const [left, right] = [a, b].map((to) => changes.get(rangeKey({ from: base, to })));
  const meeting = left === undefined || right === undefined ? null : meetingOf(left, right);
  return {
    isSpared: workOf(merge, own, changes).kind === 'clean',
    hasCommonPath: meeting?.why === 'same path',
  };
}

function repositories(): readonly string[] {
  const named = process.argv.slice(2).filter((word) => word !== '--repo');
  return [...named, ...(process.env['COPSE_BENCH_REPO'] ?? '').split(':').filter(Boolean)];
}

try {
  const results: Record<string, Metric> = {};
  const replays = repositories();
  // `--repo` asks for the replay alone.
  if (!process.argv.includes('--repo'))
    for (const forks of [1, 20]) Object.assign(results, await matrix(forks));
  for (const source of replays) Object.assign(results, await replay(source));
  publish(results);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}
