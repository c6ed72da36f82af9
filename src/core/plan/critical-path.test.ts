import { expect, test } from 'vitest';
import type { TaskId } from '../ids.ts';
import { criticalPath } from './critical-path.ts';
import type { Need, Task } from './model.ts';
import { planMermaid, planOutline } from './outline.ts';
import { testPlan, testTask } from './test-support.ts';

const need = (task: string, when: Need['when'] = 'merged'): Need => ({
  task: task as TaskId,
  wave: null,
  when,
});
const task = (id: string, minutes: number, needs: Need[] = []): Task => testTask(id, { minutes, needs });

test('is the longest chain, with the slack of the rest', () => {
  const { path, minutes, timings } = criticalPath([
    task('a', 10),
    task('b', 30, [need('a')]),
    task('c', 5, [need('a')]),
    task('d', 10, [need('b'), need('c')]),
  ]);
  expect(path).toEqual(['a', 'b', 'd']);
  expect(minutes).toBe(50);
  expect(timings.map(({ id, earliestStart, slack }) => [id, earliestStart, slack])).toEqual([
    ['a', 0, 0],
    ['b', 10, 0],
    ['c', 10, 25],
    ['d', 40, 0],
  ]);
});

test('a need for the start lets both run at once', () => {
  expect(criticalPath([task('a', 10), task('b', 30, [need('a', 'started')])])).toMatchObject({
    minutes: 30,
    path: ['a', 'b'],
  });
});

test('of no tasks it is empty', () => {
  expect(criticalPath([])).toEqual({ path: [], minutes: 0, timings: [] });
});

test('a chain of 20,000 is no trouble', () => {
  const chain = Array.from({ length: 20_000 }, (_, at) =>
    task(`t${at}`, 1, at === 0 ? [] : [need(`t${at - 1}`)]),
  );
  expect(criticalPath(chain).minutes).toBe(20_000);
});

test('the outline puts each task once, under the first of its needs', () => {
  const plan = testPlan([
    task('a', 1),
    task('b', 1, [need('a')]),
    task('c', 1, [need('b'), need('a')]),
    task('d', 1),
  ]);
  expect(planOutline(plan).map(({ id, depth, alsoNeeds }) => [id, depth, alsoNeeds])).toEqual([
    ['a', 0, []],
    ['b', 1, []],
    ['c', 2, ['a']],
    ['d', 0, []],
  ]);
});

test('the diagram escapes what a title could add to it', () => {
  const plan = testPlan([
    { ...task('a', 1), title: 'x"]; click a "javascript:1"' },
    task('b', 1, [need('a', 'started')]),
  ]);
  expect(planMermaid(plan)).toBe(
    'flowchart LR\n  t0["a: x#34;#93;; click a #34;javascript:1#34;"]\n  t1["b: b"]\n  t0 -->|started| t1\n',
  );
});
