/** Agents that move or delete refs that are not theirs: put back, recorded, and the landing of others goes on. */
import { afterEach, expect, test } from 'vitest';
import { HONEST, TARGET, runPlan, type FinishedRun, type PlanRun } from '../rig/run-plan.ts';
import type { Scratch } from '../rig/scratch.ts';
import { isTextKept } from '../rig/world-checks.ts';

let run: FinishedRun | null = null;

afterEach(() => {
  run?.dispose();
  run = null;
});

async function misbehave(name: string, script: string, more: Partial<PlanRun> = {}): Promise<FinishedRun> {
  run = await runPlan(name, { ...more, tasks: { ...HONEST, rogue: { script }, ...more.tasks } });
  return run;
}

/** Of whichever attempt ended first after it: whose agent did it cannot be told. */
function refViolations(ended: FinishedRun): readonly boolean[] {
  const facts = [...ended.state.attempts.values()].flatMap((attempt) => attempt.facts?.violations ?? []);
  return facts.filter(({ what }) => what.startsWith('ref-')).map(({ repaired }) => repaired);
}

const SPOILS = [
  ['moves the target back', `git update-ref refs/heads/${TARGET} main~1`, 1],
  ['pushes its work to the target', `git push -q . HEAD:${TARGET}`, 1],
  ['deletes the target', `git update-ref -d refs/heads/${TARGET}`, 1],
  ['makes the target symbolic', `git symbolic-ref refs/heads/${TARGET} refs/heads/copse/rogue`, 1],
  ['moves main to its own work and deletes a tag', 'git update-ref refs/heads/main HEAD; git tag -d v1', 2],
  [
    'deletes main and a branch and moves a tag',
    'git update-ref -d refs/heads/main; git branch -q -D someone/else; git tag -f v1 HEAD',
    3,
  ],
] as const;

test.each(SPOILS)(
  'an agent that %s: it is put back, recorded, and everybody lands',
  async (_what, spoil, count) => {
    const ended = await misbehave('refs', `echo rogue > rogue.txt; save; ${spoil}`, {
      prepare: (scratch: Scratch) => scratch.git('commit', '-q', '--allow-empty', '-m', 'second'),
    });
    expect(await ended.complaints(), ended.story()).toEqual([]);
    expect(refViolations(ended)).toEqual(Array.from({ length: count }, () => true));
    expect(ended.state.life, ended.story()).toMatchObject({ kind: 'finished', outcome: 'done' });
    expect(ended.landed('rogue.txt')).toBe('rogue');
  },
);

test("an agent that moves another task's branch: it is put back and both land", async () => {
  const ended = await misbehave(
    'sibling',
    `until test -e "$RIG/victim-done"; do sleep 0.02; done
echo rogue > rogue.txt; save; git update-ref refs/heads/copse/victim HEAD`,
    {
      tasks: {
        // Ends only when its branch is back where it left it.
        victim: {
          script: `echo victim > victim.txt; save; mine=$(git rev-parse HEAD); touch "$RIG/victim-done"
until test "$(git rev-parse HEAD)" != "$mine"; do sleep 0.02; done
until test "$(git rev-parse HEAD)" = "$mine"; do sleep 0.02; done`,
        },
      },
    },
  );
  expect(await ended.complaints(), ended.story()).toEqual([]);
  expect(refViolations(ended)).toEqual([true]);
  expect([ended.landed('victim.txt'), ended.landed('rogue.txt')], ended.story()).toEqual(['victim', 'rogue']);
});

test('a target that is astray while another attempt begins and ends is not led astray again', async () => {
  const ended = await misbehave(
    'astray',
    `echo rogue > rogue.txt; save; git update-ref refs/heads/${TARGET} HEAD; touch "$RIG/moved"
until test -e "$RIG/late-started"; do sleep 0.02; done`,
    {
      parallel: 2,
      tasks: {
        'honest-a': {
          script: 'until test -e "$RIG/moved"; do sleep 0.02; done; echo a > honest-a.txt; save',
        },
        'honest-b': { script: 'echo b > honest-b.txt; save; touch "$RIG/late-started"' },
      },
    },
  );
  expect(await ended.complaints(), ended.story()).toEqual([]);
  expect(ended.state.life, ended.story()).toMatchObject({ kind: 'finished', outcome: 'done' });
});

test('a branch or tag that is made meanwhile, perhaps by the user, is nobody’s violation', async () => {
  const ended = await misbehave(
    'user',
    `git -C "$RIG/repo" branch -q mine; git -C "$RIG/repo" tag mine-1
echo rogue > rogue.txt; save`,
  );
  expect(ended.violations('rogue')).toEqual(['ref-created (left)', 'ref-created (left)']);
  expect(ended.verdict('rogue'), ended.story()).toBe('committed');
  expect(ended.landed('rogue.txt')).toBe('rogue');
  expect(ended.scratch.git('branch', '--list', 'mine')).toContain('mine');
});

test('gc, prune and a dropped stash lose nothing that was recorded or was the user’s', async () => {
  const ended = await misbehave(
    'gc',
    `until test -e "$RIG/a-landed"; do sleep 0.02; done
git stash drop -q; git reflog expire --expire=now --all; git worktree prune --expire=now; git gc -q --prune=now
echo rogue > rogue.txt; save`,
    {
      prepare: (scratch) => {
        for (const text of ['stashed-older', 'stashed-newer']) {
          scratch.write('readme.txt', `${text}\n`);
          scratch.git('stash', 'push', '-q', '-m', text);
        }
      },
      tasks: {
        'honest-a': {
          script: 'echo draft-a > honest-a.txt; save; echo a > honest-a.txt; git commit -qa --amend -m a',
        },
        after: { needs: ['honest-a', 'honest-b'], script: 'touch "$RIG/a-landed"; echo x > after.txt; save' },
      },
    },
  );
  expect(await ended.complaints(), ended.story()).toEqual([]);
  expect(ended.landed('rogue.txt'), ended.story()).toBe('rogue');
  const texts = ['draft-a', 'stashed-older', 'stashed-newer'];
  expect(texts.filter((text) => !isTextKept(ended.scratch, text))).toEqual([]);
});

test('a cleared stash is put back', async () => {
  const ended = await misbehave('stash', 'git stash clear; echo rogue > rogue.txt; save', {
    prepare: (scratch) => {
      scratch.write('readme.txt', 'stashed-bytes\n');
      scratch.git('stash', 'push', '-q');
    },
  });
  expect(await ended.complaints(), ended.story()).toEqual([]);
  expect(refViolations(ended)).toEqual([true]);
  expect(ended.scratch.git('stash', 'show', '-p', 'stash@{0}')).toContain('stashed-bytes');
});
