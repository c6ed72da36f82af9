/** Agents that commit what should not land: held back with the reason, or landed only through the gates of the plan. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PlanSketch, TaskSketch } from '../support/plan-builder.ts';
import { HONEST, TARGET, runPlan, type FinishedRun } from '../rig/run-plan.ts';

const SCOPE = { include: ['src/**'], exclude: [], origin: 'declared' } as const;
const OUTSIDE = { scope: SCOPE, script: 'echo in > src/in.txt; echo out > out-of-scope.txt; save' };

let run: FinishedRun;

beforeAll(async () => {
  run = await runPlan('content', {
    parallel: 4,
    tasks: {
      ...HONEST,
      outside: OUTSIDE,
      'gate-script': {
        script: `echo BROKEN > gamed.txt; printf 'exit 0\\n' > test.sh
printf 'gates:\\n  test: {run: "touch $RIG/own-gate"}\\n' > copse.yaml; save`,
      },
      'link-out': { script: 'ln -s /etc/passwd link-out; ln -s ../../../outside link-up; save' },
      'link-in': { script: 'ln -s src/shared.txt link-in; save' },
      gitlink: {
        script: `mkdir vendored; git -C vendored init -q; echo v > vendored/v.txt; git -C vendored add -A
git -C vendored commit -qm v; git add vendored 2>/dev/null; echo x > gitlink.txt; save`,
      },
      'dot-git': {
        script: `blob=$(echo '[core] fsmonitor = true' | git hash-object -w --stdin)
inner=$(printf '100644 blob %s\\tconfig\\n' "$blob" | git mktree)
tree=$( (git ls-tree HEAD; printf '040000 tree %s\\t.GIT\\n' "$inner") | git mktree)
git update-ref HEAD "$(git commit-tree -p HEAD -m trick "$tree")"`,
      },
      'case-fold': {
        script: `blob=$(echo upper | git hash-object -w --stdin)
git update-index --add --cacheinfo "100644,$blob,README.TXT"; git commit -qm fold; rec; git reset -q --hard`,
      },
      'odd-files': {
        script: `mkfifo pipe; mkdir -p deep/a; printf y > -rf; printf z > 'spa ce'; echo fine > odd.txt`,
      },
      removes: {
        script: 'git rm -q -r src readme.txt; git commit -qm gone; rec; echo r > removes.txt; save',
      },
    },
  });
});

afterAll(() => run.dispose());

test('nothing that must hold after a run is broken', async () => {
  expect(await run.complaints(), run.story()).toEqual([]);
});

test('changes outside the scope are recorded; with a warning they land', () => {
  expect(run.facts('outside').outOfScope).toEqual(['out-of-scope.txt']);
  expect(run.landed('out-of-scope.txt'), run.story()).toBe('out');
});

test('changes outside the scope are for a person where the plan blocks them', async () => {
  const plan: PlanSketch = { conflicts: { onOverlap: 'warn', enforceScope: 'block', ignore: [] } };
  const tasks: Record<string, TaskSketch> = { ...HONEST, outside: OUTSIDE };
  const ended = await runPlan('scope', { tasks, plan });
  try {
    expect(await ended.complaints(), ended.story()).toEqual([]);
    expect(ended.verdict('outside')).toBe('violation');
    expect(ended.task('outside').progress).toMatchObject({ kind: 'needs-person', cause: 'violation' });
    expect(ended.landed('src/in.txt')).toBeNull();
  } finally {
    ended.dispose();
  }
});

test('the command of a gate comes from the plan the run began with, whatever the branch says', () => {
  expect(run.verdict('gate-script')).toBe('committed');
  expect(existsSync(join(run.scratch.root, 'own-gate'))).toBe(false);
  expect(run.task('gate-script').gates.map(({ gate }) => gate)).toEqual(['test']);
});

test('links that leave the tree are a violation, others land', () => {
  expect(run.verdict('link-out'), run.story()).toBe('violation');
  expect(run.facts('link-out').unsafe).toEqual(['link-out', 'link-up']);
  expect(run.task('link-in').progress.kind, run.story()).toBe('landed');
});

test.each(['dot-git', 'case-fold'])(
  'names that another file system would misread never land (%s)',
  (task) => {
    expect(run.verdict(task), run.story()).toBe('violation');
    const names = run.scratch.git('ls-tree', '-r', '--name-only', TARGET).split('\n');
    expect(names.filter((name) => /^\.GIT\/|^README\.TXT$/.test(name))).toEqual([]);
  },
);

test('a repository inside the worktree never lands as a pointer to commits nobody has', () => {
  expect(run.verdict('gitlink'), run.story()).toBe('violation');
  expect(run.facts('gitlink').unsafe).toEqual(['vendored (a repository of its own)']);
  expect(run.scratch.git('ls-tree', '-r', TARGET)).not.toContain('160000');
});

test('names that look like options are only names, and a pipe is no file', () => {
  expect(run.facts('odd-files').committedOnBehalf, run.story()).not.toBeNull();
  const names = run.scratch.git('ls-tree', '-r', '-z', '--name-only', TARGET).split('\0');
  expect(names).toContain('odd.txt');
  expect(names).not.toContain('pipe');
});

test('a change that removes files lands as that', () => {
  expect(run.landed('removes.txt'), run.story()).toBe('r');
});
