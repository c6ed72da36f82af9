import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GIT_FAILPOINTS } from '../../src/adapters/git/index.ts';
import { PROCESS_FAILPOINTS } from '../../src/adapters/processes/failpoints.ts';
import { STORE_FAILPOINTS } from '../../src/adapters/store-sqlite/failpoints.ts';
import { ENGINE_FAILPOINTS } from '../../src/engine/failpoints.ts';
import { Scenario, type CrashTask } from './scenario.ts';

/** Effects of other runs, killed in tests of their own: below, in `src/engine/inbox`, `test/e2e/inbox.test.ts` and `test/e2e/review.test.ts`. */
const ELSEWHERE = [
  'act.stop-attempt',
  'act.take-in-branch',
  'publish.checkout',
  'publish.push',
  'act.resolve-conflict',
  'act.tag-target',
  'act.deliver-answer',
  'act.take-in-head',
  'act.run-review',
  'act.notify',
  'resolution.',
];

/** Names hit in a run that nobody disturbs. */
async function pointsOf(tasks?: readonly CrashTask[]): Promise<readonly string[]> {
  const scenario = new Scenario('trace', tasks);
  try {
    const file = join(scenario.scratch.root, 'trace');
    const end = await scenario.launch({ COPSE_FAILPOINTS_TRACE: file });
    expect(end.errors).toBe('');
    expect(await scenario.complaints()).toEqual([]);
    return [
      ...new Set(
        readFileSync(file, 'utf8')
          .split('\n')
          .filter((line) => line !== ''),
      ),
    ];
  } finally {
    scenario.dispose();
  }
}

/** One task, whose gate is red at first: a quarter of the time of all three, and it comes by most points. */
const FEW: readonly CrashTask[] = ['gamma'];
const hitByFew = await pointsOf(FEW);
const hit = await pointsOf();

describe('killed at a failpoint and started again', () => {
  test('a run hits every failpoint there is, but for those of what does not happen in it', () => {
    const all = [
      ...ENGINE_FAILPOINTS,
      ...GIT_FAILPOINTS,
      ...STORE_FAILPOINTS,
      ...PROCESS_FAILPOINTS.flatMap((name) => [`before:${name}`, `after:${name}`]),
    ];
    expect(
      all.filter((name) => !hit.includes(name) && !ELSEWHERE.some((part) => name.includes(part))),
    ).toEqual([]);
  });

  test.each(hit)('ends as if it had never died at %s', async (name) => {
    const scenario = new Scenario('crash', hitByFew.includes(name) ? FEW : undefined);
    try {
      const died = await scenario.launch({ COPSE_FAILPOINTS: `${name}=kill@1` });
      const isByTime = name.endsWith(':leader.renew') && died.code === 0;
      if (!isByTime) expect(died.signal, died.errors).toBe('SIGKILL');
      const end = await scenario.launch();
      expect(end.code, end.errors).toBe(0);
      expect(await scenario.complaints()).toEqual([]);
    } finally {
      scenario.dispose();
    }
  });
});

describe('killed while branches land on a checked-out target', () => {
  const points = ['act.take-in-branch', 'publish.checkout', 'publish.cas', 'act.publish', 'act.make-build'];
  test.each(points.flatMap((name) => [`before:${name}`, `after:${name}`]))('at %s', async (name) => {
    const scenario = new Scenario('merge');
    const { scratch } = scenario;
    try {
      for (const branch of ['one', 'two']) {
        scratch.git('checkout', '-q', '-b', branch, 'main');
        scratch.write(`${branch}.md`, branch);
        scratch.git('add', '-A');
        scratch.git('commit', '-q', '-m', branch);
      }
      scratch.git('checkout', '-q', 'main');
      const variables = { RIG_BRANCHES: 'one two' };
      const died = await scenario.launch({ ...variables, COPSE_FAILPOINTS: `${name}=kill@1` });
      expect(died.signal, died.errors).toBe('SIGKILL');
      const end = await scenario.launch(variables);
      expect(end.code, end.errors).toBe(0);
      const { state } = await scenario.state();
      expect(state?.queue.landed.toSorted()).toEqual(['one', 'two']);
      expect(scratch.git('status', '--porcelain')).toBe('');
      expect(scratch.git('ls-files', '*.md').split('\n')).toEqual(['one.md', 'two.md']);
      expect(scratch.git('log', '--format=%s', '--first-parent', 'main').match(/^Merge /gm)?.length).toBe(2);
    } finally {
      scenario.dispose();
    }
  });
});

describe('killed while a task is stopped', () => {
  test.each(['before:act.stop-attempt', 'after:act.stop-attempt'])('at %s', async (name) => {
    const scenario = new Scenario('stop');
    try {
      scenario.replacePlan((plan) => ({
        ...plan,
        tasks: plan.tasks.map((task) =>
          task.id === 'gamma' ? { ...task, prompt: 'Gamma\ndemo: stall' } : task,
        ),
      }));
      const variables = { RIG_STOPS: 'gamma' };
      const died = await scenario.launch({ ...variables, COPSE_FAILPOINTS: `${name}=kill@1` });
      expect(died.signal, died.errors).toBe('SIGKILL');
      const end = await scenario.launch(variables);
      expect(end.code, end.errors).toBe(0);
      const { state } = await scenario.state();
      expect([...(state?.tasks.values() ?? [])].map((task) => task.progress.kind)).toEqual([
        'landed',
        'landed',
        'stopped',
      ]);
      expect(scenario.orphans()).toEqual([]);
    } finally {
      scenario.dispose();
    }
  });
});
