import { describe, expect, test } from 'vitest';
import type { TaskId } from '../ids.ts';
import type { Need, Plan, Scope, Task } from '../plan/model.ts';
import { testPlan, testTask } from '../plan/test-support.ts';
import { overlapOf, readScope } from '../separation/scope.ts';
import { forecastPlan } from './schedule.ts';

const need = (task: string, when: Need['when'] = 'merged'): Need => ({
  task: task as TaskId,
  wave: null,
  when,
});
const scope = (...include: string[]): Scope => ({ include, exclude: [], origin: 'declared' });
const shown = (plan: Plan, slots: number): string[] =>
  forecastPlan(plan, slots).schedule.map(
    (item) => `${item.task} ${item.startMinute}-${item.endMinute} @${item.slot}`,
  );

test.each<[string, Task[], number, string[]]>([
  [
    'the longest chain first',
    [
      testTask('x', { minutes: 10 }),
      testTask('a', { minutes: 10 }),
      testTask('b', { minutes: 20, needs: [need('a')] }),
    ],
    1,
    ['a 0-10 @1', 'b 10-30 @1', 'x 30-40 @1'],
  ],
  [
    'priority before length',
    [testTask('long', { minutes: 90 }), testTask('hot', { minutes: 5, priority: 0 })],
    1,
    ['hot 0-5 @1', 'long 5-95 @1'],
  ],
  ['plan order among equals', [testTask('b'), testTask('a')], 1, ['b 0-60 @1', 'a 60-120 @1']],
  [
    'overlapping scopes after each other',
    [
      testTask('a', { scope: scope('src/**') }),
      testTask('b', { scope: scope('src/x.ts') }),
      testTask('c', { scope: scope('docs/**') }),
    ],
    3,
    ['a 0-60 @1', 'c 0-60 @2', 'b 60-120 @1'],
  ],
  [
    'equal locks after each other',
    [testTask('a', { locks: ['db'] }), testTask('b', { locks: ['db', 'x'] })],
    2,
    ['a 0-60 @1', 'b 60-120 @1'],
  ],
  [
    'an exclusive task alone',
    [
      testTask('a', { minutes: 10 }),
      testTask('b', { minutes: 30, exclusive: true }),
      testTask('c', { minutes: 20 }),
    ],
    3,
    ['b 0-30 @1', 'c 30-50 @1', 'a 30-40 @2'],
  ],
  [
    'a need for the start at once',
    [testTask('a'), testTask('b', { needs: [need('a', 'started')] })],
    2,
    ['a 0-60 @1', 'b 0-60 @2'],
  ],
])('starts %s', (_name, tasks, slots, expected) => {
  expect(shown(testPlan(tasks), slots)).toEqual(expected);
});

test('runs overlapping scopes together when the plan allows it', () => {
  const plan = testPlan([testTask('a', { scope: scope('src') }), testTask('b', { scope: scope('src') })], {
    conflicts: { onOverlap: 'allow', enforceScope: 'off', ignore: [] },
  });
  expect(forecastPlan(plan, 2).makespanMinutes).toBe(60);
});

test('obeys the limit of an agent', () => {
  const plan = testPlan([testTask('a'), testTask('b'), testTask('c')]);
  expect(forecastPlan({ ...plan, limits: { ...plan.limits, agents: { demo: 1 } } }, 3).makespanMinutes).toBe(
    180,
  );
});

/** Small and seeded: the same plans on every run. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

describe('random plans', () => {
  const plans = Array.from({ length: 300 }, (_, seed) => {
    const next = random(seed + 1);
    const size = 1 + Math.floor(next() * 30);
    const tasks = Array.from({ length: size }, (_unused, at) => {
      const needs =
        at > 0 && next() < 0.6
          ? [need(`t${Math.floor(next() * at)}`, next() < 0.2 ? 'started' : 'merged')]
          : [];
      return testTask(`t${at}`, {
        minutes: 1 + Math.floor(next() * 100),
        needs,
        scope: next() < 0.3 ? scope(`m${Math.floor(next() * 4)}/**`) : scope(),
        locks: next() < 0.1 ? ['lock'] : [],
        exclusive: next() < 0.05,
      });
    });
    return { plan: testPlan(tasks), slots: 1 + Math.floor(next() * 6) };
  });

  test('every task runs once, on a free slot, after its needs and beside nothing that it excludes', () => {
    for (const { plan, slots } of plans) {
      const { schedule, makespanMinutes, lowerBoundMinutes } = forecastPlan(plan, slots);
      const byId = new Map(schedule.map((item) => [item.task, item]));
      expect(byId.size).toBe(plan.tasks.length);
      expect(makespanMinutes).toBeGreaterThanOrEqual(lowerBoundMinutes - 1e-9);
      for (const task of plan.tasks) {
        const own = byId.get(task.id);
        if (own === undefined) throw new Error(task.id);
        expect(own.slot).toBeLessThanOrEqual(slots);
        for (const { task: other, when } of task.needs) {
          const from = byId.get(other);
          expect(own.startMinute).toBeGreaterThanOrEqual(
            (when === 'started' ? from?.startMinute : from?.endMinute) ?? NaN,
          );
        }
        for (const other of plan.tasks) {
          const rival = byId.get(other.id);
          if (other === task || rival === undefined) continue;
          const meet = own.startMinute < rival.endMinute && rival.startMinute < own.endMinute;
          if (!meet) continue;
          expect(own.slot).not.toBe(rival.slot);
          expect(task.exclusive || other.exclusive).toBe(false);
          expect(task.locks.some((lock) => other.locks.includes(lock))).toBe(false);
          expect(overlapOf(readScope(task.scope), readScope(other.scope))).toBeNull();
        }
      }
    }
  });

  test('without locks and overlaps it stays within (2 - 1/slots) of the lower bound', () => {
    for (const { plan, slots } of plans) {
      const free = plan.tasks.map((task) => ({ ...task, locks: [], exclusive: false, scope: scope() }));
      const { makespanMinutes, lowerBoundMinutes } = forecastPlan({ ...plan, tasks: free }, slots);
      expect(makespanMinutes).toBeLessThanOrEqual((2 - 1 / slots) * lowerBoundMinutes + 1e-9);
    }
  });
});
