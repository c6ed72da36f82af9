import { describe, expect, test } from 'vitest';
import type { Plan } from '../../core/plan/model.ts';
import { parsePlan } from '../plan/parse.ts';
import { lacksApproval } from './compose.ts';

function agentOf(text: string, name: string): Plan['agents'][string] | undefined {
  const { plan, problems } = parsePlan(text, { file: 'copse.yaml' });
  expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
  return plan?.agents[name];
}

describe('an agent that is known by name', () => {
  test('needs no definition', () => {
    expect(agentOf('tasks: {a: {prompt: x, agent: claude, fallback: codex}}', 'claude')).toMatchObject({
      kind: 'command',
      run: 'claude -p --output-format stream-json --verbose --permission-mode acceptEdits --allowedTools Bash,Edit,Write',
      promptVia: 'stdin',
      client: { output: 'claude', account: 'claude' },
    });
    expect(agentOf('tasks: {a: {prompt: x, agent: claude, fallback: codex}}', 'codex')).toMatchObject({
      run: 'codex exec --json -C {worktree} --skip-git-repo-check --sandbox workspace-write --add-dir {git_common_dir} --add-dir {git_dir} -',
      client: { resume: expect.stringContaining(' resume {session} -') },
    });
  });

  test('takes settings from the plan, under its own name or another', () => {
    const plan = `
agents:
  claude: {model: opus, args: [--max-turns, "30"]}
  reviewer: {use: claude, permissions: plan, account: second, env: {X: 1}}
tasks: {a: {prompt: x, agent: claude}, b: {prompt: y, agent: reviewer}}`;
    expect(agentOf(plan, 'claude')).toMatchObject({
      run: expect.stringContaining(' --model opus --max-turns 30'),
      client: { model: 'opus' },
    });
    expect(agentOf(plan, 'reviewer')).toMatchObject({
      name: 'reviewer',
      run: expect.stringContaining(' --permission-mode plan --model opus'),
      client: { account: 'second' },
      env: { X: '1' },
    });
  });

  test('a command of the plan can have a language, a way to go on and an account', () => {
    const plan = `
agents:
  mine: {run: "mine {prompt}", resume: "mine --continue {session} {prompt}", output: claude, account: team, model: gpt-5}
tasks: [x]`;
    expect(agentOf(plan, 'mine')).toMatchObject({
      run: 'mine {prompt}',
      client: {
        output: 'claude',
        resume: 'mine --continue {session} {prompt}',
        account: 'team',
        model: 'gpt-5',
      },
    });
  });

  test.each([
    ['agents: {m: {use: amp, permissions: plan}}\ntasks: [x]', 'E0209'],
    ['agents: {m: {use: claude, resume: "x {session}"}}\ntasks: [x]', 'E0209'],
    ['agents: {m: {run: "m {prompt}", permissions: plan}}\ntasks: [x]', 'E0209'],
    ['agents: {m: {run: "claude -p {prompt}"}}\ntasks: [x]', 'E0340'],
  ])('%s', (text, code) => {
    expect(parsePlan(text, { file: 'copse.yaml' }).problems.map((problem) => problem.code)).toContain(code);
  });
});

test.each([
  ['claude -p {prompt}', true],
  ['/usr/bin/claude -p --dangerously-skip-permissions {prompt}', false],
  ['codex exec {prompt}', true],
  ['codex exec --full-auto {prompt}', false],
  ['gemini -p {prompt}', true],
  ['opencode run {prompt}', false],
  ['my-agent {prompt}', false],
])('%s lacks leave to work: %s', (run, expected) => {
  expect(lacksApproval(run)).toBe(expected);
});

test('budgets and prices of a plan', () => {
  const { plan, problems } = parsePlan(
    `
budget: {usd: 60, time: 12h, on_exceed: stop}
defaults: {budget: {usd: 8}}
prices: {my-model: {input: 2, output: 8}}
agents: {demo: {use: demo}}
tasks: {a: x, b: {prompt: y, budget: {tokens: 5000, on_exceed: warn}}}`,
    { file: 'copse.yaml' },
  );
  expect(problems.map((problem) => problem.severity)).not.toContain('error');
  expect(plan?.budget).toEqual({ usd: 60, tokens: null, timeMs: 43_200_000, onExceed: 'stop' });
  expect(plan?.tasks.map((task) => task.budget)).toEqual([
    { usd: 8, tokens: null, timeMs: null, onExceed: 'stop' },
    { usd: null, tokens: 5_000, timeMs: null, onExceed: 'warn' },
  ]);
  expect(plan?.prices).toEqual({ 'my-model': { input: 2, output: 8, cacheRead: 0.2, cacheWrite: 2 } });
});
