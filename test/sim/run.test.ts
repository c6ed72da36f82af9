import { expect, test } from 'vitest';
import { bayesPlanner, serialPlanner } from '../../src/core/mergequeue/index.ts';
import type { RunEvent } from '../../src/core/run/events.ts';
import { planOf } from '../support/plan-builder.ts';
import type { TaskSketch } from '../support/plan-builder.ts';
import { simulate } from './pure-run.ts';
import { diceOf } from './pure-world.ts';
import type { Odds } from './pure-world.ts';

/** Of the whole suite; every one of them is followed by a check of all invariants. */
const STEPS = 1_000_000;

const CALM: Odds = { crash: 0.02, noChange: 0.02, red: 0.03, conflict: 0.01, refuse: 0, raced: 0.01 };
const ROUGH: Odds = { crash: 0.2, noChange: 0.15, red: 0.3, conflict: 0.1, refuse: 0.01, raced: 0.1 };

function randomPlan(seed: number) {
  const dice = diceOf(seed);
  const count = 1 + Math.floor(dice.next() * 8);
  const tasks: Record<string, TaskSketch> = {};
  for (let index = 0; index < count; index += 1) {
    const needs = Array.from({ length: index }, (_, other) => `t${other}`).filter(() => dice.next() < 0.2);
    const waves = Array.from({ length: 1 + Math.floor(dice.next() * 3) }, (_, wave) => `wave ${wave + 1}`);
    const locks = dice.next() < 0.2 ? ['lock'] : [];
    const onFail = (['escalate', 'fail', 'warn'] as const)[Math.floor(dice.next() * 3)] ?? 'fail';
    const review =
      dice.next() < 0.4
        ? { agent: 'demo', minScore: 6, maxIterations: 1 + Math.floor(dice.next() * 5), onFail }
        : null;
    tasks[`t${index}`] = { needs, waves, locks, exclusive: dice.next() < 0.1, review };
  }
  return planOf(tasks, {
    gates: { test: {}, lint: { at: ['wave', 'merge'] }, soak: { at: ['end'] } },
    merge: {
      into: null,
      strategy: 'merge',
      slots: 1 + Math.floor(dice.next() * 4),
      everyCommit: dice.next() < 0.2,
      onFailure: 'eject',
      update: 'auto',
      conflicts: ['auto', 'human'],
      resolver: null,
      tag: null,
    },
  });
}

test(`every run ends and every invariant holds at each of ${STEPS} steps`, () => {
  let steps = 0;
  let runs = 0;
  const kinds = new Map<string, number>();
  for (let seed = 1; steps < STEPS; seed += 1) {
    const planner = seed % 8 === 0 ? bayesPlanner : serialPlanner;
    const odds = seed % 3 === 0 ? ROUGH : CALM;
    const result = simulate(seed, randomPlan(seed), odds, { maxSteps: 20_000, crashes: 0.01, planner });
    expect(result.broken, `seed ${seed}`).toEqual([]);
    expect(result.ended, `seed ${seed} did not end`).toBe(true);
    steps += result.steps;
    runs += 1;
    for (const task of result.state.tasks.values()) {
      kinds.set(task.progress.kind, (kinds.get(task.progress.kind) ?? 0) + 1);
    }
  }
  expect(runs).toBeGreaterThan(1_000);
  for (const kind of ['landed', 'failed', 'needs-person', 'stopped', 'skipped']) {
    expect(kinds.get(kind) ?? 0, `no task ended ${kind}`).toBeGreaterThan(100);
  }
});

test('a queue that called red trees green would be caught', () => {
  const corrupt = (event: RunEvent): RunEvent =>
    event.kind === 'gates.finished' && event.subject.kind === 'build'
      ? { ...event, verdict: 'green' }
      : event;
  expect(firstBroken(corrupt)).toMatch(/^I2 /);
});

test('a landing recorded twice would be caught', () => {
  const corrupt = (event: RunEvent): RunEvent =>
    event.kind === 'landed' ? { ...event, changes: [...event.changes, ...event.changes] } : event;
  expect(firstBroken(corrupt)).toMatch(/^I5 /);
});

test('a rewritten target closes the queue and the run still ends', () => {
  let count = 0;
  const corrupt = (event: RunEvent): RunEvent => {
    if (event.kind !== 'target.moved' || event.to === null) return event;
    count += 1;
    return count % 2 === 0 ? event : { ...event, how: 'rewritten' };
  };
  const results = Array.from({ length: 40 }, (_, seed) =>
    simulate(seed + 1, randomPlan(seed + 1), ROUGH, { maxSteps: 20_000, crashes: 0, corrupt }),
  );
  expect(results.some((result) => !result.state.queue.isOpen)).toBe(true);
  expect(results.every((result) => result.broken.length === 0 && result.ended)).toBe(true);
});

test('an outcome that never reaches the log leaves the run unfinished', () => {
  const corrupt = (event: RunEvent): RunEvent | null => (event.kind === 'build.made' ? null : event);
  const certain: Odds = { crash: 0, noChange: 0, red: 0, conflict: 0, refuse: 0, raced: 0 };
  const plan = planOf({ a: {}, b: {} }, { gates: { test: {} } });
  expect(simulate(1, plan, certain, { maxSteps: 3_000, crashes: 0 }).ended).toBe(true);
  expect(simulate(1, plan, certain, { maxSteps: 3_000, crashes: 0, corrupt }).ended).toBe(false);
});

/** The first invariant that breaks over some seeds; empty when the bug goes unseen. */
function firstBroken(corrupt: (event: RunEvent) => RunEvent | null): string {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { broken } = simulate(seed, randomPlan(seed), ROUGH, { maxSteps: 20_000, crashes: 0, corrupt });
    if (broken[0] !== undefined) return broken[0];
  }
  return '';
}
