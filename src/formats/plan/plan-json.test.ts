import { expect, test } from 'vitest';
import { testPlan, testTask } from '../../core/plan/test-support.ts';
import { parsePlan } from './parse.ts';
import { planFromJson, planToJson } from './plan-json.ts';

const plan = testPlan([testTask('a'), testTask('b')]);
const json = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('a plan comes back as it was', () => {
  const { plan: parsed } = parsePlan(
    `agents: {m: "agent {prompt}", d: {use: demo}}
gates: {t: {run: x, metrics: {a: {regex: '(\\d)', baseline: {file: b.json}, max_regression: 1%}, b: {report: junit, min: 1}, c: {json: $.x, baseline: 3, max_regression: 0}}}}
tasks: {a: {prompt: x, waves: [one, two]}, b: {prompt: y, needs: a, scope: src}}`,
    { file: 'copse.yaml' },
  );
  if (parsed === null) throw new Error('not a plan');
  expect(planFromJson(json(planToJson(parsed)))).toEqual({ ok: true, value: parsed });
});

/** `value` with the part at `path` replaced. */
function replaced(value: unknown, [step, ...rest]: readonly (string | number)[], part: unknown): unknown {
  if (step === undefined) return part;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  return Object.assign(copy, { [step]: replaced((copy as Record<string, unknown>)[step], rest, part) });
}

test.each<[string, (string | number)[], unknown, string]>([
  ['a later version', ['v'], 2, 'plan of version 2, this program reads 1'],
  ['a missing field', ['plan', 'tasks', 1, 'title'], undefined, 'plan.tasks[1].title: expected text'],
  ['a bad id', ['plan', 'tasks', 0, 'id'], '../x', 'plan.tasks[0].id: expected a task id'],
  [
    'an unknown word',
    ['plan', 'merge', 'strategy'],
    'x',
    'plan.merge.strategy: expected merge, squash, rebase',
  ],
  ['no waves', ['plan', 'tasks', 0, 'waves'], [], 'plan.tasks[0].waves: expected at least one wave'],
  [
    'an unknown kind',
    ['plan', 'agents', 'demo', 'kind'],
    'x',
    'plan.agents.demo.kind: expected demo, command',
  ],
  ['a number that is none', ['plan', 'merge', 'slots'], '1', 'plan.merge.slots: expected a number'],
])('refuses %s', (_name, path, part, error) => {
  expect(planFromJson(replaced(json(planToJson(plan)), path, part))).toEqual({ ok: false, error });
});

test.each([null, 1, 'x', [], {}])('refuses %j', (value) => {
  expect(planFromJson(value).ok).toBe(false);
});

test('leaves out what a later version added', () => {
  const value = { ...planToJson(plan), plan: { ...plan, later: 1 } };
  expect(planFromJson(json(value))).toEqual({ ok: true, value: plan });
});
