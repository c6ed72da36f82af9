import { describe, expect, test } from 'vitest';
import type { AbsolutePath, BuildId, ChangeId, TaskId } from '../core/ids.ts';
import type { Progress } from '../core/run/state.ts';
import { Story, START_MS, idOf, sketchPlan } from './fixtures/view-run.ts';
import { heldStory } from './fixtures/sample-runs.ts';
import { present } from './present.ts';
import { STATUSES, ZONES, markOf } from './vocabulary.ts';

const t = (id: string): TaskId => id as TaskId;
const api = t('api');

interface Case {
  readonly name: string;
  readonly story: () => Story;
  readonly id?: string;
  readonly status: string;
  readonly reason: RegExp;
  readonly evidence?: string;
}

const plan = sketchPlan({ api: { waves: 2 }, ui: { needs: ['api'] }, hand: { mode: 'manual' } });
const story = (): Story => new Story(plan);

const CASES: readonly Case[] = [
  {
    name: 'nothing is missing',
    story,
    status: 'ready',
    reason: /everything it needs is there; starts next/,
    evidence: 'inferred',
  },
  {
    name: 'its agent waits for a permission',
    story: () =>
      story()
        .prepare('api')
        .start('api')
        .add({
          kind: 'question.asked',
          task: api,
          attempt: 'api.1' as never,
          question: 'q1',
          what: 'execute: npm test',
          tool: 'execute',
          title: 'npm test',
          input: '',
          paths: [],
          askedAtMs: START_MS,
          deadlineAtMs: START_MS + 60_000,
        }),
    status: 'needs_you',
    reason: /^asks: execute: npm test \(api\.1\.q1\)$/,
  },
  {
    name: 'it waits for approval',
    story: () => {
      const told = story().prepare('api').commit('api', 'c1').gates('api', 'c1', 'green');
      const { progress } = told.task('api');
      if (progress.kind !== 'green') throw new Error(`api is ${progress.kind}`);
      const { head, tree } = progress;
      const item = 'api.a1' as never;
      return told.add({
        kind: 'approval.asked',
        task: api,
        item,
        wave: 1,
        head,
        tree,
        required: 2,
        from: ['anna'],
      });
    },
    status: 'needs_you',
    reason: /^gates passed on [0-9a-f]{7}; waits for approval of anna, 0 of 2 given \(api\.a1\)$/,
  },
  {
    name: 'a need has not started',
    story,
    id: 'ui',
    status: 'waiting',
    reason: /^needs api on the target \(it has not started\)$/,
    evidence: 'inferred',
  },
  {
    name: 'a need works on a wave',
    story: () => story().prepare('api').start('api'),
    id: 'ui',
    status: 'waiting',
    reason: /it is working on wave 1 of 2/,
    evidence: 'inferred',
  },
  {
    name: 'a need can no longer come',
    story: () => story().add({ kind: 'task.skipped', task: api, why: 'skipped by anna' }),
    id: 'ui',
    status: 'waiting',
    reason: /needs api, which was skipped/,
    evidence: 'inferred',
  },
  {
    name: 'a slot is missing',
    story: () => story().add({ kind: 'task.held', task: api, why: '2 of 2 slots are in use' }),
    status: 'ready',
    reason: /^2 of 2 slots are in use$/,
  },
  {
    name: 'the run is paused',
    story: () => story().add({ kind: 'run.paused', by: 'anna', why: 'lunch' }),
    status: 'ready',
    reason: /run paused: lunch/,
    evidence: 'inferred',
  },
  {
    name: 'the run ended first',
    story: () => story().add({ kind: 'run.finished', outcome: 'stopped' }),
    status: 'ready',
    reason: /the run ended before it started/,
    evidence: 'inferred',
  },
  {
    name: 'the run did not ask for it',
    story: () => new Story(plan, { only: [t('hand')] }),
    status: 'skipped',
    reason: /not asked for/,
  },
  { name: 'a person does it', story, id: 'hand', status: 'manual', reason: /by hand/ },
  {
    name: 'a person does it in a worktree',
    story: () => story().prepare('hand'),
    id: 'hand',
    status: 'manual',
    reason: /\/w\/hand/,
  },
  {
    name: 'its worktree is being made',
    story: () => {
      const begun = story();
      begun.intendPrepare('api');
      return begun;
    },
    status: 'preparing',
    reason: /worktree on branch shop\/api from/,
  },
  {
    name: 'its worktree is ready',
    story: () => story().prepare('api'),
    status: 'ready',
    reason: /worktree ready/,
    evidence: 'inferred',
  },
  {
    name: 'only a worktree was asked for',
    story: () => new Story(plan, { prepareOnly: true }).prepare('api'),
    status: 'ready',
    reason: /no agent was asked for/,
  },
  {
    name: 'its agent is being started',
    story: () => {
      const begun = story().prepare('api');
      const attempt = 'api.1' as never;
      begun.intend({ kind: 'start-attempt', task: api, wave: 1, attempt, agent: 'demo' });
      return begun;
    },
    status: 'preparing',
    reason: /starting demo, attempt api\.1/,
  },
  {
    name: 'its agent works',
    story: () => story().prepare('api').start('api'),
    status: 'working',
    reason: /^demo, wave 1\/2 part 1$/,
  },
  {
    name: 'its agent is told to stop',
    story: () =>
      story().prepare('api').start('api').add({ kind: 'task.stop_requested', task: api, by: 'anna' }),
    status: 'working',
    reason: /being stopped, asked for by anna/,
  },
  {
    name: 'its process ended',
    story: () => story().prepare('api').start('api').exit('api'),
    status: 'working',
    reason: /attempt api\.1: its process has ended/,
  },
  {
    name: 'its supervisor was lost',
    story: () => story().prepare('api').start('api').exit('api', { cause: 'supervisor-lost', code: null }),
    status: 'working',
    reason: /attempt api\.1/,
    evidence: 'inferred',
  },
  {
    name: 'what it left was taken in',
    story: () => story().prepare('api').start('api').exit('api').collect('api', 'a'),
    status: 'working',
    reason: /attempt api\.1/,
  },
  {
    name: 'it was judged a crash',
    story: () =>
      story()
        .prepare('api')
        .start('api')
        .exit('api')
        .collect('api', 'a')
        .judge('api', 'crash', 'it exited with code 7'),
    status: 'working',
    reason: /it exited with code 7/,
  },
  {
    name: 'it will be tried again later',
    story: () => {
      const begun = story()
        .prepare('api')
        .start('api')
        .exit('api')
        .collect('api', 'a')
        .judge('api', 'crash', 'it exited with code 7');
      const notBeforeMs = begun.nowMs + 20_000;
      const feedback = { summary: 'it exited with code 7', logs: [] };
      return begun.add(
        { kind: 'task.retry', task: api, cause: 'crash', agent: 'demo', notBeforeMs, feedback, onto: null },
        0,
      );
    },
    status: 'waiting',
    reason: /^tries again in 20 s: try 2 of 3: it exited with code 7$/,
  },
  {
    name: 'its pause is over',
    story: () => story().prepare('api').retry('api', 'crash', 'it exited with code 7'),
    status: 'ready',
    reason: /it exited with code 7; starts next/,
    evidence: 'inferred',
  },
  {
    name: 'it was committed, no checkout is free',
    story: () => story().prepare('api').commit('api', 'a'),
    status: 'verifying',
    reason: /gates tests, lint on \w{7}, waiting for a free checkout/,
  },
  {
    name: 'its gates run',
    story: () => {
      const begun = story().prepare('api').commit('api', 'a');
      begun.intendGates('api', 'a');
      return begun;
    },
    status: 'verifying',
    reason: /^gates tests, lint on \w{7}$/,
  },
  {
    name: 'its gates are green',
    story: () => story().prepare('api').commit('api', 'a').gates('api', 'a', 'green'),
    status: 'verifying',
    reason: /gates of wave 1 passed/,
  },
  {
    name: 'a gate is red',
    story: () => story().prepare('api').commit('api', 'a').gates('api', 'a', 'red'),
    status: 'fixing',
    reason: /^gate tests failed: 671 passed, needs at least 676$/,
  },
  {
    name: 'its agent repairs a red gate',
    story: () =>
      story()
        .prepare('api')
        .commit('api', 'a')
        .gates('api', 'a', 'red')
        .retry('api', 'gate', 'gate tests failed')
        .start('api'),
    status: 'fixing',
    reason: /try 2 of 3: gate tests failed/,
  },
  {
    name: 'its agent tries again after a crash',
    story: () =>
      story()
        .prepare('api')
        .start('api')
        .exit('api')
        .collect('api', 'a')
        .judge('api', 'crash', 'it exited with code 7')
        .retry('api', 'crash', 'it exited with code 7')
        .start('api'),
    status: 'working',
    reason: /try 2 of 3: it exited with code 7/,
  },
  {
    name: 'its next wave begins',
    story: () =>
      story()
        .prepare('api')
        .commit('api', 'a')
        .gates('api', 'a', 'green')
        .add({ kind: 'wave.completed', task: api, wave: 1, head: idOf('a') }),
    status: 'ready',
    reason: /wave 2 of 2 is next/,
    evidence: 'inferred',
  },
  {
    name: 'the target is merged into its branch',
    story: () => {
      const begun = story().prepare('api').retry('api', 'gate', 'tests failed on the merged result', 'base');
      begun.intend({ kind: 'update-workspace', task: api, onto: idOf('base') });
      return begun;
    },
    status: 'fixing',
    reason: /the target is being merged into its branch/,
  },
  {
    name: 'it waits in the queue',
    story: () => story().queue('hand', 'h').queue('api', 'a'),
    status: 'queued',
    reason: /position 2 of 2/,
  },
  {
    name: 'its merged result is tested',
    story: () => story().queue('hand', 'h').queue('api', 'a').build('build-1', ['hand', 'api']),
    status: 'landing',
    reason: /under test in build-1 together with hand on \w{7}: worth most/,
  },
  {
    name: 'its merged result is proven',
    story: () => story().queue('api', 'a').build('build-1', ['api']).test('build-1', 'green'),
    status: 'landing',
    reason: /proven by build-1, about to land on main/,
  },
  {
    name: 'a build cannot land since a member was refused',
    story: () =>
      story()
        .queue('hand', 'h')
        .queue('api', 'a')
        .build('build-1', ['hand', 'api'])
        .eject('hand', 'broken', 'tests failed'),
    status: 'queued',
    reason: /position 1 of 1/,
  },
  {
    name: 'the target was rewritten',
    story: () =>
      story()
        .queue('api', 'a')
        .add({ kind: 'target.moved', intent: null, from: idOf('base'), to: null, how: 'deleted' }),
    status: 'queued',
    reason: /nothing lands: main was rewritten or deleted/,
  },
  {
    name: 'it was ejected as broken',
    story: () => story().queue('api', 'a').eject('api', 'broken', 'tests failed on the merged result'),
    status: 'fixing',
    reason: /tests failed on the merged result/,
  },
  {
    name: 'it was ejected for a conflict',
    story: () => story().queue('api', 'a').eject('api', 'conflict', 'cannot be merged', ['src/x.ts']),
    status: 'needs_you',
    reason: /cannot be merged: src\/x\.ts/,
  },
  {
    name: 'it was withdrawn',
    story: () =>
      story()
        .queue('api', 'a')
        .add({
          kind: 'change.ejected',
          change: 'api' as ChangeId,
          because: 'withdrawn',
          detail: 'withdrawn by anna',
          red: null,
          green: null,
          files: [],
        }),
    status: 'stopped',
    reason: /withdrawn by anna/,
  },
  {
    name: 'it needs a person without a detail',
    story: () =>
      story().add({ kind: 'task.needs_person', task: api, cause: 'workspace', detail: '', files: [] }),
    status: 'needs_you',
    reason: /workspace/,
  },
  {
    name: 'it is verified and nothing merges',
    story: () =>
      new Story(plan, { noMerge: true })
        .prepare('api')
        .commit('api', 'a')
        .add({ kind: 'task.verified', task: api, head: idOf('a') }),
    status: 'verified',
    reason: /gates passed on shop\/api at \w{7}; not merged/,
  },
  {
    name: 'it landed',
    story: () => story().queue('api', 'a').build('build-1', ['api']).land('build-1', ['api']),
    status: 'landed',
    reason: /on main at \w{7}/,
  },
  {
    name: 'it failed without a detail',
    story: () => story().add({ kind: 'task.failed', task: api, cause: 'setup', detail: '' }),
    status: 'failed',
    reason: /ended by setup/,
  },
  {
    name: 'it was stopped',
    story: () => story().add({ kind: 'task.stopped', task: api, by: 'anna' }),
    status: 'stopped',
    reason: /stopped by anna/,
  },
];

