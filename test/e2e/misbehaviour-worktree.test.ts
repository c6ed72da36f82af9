/** Agents that destroy their worktree, its link, or the whole repository: what can be made again is, what was saved stays. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';
import { isTextKept } from '../rig/world-checks.ts';

const RETRY = { max: 1, backoff: 'none', delayMs: 0, on: ['crash', 'no_change', 'violation'] } as const;

let run: FinishedRun;

beforeAll(async () => {
  run = await runPlan('worktree', {
    parallel: 4,
    tasks: {
      ...HONEST,
      vanished: {
        retries: RETRY,
        script: `if [ $attempt = 1 ]; then echo early > vanished-1.txt; save; rm -rf "$COPSE_WORKTREE"; exit 1; fi
test -f vanished-1.txt; echo late > vanished-2.txt; save`,
      },
      'vanished-well': { script: 'echo w > well.txt; save; rm -rf "$COPSE_WORKTREE"' },
      unlinked: { script: 'echo u > unlinked.txt; save; echo dirty > unlinked-dirty.txt; rm .git' },
      'own-repository': {
        script: `echo outer > outer.txt; save; rm .git; git init -q .; git add -A; git commit -qm mine
echo inner-bytes > inner.txt; git add -A; git commit -qm inner`,
      },
      'nested-repository': {
        script: `mkdir inner; cd inner; git init -q; echo nested-bytes > nested.txt; git add -A; git commit -qm nested`,
      },
      'admin-gone': { script: 'echo g > admin.txt; save; rm -rf "$(git rev-parse --absolute-git-dir)"' },
      redirected: { script: 'echo r > redirected.txt; save; echo "gitdir: $RIG/repo/.git" > .git' },
      'became-file': {
        script: 'echo f > became.txt; save; cd ..; rm -rf "$COPSE_WORKTREE"; echo file > "$COPSE_WORKTREE"',
      },
    },
  });
});

afterAll(() => run.dispose());

test('nothing that must hold after a run is broken', async () => {
  expect(await run.complaints(), run.story()).toEqual([]);
});

test('a deleted worktree is made again for the next attempt, with what had been committed', () => {
  expect(run.violations('vanished')).toContain('worktree-missing');
  expect(run.verdict('vanished')).toBe('crash');
  expect([run.landed('vanished-1.txt'), run.landed('vanished-2.txt')], run.story()).toEqual([
    'early',
    'late',
  ]);
});

test('a worktree deleted after the work was committed does not keep the work from landing', () => {
  expect(run.violations('vanished-well')).toContain('worktree-missing');
  expect(run.landed('well.txt'), run.story()).toBe('w');
});

test.each([
  ['unlinked', 'unlinked.txt', 'u'],
  ['unlinked', 'unlinked-dirty.txt', 'dirty'],
  ['admin-gone', 'admin.txt', 'g'],
  ['redirected', 'redirected.txt', 'r'],
  ['own-repository', 'outer.txt', 'outer'],
  ['own-repository', 'inner.txt', 'inner-bytes'],
])('a lost or replaced .git is written again and the files count (%s)', (task, path, content) => {
  expect(run.violations(task), run.story()).toContain('worktree-missing');
  expect(run.landed(path), run.story()).toBe(content);
});

test('a repository inside the worktree counts as files', () => {
  expect(run.verdict('nested-repository'), run.story()).toBe('committed');
  expect(run.landed('inner/nested.txt')).toBe('nested-bytes');
});

test('something else in the place of the worktree is left alone and a person is asked', () => {
  expect(run.violations('became-file')).toContain('worktree-missing (left)');
  expect(run.task('became-file').progress.kind, run.story()).toBe('needs-person');
  expect(isTextKept(run.scratch, 'f\n')).toBe(true);
});

test('a destroyed repository ends the run in order, and one command brings everything back', async () => {
  const ended = await runPlan('destroyed', {
    parallel: 2,
    tasks: {
      early: { script: 'echo early-bytes > early.txt; save' },
      destroyer: {
        needs: ['early'],
        script: 'echo last-bytes > last.txt; save; echo unsaved-bytes > unsaved.txt; rm -rf "$RIG/repo/.git"',
      },
      later: { needs: ['destroyer'], script: 'echo never > later.txt; save' },
    },
  });
  try {
    expect(await ended.complaints({ repositoryIsGone: true }), ended.story()).toEqual([
      expect.stringMatching(/^I3 commit [0-9a-f]+ is named/),
      ...ended.story().split('\n'),
    ]);
    expect(ended.violations('destroyer')).toContain('repository-damaged (left)');
    expect(ended.verdict('destroyer')).toBe('violation');
    expect(ended.attempt('destroyer').because).toContain('repository-damaged');
    const hint = ended.facts('destroyer').violations.find(({ what }) => what === 'repository-damaged');
    const command = /run: (.*)$/.exec(hint?.detail ?? '')?.[1] ?? 'false';
    for (const text of ['last-bytes', 'unsaved-bytes', 'early-bytes'])
      expect(isTextKept(ended.scratch, text), text).toBe(true);
    // As most people have it: the new repository is on a branch that is to be fetched.
    const config = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'init.defaultBranch',
      GIT_CONFIG_VALUE_0: 'main',
    };
    const env = { ...ended.scratch.environment, ...config };
    execFileSync('/bin/sh', ['-c', command], { env, stdio: 'pipe' });
    expect(ended.scratch.git('rev-parse', 'main')).toBe(ended.state.base);
    expect(ended.landed('early.txt')).toBe('early-bytes');
    expect(ended.scratch.git('tag', '--list')).toBe('v1');
  } finally {
    ended.dispose();
  }
});
