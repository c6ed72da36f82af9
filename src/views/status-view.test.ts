import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { busyStory, finishedStory, heldStory, mergeStory } from './fixtures/sample-runs.ts';
import { Story, sketchPlan } from './fixtures/view-run.ts';
import { problemsWith } from './fixtures/json-schema.ts';
import type { Schema } from './fixtures/json-schema.ts';
import { reduce } from '../core/run/reduce.ts';
import type { RunState } from '../core/run/state.ts';
import { mergeView } from './merge-view.ts';
import { reportView } from './report-view.ts';
import { statusView } from './status-view.ts';

const load = (name: string): Schema =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, `../../schema/${name}.v1.json`), 'utf8')) as Schema;
const statusSchema = load('status');
const reportSchema = load('report');

const STORIES = { busy: busyStory, finished: finishedStory, merge: mergeStory, held: heldStory };
const roundTrip = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('statusView', () => {
  test.each(Object.entries(STORIES))('of a %s run fits the schema at every event', (_name, tell) => {
    const { events, nowMs } = tell();
    let state: RunState | null = null;
    for (const event of events) {
      state = reduce(state, event);
      if (state === null) continue;
      for (const isLed of [true, false, null]) {
        const data = statusView(state, { nowMs, isLed, eta: { p50AtMs: nowMs, p80AtMs: nowMs } });
        expect(problemsWith(roundTrip({ schema: 'copse.status/1', data, meta: {} }), statusSchema)).toEqual(
          [],
        );
      }
    }
  });

  test('counts every task once', () => {
    const story = busyStory();
    const { counts, tasks } = statusView(story.state, { nowMs: story.nowMs, isLed: true, eta: null });
    const { total, ...statuses } = counts;
    expect(total).toBe(tasks.length);
    expect(Object.values(statuses).reduce((sum, count) => sum + count, 0)).toBe(total);
  });

  test('leaves out what does not apply, and says null for what nobody knows', () => {
    const story = busyStory();
    const { tasks, eta, run } = statusView(story.state, { nowMs: story.nowMs, isLed: true, eta: null });
    const task = (id: string) => tasks.find((one) => one.id === id) ?? {};
    expect(task('docs')).not.toHaveProperty('attempt');
    expect(task('docs')).not.toHaveProperty('worktree');
    expect(task('docs')).not.toHaveProperty('landed_commit');
    expect(task('api')).toMatchObject({ attempt: 2, usage: null, wave: 1, waves: 3, worktree: '/w/api' });
    expect(task('core')).toHaveProperty('landed_commit');
    expect(eta).toEqual({ p50_at: null, p80_at: null });
    expect(run.target).toEqual({ branch: 'main', commit: story.state.queue.tip });
  });

  test('has no estimate once the run has finished', () => {
    const story = finishedStory();
    const view = statusView(story.state, { nowMs: story.nowMs, isLed: false, eta: null });
    expect(view).not.toHaveProperty('eta');
    expect(view.run).toMatchObject({ state: 'finished', outcome: 'failed' });
  });

  test('shows every build with its reason, and the newest only of those that ended', () => {
    const story = new Story(sketchPlan({ api: {} })).queue('api', 'a');
    for (let number = 1; number <= 30; number += 1)
      story.build(`build-${number}`, ['api']).test(`build-${number}`, 'red');
    story.build('build-31', ['api']);
    const { queue } = statusView(story.state, { nowMs: story.nowMs, isLed: true, eta: null });
    expect(queue.builds).toHaveLength(21);
    expect(queue.builds.at(-1)).toMatchObject({
      id: 'build-31',
      state: 'made',
      because: 'worth most of 3 candidates',
    });
    expect(queue.gate_runs).toBe(30);
  });

  test('of 1,000 tasks is below 150 KB as it travels', () => {
    const ids = Array.from({ length: 1_000 }, (_, index) => `task-${index}`);
    const sketch = ids.map(
      (id, index) => [id, { needs: index === 0 ? [] : [`task-${Math.floor(index / 2)}`] }] as const,
    );
    const story = new Story(sketchPlan(Object.fromEntries(sketch.map(([id, one]) => [id, one]))));
    for (const id of ids.slice(0, 200))
      story.prepare(id).commit(id, id.slice(-8)).gates(id, id.slice(-8), 'green');
    const text = JSON.stringify(statusView(story.state, { nowMs: story.nowMs, isLed: true, eta: null }));
    expect(gzipSync(text).length).toBeLessThan(150_000);
  });
});

describe('reportView', () => {
  test.each(Object.entries(STORIES))('of a %s run fits the schema', (_name, tell) => {
    const story = tell();
    const data = reportView(story.state, story.nowMs);
    expect(problemsWith(roundTrip({ schema: 'copse.report/1', data }), reportSchema)).toEqual([]);
  });

  test('adds up attempts, gates, refusals and times', () => {
    const story = finishedStory();
    const { totals, retried, ejected, failed, waiting } = reportView(story.state, story.nowMs);
    // Seven attempts of 5 minutes and 16 gates of 30 s, in 70 minutes.
    expect(totals).toMatchObject({
      tasks: 5,
      landed: 3,
      failed: 1,
      ejected: 2,
      attempts: 7,
      retries: 2,
      queue_gate_runs: 4,
      merge_success_rate: 0.6,
      sequential_ms: 7 * 300_000 + 16 * 30_000,
      wall_ms: 70 * 60_000,
    });
    expect(retried.map(({ attempt, reason }) => [attempt, reason.slice(0, 21)])).toEqual([
      ['api.1', 'ejected: tests failed'],
      ['ui.1', 'it exited with code 1'],
    ]);
    expect(ejected.map((one) => [one.task, one.reason])).toEqual([
      ['api', 'broken'],
      ['docs', 'conflict'],
    ]);
    expect(failed.map((one) => one.task)).toEqual(['size']);
    expect(waiting.map((one) => one.task)).toEqual(['docs']);
  });

  test('knows no rates before anything happened', () => {
    const story = new Story(sketchPlan({ api: {} }));
    const { totals } = reportView(story.state, story.state.startedAtMs);
    expect(totals).toMatchObject({
      speedup: null,
      merge_success_rate: null,
      landed_per_hour: null,
      saved_ms: 0,
    });
  });
});

describe('mergeView', () => {
  test('tells landed, broken and conflicting branches apart', () => {
    const view = mergeView(mergeStory().state);
    expect(view.landed.map((one) => one.branch)).toEqual(['feat/a']);
    expect(view.ejected.map((one) => [one.branch, one.reason])).toEqual([['feat/b', 'broken']]);
    expect(view.conflicted.map((one) => one.branch)).toEqual(['feat/c']);
    expect(view.pending.map((one) => one.branch)).toEqual(['feat/d']);
    expect(view).toMatchObject({ gate_runs: 2, target: { branch: 'main' } });
  });
});