describe('present', () => {
  test.each(CASES.map((one) => [one.name, one] as const))('when %s', (_name, one) => {
    const told = one.story();
    const shown = present(told.task(one.id ?? 'api'), told.state, told.nowMs);
    expect(shown.status).toBe(one.status);
    expect(shown.reason).toMatch(one.reason);
    expect(shown.evidence).toBe(one.evidence ?? 'asserted');
    expect(shown.since).toBeGreaterThanOrEqual(START_MS);
    expect(shown.since).toBeLessThanOrEqual(told.nowMs);
  });

  test('a proven landing that a dirty checkout keeps back needs a person', () => {
    const held = heldStory();
    const shown = present(held.task('core'), held.state, held.nowMs);
    expect(shown).toMatchObject({ status: 'needs_you', zone: 'needs_you' });
    expect(shown.reason).toContain('/home/x/shop');
  });

  test('the cases show every kind of progress', () => {
    const kinds: Readonly<Record<Progress['kind'], true>> = {
      waiting: true,
      prepared: true,
      'backing-off': true,
      updating: true,
      working: true,
      collecting: true,
      judging: true,
      judged: true,
      verifying: true,
      green: true,
      red: true,
      queued: true,
      ejected: true,
      'awaiting-approval': true,
      'needs-person': true,
      verified: true,
      landed: true,
      failed: true,
      stopped: true,
      skipped: true,
    };
    const seen = new Set(
      CASES.flatMap(({ story: tell }) => [...tell().state.tasks.values()].map((task) => task.progress.kind)),
    );
    expect([...seen].toSorted()).toEqual(Object.keys(kinds).toSorted());
  });

  test('an intent of the moment gives the since', () => {
    const begun = story();
    begun.add({ kind: 'run.resumed', by: 'anna' }, 7);
    begun.intendPrepare('api');
    expect(present(begun.task('api'), begun.state, begun.nowMs).since).toBe(begun.nowMs);
  });
});

describe('the vocabulary', () => {
  test('gives every status a zone, one symbol and one ASCII character', () => {
    for (const status of STATUSES) {
      const mark = markOf(status);
      expect(ZONES).toContain(mark.zone);
      expect(Array.from(mark.symbol)).toHaveLength(1);
      expect(mark.ascii).toMatch(/^[!-~]$/);
    }
  });

  test('an event the run does not know changes no status', () => {
    const told = story().add({
      kind: 'landing.held',
      intent: 'x' as never,
      build: 'no' as BuildId,
      checkout: '/c' as AbsolutePath,
      to: idOf('a'),
    });
    expect(present(told.task('api'), told.state, told.nowMs).status).toBe('ready');
  });
});
