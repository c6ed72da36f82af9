/** Killed while a conflict is resolved, a green end is tagged, or a landing is pushed: the next start ends it the same way. */
import { expect, test } from 'vitest';
import type { TaskId } from '../../src/core/ids.ts';
import { Scenario } from './scenario.ts';

const beforeAndAfter = (names: readonly string[]): readonly string[] =>
  names.flatMap((name) => [`before:${name}`, `after:${name}`]);

/** Two tasks that write the same line, an agent that settles it, a tag at the end. */
function conflicting(): Scenario {
  const scenario = new Scenario('conflict', ['alpha', 'gamma']);
  scenario.replacePlan((plan) => ({
    ...plan,
    agents: {
      ...plan.agents,
      fixer: { kind: 'demo', name: 'fixer', parallel: null, instructions: 'demo: write same.txt both' },
    },
    merge: { ...plan.merge, conflicts: ['auto', 'agent', 'human'], resolver: 'fixer', tag: 'green' },
    tasks: plan.tasks.map((task) => ({ ...task, prompt: `${task.id}\ndemo: write same.txt ${task.id}` })),
  }));
  return scenario;
}

test.each(
  beforeAndAfter([
    'act.resolve-conflict',
    'resolution.open',
    'resolution.record',
    'resolution.close',
    'act.tag-target',
  ]),
)('a conflict that an agent settles, killed at %s', async (name) => {
  const scenario = conflicting();
  const { scratch } = scenario;
  try {
    const died = await scenario.launch({ COPSE_FAILPOINTS: `${name}=kill@1` });
    expect(died.signal, died.errors).toBe('SIGKILL');
    const end = await scenario.launch();
    expect(end.code, end.errors).toBe(0);
    const { state, chain } = await scenario.state();
    expect(chain).toBeNull();
    expect(state?.life).toMatchObject({ kind: 'finished', outcome: 'done' });
    const kinds = ['alpha', 'gamma'].map((id) => state?.tasks.get(id as TaskId)?.progress.kind);
    expect(kinds).toEqual(['landed', 'landed']);
    expect(scratch.git('show', 'copse/integration:same.txt')).toBe('both');
    expect(scratch.git('rev-parse', 'green')).toBe(scratch.git('rev-parse', 'copse/integration'));
    const made = scratch.git('rev-list', '--first-parent', 'main..copse/integration').split('\n');
    expect(made).toHaveLength(2);
    expect(scratch.git('worktree', 'list').split('\n')).toHaveLength(1);
    expect(scratch.git('status', '--porcelain')).toBe('');
    expect(scenario.orphans()).toEqual([]);
  } finally {
    scenario.dispose();
  }
});

test.each(beforeAndAfter(['publish.push', 'act.publish']))(
  'branches that land on a remote, killed at %s, are pushed once',
  async (name) => {
    const scenario = new Scenario('remote');
    const { scratch } = scenario;
    try {
      scratch.git('clone', '-q', '--bare', '.', '../origin.git');
      scratch.git('remote', 'add', 'origin', '../origin.git');
      for (const branch of ['one', 'two']) {
        scratch.git('checkout', '-q', '-b', branch, 'main');
        scratch.write(`${branch}.md`, branch);
        scratch.git('add', '-A');
        scratch.git('commit', '-q', '-m', branch);
      }
      scratch.git('checkout', '-q', 'main');
      const before = scratch.git('rev-parse', 'main');
      const variables = { RIG_BRANCHES: 'one two', RIG_REMOTE: 'origin' };
      const died = await scenario.launch({ ...variables, COPSE_FAILPOINTS: `${name}=kill@1` });
      expect(died.signal, died.errors).toBe('SIGKILL');
      const end = await scenario.launch(variables);
      expect(end.code, end.errors).toBe(0);
      const { state } = await scenario.state();
      expect(state?.queue.landed.toSorted()).toEqual(['one', 'two']);
      const there = (...args: string[]): string => scratch.git('--git-dir=../origin.git', ...args);
      expect(there('log', '--format=%s', '--first-parent', 'main').match(/^Merge /gm)).toHaveLength(2);
      expect(there('ls-tree', '--name-only', 'main', 'one.md', 'two.md').split('\n')).toHaveLength(2);
      expect(scratch.git('rev-parse', 'main')).toBe(before);
      expect(scratch.git('status', '--porcelain')).toBe('');
    } finally {
      scenario.dispose();
    }
  },
);
