/**
 * Time to a ready worktree (until `git status` in it has said that it is clean) against plain `git worktree add`, in a
 * repository of 200 files and one of 50,000; and 50 starts at once, where failures, branches without a worktree and left
 * locks are counted. `--full`: more runs.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openGit, type RealGit } from '../src/adapters/git/index.ts';
import type { AbsolutePath, BranchName, CommitId } from '../src/core/ids.ts';
import type { WorkspaceSpec } from '../src/ports/git.ts';
import { metric, publish, type Metric } from './lib/measure.ts';
import { makeRepository, type ScratchRepository } from './lib/scratch-repository.ts';

const IS_FULL = process.argv.includes('--full');
const AT_ONCE = 50;
const results: Record<string, Metric> = {};

await compare('small', 200, IS_FULL ? 21 : 9);
await compare('large', 50_000, IS_FULL ? 7 : 2);
await atOnce(200);
publish(results);

async function compare(name: string, fileCount: number, runs: number): Promise<void> {
  const repository = makeRepository(fileCount);
  const git = await open(repository);
  try {
    const plain: number[] = [];
    const copse: number[] = [];
    const techniques = new Set<string>();
    // The first fills the caches of both and, in a large repository, starts the pool of spare trees.
    for (let index = -1; index < runs; index += 1) {
      const before = performance.now();
      repository.git(
        'worktree',
        'add',
        '-q',
        '-b',
        `plain-${index}`,
        join(repository.root, `plain-${index}`),
      );
      expectClean(repository, `plain-${index}`);
      const between = performance.now();
      const outcome = await git.provision(specOf(repository, `copse-${index}`));
      if (outcome.kind !== 'ready') throw new Error(outcome.detail);
      expectClean(repository, `copse-${index}`);
      const after = performance.now();
      // Spare trees are made while agents work, not while the next task waits.
      await git.settled();
      if (index < 0) {
        if (outcome.technique === 'plain')
          results[`${name}_first`] = metric([after - between], 'ms', { baseline: [between - before] });
        continue;
      }
      plain.push(between - before);
      copse.push(after - between);
      techniques.add(outcome.technique);
    }
    results[`${name}_ready`] = metric(copse, 'ms', {
      baseline: plain,
      note: `${fileCount} files, technique ${[...techniques].join(' and ')}; baseline: git worktree add`,
    });
  } finally {
    git.close();
    repository.dispose();
  }
}

async function atOnce(fileCount: number): Promise<void> {
  const repository = makeRepository(fileCount);
  const git = await open(repository);
  try {
    const names = Array.from({ length: AT_ONCE }, (_, index) => `task-${index}`);
    const before = performance.now();
    const outcomes = await Promise.allSettled(names.map((name) => git.provision(specOf(repository, name))));
    const elapsed = performance.now() - before;
    const failures = outcomes.filter((one) => one.status === 'rejected' || one.value.kind !== 'ready').length;
    for (const name of names) expectClean(repository, name);
    results['at_once'] = metric([elapsed], 'ms', { note: `${AT_ONCE} worktrees of ${fileCount} files` });
    for (const [what, count] of [
      ['failures', failures],
      ['orphan_branches', orphanBranches(repository)],
      ['stale_locks', staleLocks(repository)],
    ] as const)
      results[`at_once_${what}`] = metric([count], 'count', { goal: { max: 0 } });
  } finally {
    await git.settled();
    git.close();
    repository.dispose();
  }
}

function open(repository: ScratchRepository): Promise<RealGit> {
  return openGit({
    userRepository: repository.path,
    stateDir: repository.stateDir,
    failpoint: () => Promise.resolve(),
  });
}

function specOf(repository: ScratchRepository, name: string): WorkspaceSpec {
  return {
    task: `run-bench/${name}`,
    branch: `copse/${name}` as BranchName,
    path: join(repository.root, name) as AbsolutePath,
    base: repository.git('rev-parse', 'main') as CommitId,
    isolation: 'worktree',
  };
}

function expectClean(repository: ScratchRepository, name: string): void {
  const status = execFileSync('git', ['status', '--porcelain'], {
    cwd: join(repository.root, name),
    env: repository.env,
    encoding: 'utf8',
  });
  if (status !== '') throw new Error(`${name} is not clean: ${status.slice(0, 200)}`);
}

/** Branches of ours that no worktree has checked out. */
function orphanBranches(repository: ScratchRepository): number {
  const used = new Set(repository.git('worktree', 'list', '--porcelain').split('\n'));
  const branches = repository.git('for-each-ref', '--format=%(refname)', 'refs/heads/copse').split('\n');
  return branches.filter((ref) => !used.has(`branch ${ref}`)).length;
}

function staleLocks(repository: ScratchRepository): number {
  const folders = [join(repository.path, '.git'), join(repository.stateDir, 'locks')];
  const names = folders.flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }));
  return names.filter((name) => name.endsWith('.lock') || name === 'admin' || name === 'locked').length;
}
