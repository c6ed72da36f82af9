import { expect, test } from 'vitest';
import { renderDiagnostic } from './diagnostic.ts';
import { parsePlan } from './parse.ts';

const render = (text: string): string =>
  parsePlan(text, { file: 'copse.yaml' })
    .problems.filter((problem) => problem.severity === 'error')
    .map((problem) => renderDiagnostic(problem, text))
    .join('\n\n');

test('says what, where, why and how, with the line of the plan', () => {
  expect(render('tasks:\n  api: Add paging\n  ui: {prompt: Scroll, needs: [apii]}\n'))
    .toBe(`error[E0310]: task "ui" needs "apii", and there is no such task
 --> copse.yaml:3:32
3 |   ui: {prompt: Scroll, needs: [apii]}
  |                                ^^^^ there is a task "api"
  = fix: needs: api         (copse plan check --fix)
  = more: copse explain E0310`);
});

test('cuts a long line around the mark', () => {
  const text = `tasks: {a: {prompt: ${'x'.repeat(300)}, neds: b, accept: ${'y'.repeat(300)}}}`;
  const [, , line = '', marks = ''] = render(text).split('\n');
  expect(line.length).toBeLessThan(115);
  expect(line.slice(marks.indexOf('^'), marks.lastIndexOf('^') + 1)).toBe('neds');
});

test('shows no control character and no mark of direction', () => {
  const text = 'tasks: {a: "x\u001b[31my\u202ez"}';
  // oxlint-disable-next-line no-control-regex -- it is what must not be there
  expect(render(text)).not.toMatch(/[\u001b\u202e]/);
  expect(render(text)).toContain('x·[31my·z');
});

test('prints a circle as a path', () => {
  const text = 'tasks: {a: {prompt: x, needs: c}, b: {prompt: x, needs: a}, c: {prompt: x, needs: b}}';
  expect(render(text)).toContain('needs go round in a circle: a → c → b → a');
});
