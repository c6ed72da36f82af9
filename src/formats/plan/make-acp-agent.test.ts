import { describe, expect, test } from 'vitest';
import { acpPresetNames } from '../agents/acp-presets.ts';
import { parsePlan } from './parse.ts';
import { planFromJson, planToJson } from './plan-json.ts';

const parsed = (agents: string) =>
  parsePlan(`agents: {${agents}}\ntasks: {a: {prompt: x, agent: x}}\n`, { file: 'copse.yaml' });
const agentOf = (agents: string): unknown => parsed(agents).plan?.agents['x'];

test('a command that speaks ACP', () => {
  expect(agentOf('x: {acp: "my-agent --acp", permissions: ask, model: big, pass_env: KEY}')).toMatchObject({
    kind: 'command',
    run: 'my-agent --acp',
    promptVia: 'stdin',
    passEnv: ['KEY'],
    client: { output: 'copse', resume: 'my-agent --acp', account: 'x' },
    acp: { permissions: 'ask', model: 'big', offersFiles: true, auth: null },
  });
});

test('a known one, with its model by flag where it has one, and the account of its other form', () => {
  expect(agentOf('x: {use: gemini-acp, model: flash, args: --debug}')).toMatchObject({
    run: 'gemini --acp --skip-trust -m flash --debug',
    client: { account: 'gemini' },
    acp: { permissions: 'edit', model: null, offersFiles: false },
  });
  expect(agentOf('x: {use: opencode-acp, model: a/b, permissions: ask}')).toMatchObject({
    run: 'opencode acp',
    env: { OPENCODE_PERMISSION: expect.stringContaining('ask') as string },
    acp: { permissions: 'ask', model: 'a/b' },
  });
  expect(agentOf('codex-acp: {parallel: 2}, x: {use: codex-acp, permissions: full}')).toMatchObject({
    env: { INITIAL_AGENT_MODE: 'agent-full-access' },
    parallel: 2,
  });
});

test.each(acpPresetNames())('%s can be named without being defined', (name) => {
  const text = `gates: {t: "true"}\ntasks: {a: {prompt: x, agent: ${name}}}\n`;
  const { plan, problems } = parsePlan(text, { file: 'copse.yaml' });
  expect(problems).toEqual([]);
  expect(plan?.agents[name]).toMatchObject({ kind: 'command', acp: { permissions: 'edit' } });
});

describe('refuses', () => {
  test.each([
    ['x: {acp: "a {prompt}"}', 'E0209', 'takes a prompt'],
    ['x: {acp: a, prompt_via: file}', 'E0209', 'prompt_via'],
    ['x: {acp: a, output: claude}', 'E0209', 'output'],
    ['x: {acp: a, args: b}', 'E0209', 'args'],
    ['x: {acp: a, run: b}', 'E0208', 'both acp and run'],
    ['x: {acp: a, use: gemini}', 'E0208', 'both use and acp'],
    ['x: {use: claude, permissions: ask}', 'E0209', 'cannot ask a person'],
    ['x: {run: "a {prompt}", permissions: ask}', 'E0209', 'cannot ask a person'],
  ])('%s', (agents, code, words) => {
    const found = parsed(agents).problems.find((problem) => problem.code === code);
    expect(found?.message).toContain(words);
  });
});

test('survives the log', () => {
  const { plan } = parsed('x: {use: gemini-acp, permissions: plan}');
  if (plan === null) throw new Error('no plan');
  expect(planFromJson(JSON.parse(JSON.stringify(planToJson(plan))))).toEqual({ ok: true, value: plan });
});
