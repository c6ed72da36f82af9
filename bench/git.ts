/**
 * Time to a ready worktree against plain `git worktree add`, 50 simultaneous starts, and git's own share of the time from an
 * agent's exit to landed. Prints one JSON object; medians in milliseconds. Usage: node bench/git.ts [files] [rounds].
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGit } from '../src/adapters/git/index.ts';
import type { AbsolutePath, BranchName } from '../src/core/ids.ts';
import type { WorkspaceSpec } from '../src/ports/git.ts';

const files = Number(process.argv[2] ?? 5_000);
const rounds = Number(process.argv[3] ?? 7);
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'copse-bench-git-')));
const root = join(folder, 'repo');
const env = {
  PATH: process.env['PATH'] ?? '',
  HOME: folder,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
};
const identity = ['-c', 'user.name=b', '-c', 'user.email=b@example.com'];

function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', [...identity, ...args], { cwd, env, maxBuffer: 1 << 28 })
    .toString()
    .trim();
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}

async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function makeRepository(): void {
  mkdirSync(root, { recursive: true });
  git(root, 'init', '-q', '-b', 'main');
  for (let at = 0; at < files; at += 1) {
    const path = join(root, `d${at % 100}`, `e${at % 7}`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, `f${at}.txt`), `${'some line of text\n'.repeat(40)}${at}\n`);
  }
  git(root, 'add', '-A');
  git(root, 'commit', '-q', '-m', 'first');
  git(root, 'branch', 'target');
}

makeRepository();
const port = await openGit({
  userRepository: root as AbsolutePath,
  stateDir: join(folder, 'state') as AbsolutePath,
  failpoint: async () => undefined,
});
const base = await port.resolve('main');
if (base === null) throw new Error('no base');
const spec = (task: string): WorkspaceSpec => ({
  task,
  branch: `copse/${task}` as BranchName,
  path: join(folder, 'trees', task) as AbsolutePath,
  base,
  isolation: 'worktree',
});

const plain: number[] = [];
const ours: number[] = [];
const techniques = new Set<string>();
const landing: number[] = [];
const parts: Record<string, number[]> = {};

async function note<T>(name: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const value = await work();
  (parts[name] ??= []).push(performance.now() - start);
  return value;
}

/** What happens between an agent's exit and a landed commit, without the engine and the gate itself. */
async function land(task: WorkspaceSpec, at: number): Promise<void> {
  const snapshot = await port.takeSnapshot(task);
  writeFileSync(join(task.path, `new-${at}.txt`), `${at}\n`);
  git(task.path, 'add', '-A');
  git(task.path, 'commit', '-q', '-m', 'work');
  const target = 'target' as BranchName;
  const tip = await port.branchTip(target);
  if (tip === null) throw new Error('no target');
  const ms = await timed(async () => {
    await note('verify', () => port.verifySnapshot(task, snapshot));
    await note('capture', () => port.capture(task, `refs/copse/salvage/${task.task}/1`, 'x'));
    const taken = await note('take_in', () =>
      port.takeIn({ branch: task.branch, workspace: task }, `refs/copse/heads/${task.task}`),
    );
    if (taken.kind !== 'taken') throw new Error(taken.reason);
    await note('intake_facts', () => port.intakeFacts(base as never, taken.head));
    const merged = await note('merge', () =>
      port.merge({ onto: tip, head: taken.head, strategy: 'merge', message: 'm', dateMs: 1_000 }),
    );
    if (merged.kind !== 'merged') throw new Error(merged.kind);
    await note('keep', () => port.keep(`refs/copse/merges/${task.task}`, merged.commit));
    await note('slot', () => port.checkoutSlot('bench', merged.commit, { branch: target, tip }));
    await note('slot_changes', () => port.slotChanges('bench', merged.commit));
    await note('publish', () => port.publish({ branch: target, from: tip, to: merged.commit }));
  });
  // The first landing also fills the slot.
  if (at > 0) landing.push(ms);
  else for (const times of Object.values(parts)) times.length = 0;
}

for (let at = 0; at < rounds; at += 1) {
  const path = join(folder, 'plain', `p${at}`);
  plain.push(
    await timed(() => {
      git(root, 'worktree', 'add', '-q', '-b', `plain-${at}`, path, 'main');
    }),
  );
  rmSync(path, { recursive: true });
  const task = spec(`task-${at}`);
  ours.push(
    await timed(async () => {
      const outcome = await port.provision(task);
      if (outcome.kind === 'ready') techniques.add(outcome.technique);
    }),
  );
  await land(task, at);
  await port.removeWorkspace(task, null);
  await port.settled();
}

const many = Array.from({ length: 50 }, (_, at) => spec(`many-${at}`));
let failures = 0;
const allMs =
  files > 10_000
    ? null
    : await timed(async () => {
        const outcomes = await Promise.all(many.map((one) => port.provision(one)));
        failures = outcomes.filter((outcome) => outcome.kind !== 'ready').length;
      });

process.stdout.write(
  `${JSON.stringify(
    {
      files,
      rounds,
      plain_worktree_add_ms: median(plain),
      provision_ms: median(ours),
      provision_ratio: Math.round((median(ours) / median(plain)) * 100) / 100,
      techniques: [...techniques],
      exit_to_landed_git_ms: median(landing),
      parts_ms: Object.fromEntries(Object.entries(parts).map(([name, times]) => [name, median(times)])),
      fifty_at_once_ms: allMs === null ? null : Math.round(allMs),
      fifty_failures: allMs === null ? null : failures,
    },
    null,
    2,
  )}\n`,
);
await port.settled();
port.close();
rmSync(folder, { recursive: true, force: true });
