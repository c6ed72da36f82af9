import { describe, expect, test } from 'vitest';
import type { Plan } from '../../core/plan/model.ts';
import { parsePlan } from './parse.ts';
import { planFromJson, planToJson } from './plan-json.ts';

function parsed(text: string): Plan {
  const { plan, problems } = parsePlan(text, { file: 'copse.yaml' });
  expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
  if (plan === null) throw new Error('no plan');
  return plan;
}

const reviewOf = (text: string): unknown => parsed(text).tasks[0]?.review ?? null;
const problemsOf = (text: string) =>
  parsePlan(text, { file: 'copse.yaml' })
    .problems.filter((problem) => problem.severity === 'error')
    .map(({ line, message }) => `${line} ${message}`);

const BY_DEFAULT = { agent: 'builder', minScore: 10, maxIterations: 5, onFail: 'escalate' };

describe('who reviews a task, and how', () => {
  const agents = 'agents: {builder: "b {prompt}", checker: "c {prompt}"}\n';
  test.each([
    ['nobody, where nothing is said', '', 'a: x', null],
    ['its own agent, by default', 'review: true\n', 'a: x', BY_DEFAULT],
    ['the role', 'roles: {review: checker}\nreview: true\n', 'a: x', { ...BY_DEFAULT, agent: 'checker' }],
    [
      'what the plan says',
      'roles: {review: checker}\nreview: {min_score: 8, max_iterations: 3, on_fail: warn}\n',
      'a: x',
      { agent: 'checker', minScore: 8, maxIterations: 3, onFail: 'warn' },
    ],
    [
      'the defaults over the plan, key by key',
      'review: {min_score: 8, max_iterations: 3}\ndefaults: {review: {min_score: 9}}\n',
      'a: x',
      { ...BY_DEFAULT, minScore: 9, maxIterations: 3 },
    ],
    ['nobody, where the task says so', 'review: {min_score: 8}\n', 'a: {prompt: x, review: false}', null],
    [
      'the task alone, where the plan says no',
      'review: false\n',
      'a: {prompt: x, review: {agent: checker, max_iterations: 1}}',
      { ...BY_DEFAULT, agent: 'checker', maxIterations: 1 },
    ],
    [
      'the task that turns it on again',
      'review: {min_score: 8}\ndefaults: {review: false}\n',
      'a: {prompt: x, review: true}',
      BY_DEFAULT,
    ],
    [
      'an agent that needs no definition',
      'roles: {review: codex}\nreview: true\n',
      'a: x',
      { ...BY_DEFAULT, agent: 'codex' },
    ],
  ])('%s', (_, head, task, expected) => {
    expect(reviewOf(`${agents}${head}tasks: {${task}}`)).toEqual(expected);
  });

  test('a wave can be left to the review of a later one', () => {
    const plan = parsed('review: true\ntasks: {a: {waves: [{prompt: one, review: false}, {prompt: two}]}}');
    expect(plan.tasks[0]?.waves.map((wave) => wave.isReviewed)).toEqual([false, undefined]);
  });

  test('all of it outlives the log', () => {
    const plan = parsed(
      'roles: {review: claude}\nreview: {min_score: 7}\ntasks: {a: {waves: [{prompt: one, review: false}, two]}, b: {prompt: y, review: false}}',
    );
    expect(planFromJson(JSON.parse(JSON.stringify(planToJson(plan))))).toEqual({ ok: true, value: plan });
  });

  test.each([
    ['review: {min_score: 11}', /score from 1 to 10/],
    ['review: {min_score: 0}', /score from 1 to 10/],
    ['review: {max_iterations: 0}', /from 1 to 20/],
    ['review: {max_iterations: 1000}', /from 1 to 20/],
    ['review: {on_fail: ignore}', /escalate, fail or warn/],
    ['review: {minscore: 4}', /min_score|minscore/],
    ['review: {agent: nobody}', /nobody/],
    ['review: yes please', /false, true, or a map/],
  ])('%s is refused', (review, why) => {
    expect(problemsOf(`${review}\ntasks: {a: x}`).join('\n')).toMatch(why);
  });
});

describe('a known client that judges', () => {
  const clientOf = (name: string) => {
    const agent = parsed(`roles: {review: ${name}}\nreview: true\ntasks: {a: {prompt: x, agent: demo}}`)
      .agents[name];
    return agent?.kind === 'command' ? agent.client?.review : null;
  };
  test.each([
    ['claude', ['--permission-mode plan', '--json-schema {schema}'], ['acceptEdits', 'Bash,Edit,Write']],
    ['codex', ['--sandbox read-only', '--output-schema {schema_file}', '{answer_file}'], ['workspace-write']],
    ['qwen', ['--approval-mode plan', '--json-schema {schema}'], ['--yolo']],
    ['gemini', ['--approval-mode plan'], ['--yolo', 'schema']],
    ['opencode', ['--agent plan'], ['--auto']],
  ])('%s only reads, and answers to a schema where it can', (name, has, hasNot) => {
    const review = clientOf(name);
    for (const command of [review?.run, review?.resume]) {
      for (const part of has) expect(command).toContain(part);
      for (const part of hasNot) expect(command).not.toContain(part);
    }
    expect(review?.resume).toContain('{session}');
  });
});
