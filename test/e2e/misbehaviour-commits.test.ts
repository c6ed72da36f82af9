/** Agents that use git in unexpected ways within their own branch: the work is found, or a person is asked; no commit is lost. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HONEST, runPlan, type FinishedRun } from '../rig/run-plan.ts';
import { isTextKept } from '../rig/world-checks.ts';

const RETRY = { max: 1, backoff: 'none', delayMs: 0, on: ['gate', 'no_change'] } as const;

/** Two versions of one line, so that merging or rebasing one onto the other conflicts. */
const CONFLICT = (id: string): string => `echo ${id}-left > src/shared.txt; save left
git branch ${id}-left; git reset -q --hard HEAD~1; echo ${id}-right > src/shared.txt; save right`;

let run: FinishedRun;

beforeAll(async () => {
  run = await runPlan('commits', {
    parallel: 4,
    tasks: {
      ...HONEST,
      dirty: { script: 'echo changed >> src/shared.txt; echo new > dirty.txt; echo skip > ignored-not.txt' },
      'half-committed': { script: 'echo 1 > half-1.txt; save; echo 2 > half-2.txt; git add half-2.txt' },
      elsewhere: { script: 'git checkout -q -b my/own; echo e > elsewhere.txt; save' },
      detached: { script: 'git checkout -q --detach; echo d > detached.txt; save' },
      'detached-dirty': { script: 'git checkout -q --detach; echo d > dd-1.txt; save; echo u > dd-2.txt' },
      parted: {
        script: `echo parted-own > parted-own.txt; save
git checkout -q -b parted/side HEAD~1; echo parted-side > parted-side.txt; save`,
      },
      amended: {
        retries: RETRY,
        script: `if [ $attempt = 1 ]; then echo BROKEN-first > amended.txt; save; exit; fi
echo fine > amended.txt; git add -A; git commit -q --amend -m amended; rec`,
      },
      'amended-twice': {
        script: `echo draft-one > twice.txt; save; echo draft-two > twice.txt; git commit -qa --amend -m two; rec
echo final > twice.txt; git commit -qa --amend -m three; rec`,
      },
      forced: {
        retries: RETRY,
        script: `if [ $attempt = 1 ]; then echo BROKEN-forced > forced.txt; save; exit; fi
git reset -q --hard HEAD~1; echo again > forced-2.txt; save`,
      },
      discarded: { script: 'echo thrown-away > discarded.txt; save; git reset -q --hard HEAD~1' },
      markers: {
        script: `printf 'a\\n<<<<<<< ours\\none\\n=======\\ntwo\\n>>>>>>> theirs\\n' > markers.txt; save`,
      },
      merging: { script: `${CONFLICT('merging')}; git merge -q merging-left || true` },
      rebasing: { script: `${CONFLICT('rebasing')}; git rebase -q rebasing-left || true` },
      picking: { script: `${CONFLICT('picking')}; git cherry-pick picking-left || true; exit 3` },
      stashing: { script: 'echo stashed-bytes > stashed.txt; git add -A; git stash -q' },
    },
  });
});

afterAll(() => run.dispose());

test('nothing that must hold after a run is broken: the noted commits are all reachable', async () => {
  expect(await run.complaints(), run.story()).toEqual([]);
  expect(run.task('dirty').progress.kind, run.story()).toBe('landed');
});

test('uncommitted work at a normal exit is committed on behalf of the task and lands', () => {
  expect(run.facts('dirty').committedOnBehalf).not.toBeNull();
  expect([run.landed('dirty.txt'), run.landed('src/shared.txt')]).toEqual([
    'new',
    'one\ntwo\nthree\nchanged',
  ]);
  expect(run.facts('half-committed').committedOnBehalf).not.toBeNull();
  expect([run.landed('half-1.txt'), run.landed('half-2.txt')]).toEqual(['1', '2']);
});

test.each([
  ['elsewhere', 'wrong-branch', 'elsewhere.txt', 'e'],
  ['detached', 'detached', 'detached.txt', 'd'],
  ['detached-dirty', 'detached', 'dd-1.txt', 'd'],
  ['detached-dirty', 'detached', 'dd-2.txt', 'u'],
])('commits made beside the branch are adopted (%s)', (task, what, path, content) => {
  expect(run.violations(task)).toContain(what);
  expect(run.verdict(task), run.story()).toBe('committed');
  expect(run.landed(path)).toBe(content);
});

test('commits that part from the branch are for a person, and both sides are kept', () => {
  expect(run.violations('parted')).toContain('wrong-branch (left)');
  expect(run.verdict('parted')).toBe('violation');
  expect(run.task('parted').progress).toMatchObject({ kind: 'needs-person', cause: 'violation' });
  expect(['parted-own', 'parted-side'].filter((text) => !isTextKept(run.scratch, `${text}\n`))).toEqual([]);
});

test('a commit that was recorded and then amended, or thrown away by force, is kept', () => {
  expect([run.verdict('amended', 2), run.verdict('forced', 2)]).toEqual(['committed', 'committed']);
  expect(run.landed('amended.txt')).toBe('fine');
  expect([run.landed('forced.txt'), run.landed('forced-2.txt')]).toEqual([null, 'again']);
  expect(['BROKEN-first', 'BROKEN-forced'].filter((text) => !isTextKept(run.scratch, text))).toEqual([]);
});

test('commits amended or thrown away within one attempt are kept although they were never recorded', () => {
  expect(run.landed('twice.txt')).toBe('final');
  expect(run.verdict('discarded')).toBe('no_change');
  const texts = ['draft-one', 'draft-two', 'thrown-away'];
  expect(texts.filter((text) => !isTextKept(run.scratch, text))).toEqual([]);
});

test('conflict markers are a violation and never land', () => {
  expect(run.facts('markers').conflictMarkers).toEqual(['markers.txt']);
  expect(run.verdict('markers')).toBe('violation');
  expect(run.landed('markers.txt')).toBeNull();
});

test.each(['merging', 'rebasing'])('a %s left half done is ended, its conflict does not land', (task) => {
  expect(run.violations(task)).toContain('detached');
  expect(run.verdict(task)).toBe('violation');
  expect(run.facts(task).conflictMarkers).toEqual(['src/shared.txt']);
  const texts = [`${task}-left\n`, `${task}-right\n`];
  expect(texts.filter((text) => !isTextKept(run.scratch, text))).toEqual([]);
});

test('a cherry-pick left half done at a crash is ended and saved', () => {
  expect(run.violations('picking')).toContain('detached');
  expect(run.facts('picking').salvageRef).not.toBeNull();
  expect(isTextKept(run.scratch, 'picking-left\n')).toBe(true);
});

test('work that was stashed is no change, and kept', () => {
  expect(run.verdict('stashing')).toBe('no_change');
  expect(isTextKept(run.scratch, 'stashed-bytes')).toBe(true);
});
