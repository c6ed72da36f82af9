import { factsOf as streamFacts, recording } from '../../test/support/recordings.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type {
  AbsolutePath,
  BranchName,
  BuildId,
  ChangeId,
  GateName,
  IntentId,
  RepoPath,
  TaskId,
} from '../core/ids.ts';
import type { ItemId } from '../core/inbox/events.ts';
import type { RunEvent } from '../core/run/events.ts';
import { isRunEventKind } from '../core/run/kinds.ts';
import { fold } from '../core/run/reduce.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import {
  NORMAL_EXIT,
  START_MS,
  Story,
  factsOf,
  gateResult,
  idOf,
  sketchPlan,
  sketchTask,
} from './fixtures/view-run.ts';
import { finishedStory } from './fixtures/sample-runs.ts';
import { problemsWith } from './fixtures/json-schema.ts';
import type { Schema } from './fixtures/json-schema.ts';
import { REVIEW_FACTS } from './fixtures/review-facts.ts';
import { eventView } from './event-view.ts';
import { narrate } from './narrate.ts';
import { narrationLine } from './narration-text.ts';
import { reportView, summaryView } from './report-view.ts';

const schema = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../../schema/events.v1.json'), 'utf8'),
) as Schema;

const api = 'api' as TaskId;
const intent = 'i1' as IntentId;
const attempt = 'api.1' as Extract<Fact, { kind: 'attempt.started' }>['attempt'];
const build = 'build-1' as BuildId;
const change = 'api' as ChangeId;
const files = ['src/a.ts' as RepoPath];
const a = idOf('a');
const violation = { what: 'hook', detail: 'a hook was added', repaired: true, tolerated: false };
const workspace = {
  branch: 'shop/api' as BranchName,
  path: '/w/api' as AbsolutePath,
  base: a,
  isolation: 'worktree',
  ports: { PORT: 4000 },
} as const;
const feedback = { summary: 'tests failed', logs: ['runs/x/log'] };
const question = { task: api, attempt, question: 'q1' } as const;
const taskSubject = { kind: 'task', task: api, wave: 1 } as const;
const buildSubject = { kind: 'build', build } as const;
const entered = {
  kind: 'queue.entered',
  change,
  branch: 'shop/api' as BranchName,
  title: 'API',
  paths: files,
} as const;

/** At least one of every kind, with every field that may be absent present and absent. */
const FACTS: readonly Fact[] = [
  new Story(sketchPlan({ api: {} })).events[0] as Fact,
  { kind: 'message.sent', task: api, by: 'anna', text: 'use tabs\nin all files', isUrgent: true },
  { kind: 'message.dropped', task: api, because: 'the task has landed' },
  { kind: 'task.continued', task: api, because: 'a message of anna waits for its next turn' },
  {
    kind: 'question.asked',
    ...question,
    what: 'execute: npm test',
    tool: 'execute',
    title: 'npm test',
    input: '{}',
    paths: ['src/a.ts'],
    askedAtMs: START_MS,
    deadlineAtMs: START_MS + 1_800_000,
  },
  { kind: 'question.answered', ...question, answer: 'allow', by: 'anna', message: null, isDelivered: false },
  {
    kind: 'question.answered',
    ...question,
    answer: 'deny',
    by: 'anna',
    message: 'no net',
    isDelivered: true,
  },
  { kind: 'question.delivered', intent, ...question, outcome: 'delivered' },
  { kind: 'question.delivered', intent, ...question, outcome: 'gone' },
  { kind: 'question.withdrawn', ...question, because: 'its turn has ended' },
  {
    kind: 'approval.asked',
    task: api,
    item: 'api.a1' as ItemId,
    wave: 1,
    head: a,
    tree: idOf('t'),
    required: 2,
    from: ['anna', 'ben'],
  },
  { kind: 'approval.given', task: api, item: 'api.a1' as ItemId, head: a, by: 'anna', message: null },
  { kind: 'approval.rejected', task: api, item: 'api.a1' as ItemId, head: a, by: 'ben', message: 'too slow' },
  { kind: 'approval.void', task: api, item: 'api.a1' as ItemId, because: 'the branch moved' },
  {
    kind: 'head.taken_in',
    intent,
    task: api,
    head: a,
    tree: idOf('t'),
    changedPaths: [],
    refusal: null,
  },
  {
    kind: 'head.taken_in',
    intent,
    task: api,
    head: a,
    tree: idOf('t'),
    changedPaths: files,
    refusal: 'conflict markers in src/a.ts',
  },
  { kind: 'notice.sent', intent, key: 'failed:api:1', channel: 0, outcome: 'delivered', why: null },
  {
    kind: 'notice.sent',
    intent,
    key: 'failed:api:1',
    channel: 1,
    outcome: 'refused',
    why: 'it answered 404',
  },
  { kind: 'run.paused', by: 'anna', why: 'lunch' },
  {
    kind: 'overlap.expected',
    pairs: [
      {
        a: api,
        b: 'ui' as TaskId,
        chance: 0.49,
        origin: ['text'],
        file: 'src/a.ts',
        because: 'named in both',
      },
    ],
    dropped: 2,
  },
  { kind: 'overlap.seen', a: api, b: 'ui' as TaskId, tips: { a, b: a }, files, fileCount: 3 },
  { kind: 'overlap.seen', a: api, b: null, tips: { a, b: a }, files, fileCount: 1 },
  { kind: 'overlap.gone', a: api, b: 'ui' as TaskId, because: 'clean' },
  { kind: 'overlap.gone', a: api, b: null, because: 'ended' },
  { kind: 'task.update_requested', task: api, by: 'anna' },
  { kind: 'run.resumed', by: 'anna' },
  { kind: 'run.finished', outcome: 'done' },
  { kind: 'run.finished', outcome: 'failed' },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: { kind: 'prepare-workspace', task: api, branch: workspace.branch, path: workspace.path, base: a },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: { kind: 'start-attempt', task: api, wave: 1, attempt, agent: 'demo' },
  },
  { kind: 'intended', intent, because: 'due', step: { kind: 'stop-attempt', task: api, attempt } },
  { kind: 'intended', intent, because: 'due', step: { kind: 'collect-attempt', task: api, attempt } },
  { kind: 'intended', intent, because: 'due', step: { kind: 'update-workspace', task: api, onto: a } },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: {
      kind: 'run-gates',
      subject: taskSubject,
      commit: a,
      tree: a,
      base: a,
      slot: 'task-1',
      fresh: false,
    },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: {
      kind: 'run-gates',
      subject: buildSubject,
      commit: a,
      tree: a,
      base: a,
      slot: 'queue-1',
      fresh: false,
    },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: {
      kind: 'run-gates',
      subject: { kind: 'end' },
      commit: a,
      tree: null,
      base: a,
      slot: 'queue-1',
      fresh: false,
    },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: { kind: 'take-in-branch', branch: workspace.branch, change },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: { kind: 'make-build', build, members: [change], tip: a, dateMs: 0, repeats: null },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: { kind: 'publish', build, from: a, members: [change], dateMs: 0 },
  },
  {
    kind: 'intended',
    intent,
    because: 'due',
    step: { kind: 'remove-workspace', task: api, proof: a, deleteBranch: true },
  },
  { kind: 'abandoned', intent, task: null, code: 'git-missing', why: 'git was not found' },
  { kind: 'task.added', task: sketchTask('new') },
  { kind: 'task.held', task: api, why: '2 of 2 slots are in use' },
  { kind: 'task.held', task: api, why: null },
  {
    kind: 'task.retry',
    task: api,
    cause: 'gate',
    agent: 'demo',
    notBeforeMs: START_MS,
    feedback,
    onto: null,
  },
  { kind: 'task.retry', task: api, cause: 'gate', agent: 'demo', notBeforeMs: START_MS, feedback, onto: a },
  { kind: 'task.failed', task: api, cause: 'gate', detail: 'gate tests failed' },
  { kind: 'task.needs_person', task: api, cause: 'conflict', detail: 'conflict', files },
  { kind: 'task.skipped', task: api, why: 'skipped by anna' },
  { kind: 'task.stopped', task: api, by: 'anna' },
  { kind: 'task.stop_requested', task: api, by: 'anna' },
  { kind: 'task.skip_requested', task: api, by: 'anna' },
  { kind: 'task.reopened', task: api, by: 'anna', fresh: true, wave: 1 },
  { kind: 'task.reopened', task: api, by: 'anna', fresh: false, wave: null },
  { kind: 'wave.completed', task: api, wave: 1, head: a },
  { kind: 'task.verified', task: api, head: a },
  { kind: 'workspace.prepared', intent, task: api, workspace, technique: 'checkout', missing: [] },
  { kind: 'workspace.prepared', intent, task: api, workspace, technique: 'checkout', missing: ['.env'] },
  { kind: 'workspace.failed', intent, task: api, what: 'setup', detail: 'npm ci failed', log: 'runs/x/log' },
  { kind: 'workspace.failed', intent, task: api, what: 'occupied', detail: 'a folder is there', log: null },
  { kind: 'workspace.updated', intent, task: api, head: a, onto: a },
  { kind: 'workspace.conflicted', intent, task: api, onto: a, files },
  { kind: 'workspace.removed', intent, task: api, outcome: 'removed', unsaved: [], branch: 'deleted' },
  { kind: 'workspace.removed', intent, task: api, outcome: 'absent', unsaved: [], branch: 'absent' },
  { kind: 'workspace.removed', intent, task: api, outcome: 'refused', unsaved: files, branch: 'kept' },
  {
    kind: 'attempt.started',
    intent,
    task: api,
    attempt,
    wave: 1,
    agent: 'demo',
    snapshot: 's',
    headBefore: a,
  },
  { kind: 'attempt.exited', attempt, task: api, exit: { ...NORMAL_EXIT, durationMs: 1.5 } },
  {
    kind: 'attempt.exited',
    attempt,
    task: api,
    exit: { ...NORMAL_EXIT, code: null, signal: 'SIGKILL', detail: 'out of memory', survivors: [12] },
  },
  { kind: 'attempt.collected', intent, attempt, task: api, facts: factsOf('a') },
  {
    kind: 'attempt.collected',
    intent,
    attempt,
    task: api,
    facts: factsOf('a', { stream: streamFacts('codex', recording('codex')) }),
  },
  {
    kind: 'attempt.collected',
    intent,
    attempt,
    task: api,
    facts: factsOf('a', {
      head: null,
      refusal: 'too large',
      committedOnBehalf: a,
      salvageRef: 'refs/copse/salvage/api/1',
    }),
  },
  { kind: 'attempt.collected', intent, attempt, task: api, facts: factsOf('a', { violations: [violation] }) },
  { kind: 'attempt.collected', intent, attempt, task: api, facts: factsOf('a', { outOfScope: files }) },
  { kind: 'attempt.judged', attempt, task: api, verdict: 'committed', because: '1 file changed' },
  { kind: 'attempt.judged', attempt, task: api, verdict: 'no_change', because: 'it made no commit' },
  { kind: 'attempt.stop_sent', intent, attempt, task: api },
  {
    kind: 'account.parked',
    account: 'claude',
    because: 'rate_limit',
    untilMs: 1_796_000_000_000,
    why: 'usage limit',
    task: api,
    attempt,
  },
  {
    kind: 'account.parked',
    account: 'codex',
    because: 'auth',
    untilMs: null,
    why: '401',
    task: api,
    attempt,
  },
  ...REVIEW_FACTS,
  { kind: 'budget.exceeded', task: null, what: 'usd', spent: 61, limit: 60, action: 'pause' },
  { kind: 'budget.exceeded', task: api, what: 'tokens', spent: 9, limit: 8, action: 'stop' },
  { kind: 'gate.finished', subject: taskSubject, result: gateResult('tests', 'pass', 'a'), reused: true },
  {
    kind: 'gate.finished',
    subject: buildSubject,
    result: { ...gateResult('tests', 'fail', 'a'), logPath: null, flaky: true },
    reused: false,
  },
  {
    kind: 'gate.finished',
    subject: { kind: 'end' },
    result: gateResult('tests', 'warn', 'a'),
    reused: false,
  },
  { kind: 'gates.finished', intent, subject: taskSubject, commit: a, tree: a, verdict: 'green', red: [] },
  {
    kind: 'gates.finished',
    intent,
    subject: buildSubject,
    commit: a,
    tree: a,
    verdict: 'red',
    red: ['tests' as GateName],
  },
  {
    kind: 'gates.finished',
    intent,
    subject: { kind: 'end' },
    commit: a,
    tree: a,
    verdict: 'cancelled',
    red: [],
  },
  { ...entered, task: api, wave: 1, head: a },
  { ...entered, task: null, wave: null, head: null },
  { kind: 'queue.taken_in', intent, change, outcome: 'taken', head: a, paths: files, detail: '' },
  { kind: 'queue.taken_in', intent, change, outcome: 'contained', head: a, paths: [], detail: '' },
  {
    kind: 'queue.taken_in',
    intent,
    change,
    outcome: 'rejected',
    head: null,
    paths: [],
    detail: 'no such branch',
  },
  { kind: 'build.made', intent, build, tip: a, tree: a, commits: [{ change, commit: a }] },
  { kind: 'build.conflicted', intent, build, tip: a, change, withChange: null, files },
  { kind: 'build.conflicted', intent, build, tip: a, change, withChange: 'ui' as ChangeId, files },
  { kind: 'build.cancelled', build, because: 'a better one began' },
  {
    kind: 'landed',
    intent,
    build,
    from: a,
    to: idOf('b'),
    changes: [{ change, commit: idOf('b') }],
    checkout: 'fast-forwarded',
  },
  { kind: 'change.held', change, by: 'anna' },
  { kind: 'change.released', change, by: 'anna' },
  { kind: 'change.ranked', change, by: 'anna', priority: 1, order: 0.5 },
  { kind: 'change.eject_requested', change, by: 'anna' },
  { kind: 'queue.closed', by: 'anna', below: null },
  { kind: 'queue.closed', by: 'anna', below: 2 },
  { kind: 'queue.opened', by: 'anna' },
  { kind: 'landing.void', intent, build, because: 'the tree differs' },
  { kind: 'landing.held', intent, build, checkout: '/home/x' as AbsolutePath, to: a },
  { kind: 'target.moved', intent: null, from: a, to: idOf('b'), how: 'forward' },
  { kind: 'target.moved', intent: null, from: a, to: null, how: 'deleted' },
  { kind: 'target.moved', intent: null, from: a, to: idOf('b'), how: 'rewritten' },
  {
    kind: 'change.ejected',
    change,
    because: 'broken',
    detail: 'tests failed',
    red: build,
    green: 'tip',
    files: [],
  },
  {
    kind: 'change.ejected',
    change,
    because: 'withdrawn',
    detail: 'withdrawn by anna',
    red: null,
    green: null,
    files: [],
  },
  {
    ...entered,
    task: api,
    wave: null,
    head: a,
    origin: { kind: 'resolution', of: change, stage: 'agent', agent: 'demo', by: null, onto: a, files },
  },
  {
    ...entered,
    task: null,
    wave: null,
    head: a,
    origin: { kind: 'revert', of: null, commit: a, parent: idOf('b'), by: 'anna', because: 'it broke' },
  },
  { kind: 'conflict.opened', change, base: a, ours: a, theirs: a, files, company: ['ui' as ChangeId] },
  {
    kind: 'conflict.tried',
    intent,
    change,
    stage: 'agent',
    agent: 'demo',
    onto: a,
    outcome: 'resolved',
    head: a,
    tree: a,
    files,
    detail: 'demo resolved it',
    log: 'runs/x/log',
  },
  {
    kind: 'conflict.tried',
    intent,
    change,
    stage: 'recorded',
    agent: null,
    onto: a,
    outcome: 'unresolved',
    head: null,
    tree: null,
    files,
    detail: 'nothing is recorded',
    log: null,
  },
  { kind: 'conflict.resolved', change, by: 'anna', onto: a, head: a, files },
  { kind: 'conflict.asked', change, by: 'anna', agent: 'demo' },
  { kind: 'conflict.dropped', change, by: 'anna' },
  { kind: 'bisect.started', gates: ['tests' as GateName], points: [{ commit: a, change: null }] },
  { kind: 'bisect.finished', verdict: { kind: 'culprit', change, red: a, green: idOf('b') } },
  { kind: 'bisect.finished', verdict: { kind: 'red-before', commit: a } },
  { kind: 'bisect.finished', verdict: { kind: 'unknown', because: 'a gate was stopped' } },
  { kind: 'target.tagged', intent, tag: 'v1', commit: a, outcome: 'tagged' },
  { kind: 'target.tagged', intent, tag: 'v1', commit: a, outcome: 'taken' },
  {
    kind: 'operation',
    id: 'op-1',
    what: 'reset api',
    refs: [{ ref: 'refs/heads/x', from: a, to: null }],
    undoes: null,
  },
  { kind: 'operation', id: 'op-2', what: 'undid op-1', refs: [], undoes: 'op-1' },
];

const events = FACTS.map((fact): RunEvent => ({ ...fact, atMs: START_MS }));
const before = fold(new Story(sketchPlan({ api: {} })).events);

describe('eventView', () => {
  test.each(events.map((event, index) => [event.kind, index, event] as const))(
    '%s (%i) fits the schema',
    (_kind, index, event) => {
      const view = eventView(event, index);
      expect(problemsWith(JSON.parse(JSON.stringify(view)), schema)).toEqual([]);
      expect(view).toMatchObject({ v: 1, seq: index, ts: '2026-08-01T09:00:00.000Z' });
    },
  );

  test('the facts above hold every kind, and the schema every type', () => {
    const kinds = new Set<string>(events.map((event) => event.kind));
    const types = new Set(events.map((event) => eventView(event, 1).type as string));
    for (const kind of kinds) expect(isRunEventKind(kind)).toBe(true);
    expect(kinds.size).toBe(types.size);
    const named = Object.keys(schema['$defs'] as object).filter(
      (name) => !name.startsWith('report.') && name !== 'run.summary',
    );
    expect([...types].toSorted()).toEqual(named.toSorted());
    // 78 kinds: adding one to the union without a fact here fails.
    expect(kinds.size).toBe(78);
  });

  test('the validator refuses a field that no schema names', () => {
    const view = { ...eventView(events[1] as RunEvent, 1), extra: 1 };
    expect(problemsWith(view, schema)).not.toEqual([]);
    expect(problemsWith({ ...eventView(events[1] as RunEvent, 1), seq: -1 }, schema)).not.toEqual([]);
  });

  test('the last line of a run is its report', () => {
    const story = finishedStory();
    const summary = summaryView(reportView(story.state, story.nowMs), story.events.length);
    expect(problemsWith(JSON.parse(JSON.stringify(summary)), schema)).toEqual([]);
    expect(summary).toMatchObject({ type: 'run.summary', outcome: 'failed' });
  });
});

describe('narrate', () => {
  if (before === null) throw new Error('the run did not begin');
  const lines = events.map((event) => {
    const told = narrate(event, before);
    return told === null
      ? null
      : `${told.level} ${narrationLine(told, { columns: 80, colour: false, ascii: false })}`;
  });

  test('tells every kind of fact in one line', () => {
    expect(lines.join('\n')).toMatchSnapshot();
  });

  test('names the task whose effect the world refused', () => {
    const story = new Story(sketchPlan({ api: {} }));
    const open = story.intendPrepare('api');
    story.add({
      kind: 'abandoned',
      intent: open,
      task: 'api' as TaskId,
      code: 'disk-full',
      why: 'no space is left',
    });
    const last = story.events.at(-1);
    expect(last === undefined ? null : narrate(last, story.state)?.text).toBe(
      'api  refused (disk-full): no space is left',
    );
  });

  test('speaks to nobody', () => {
    for (const line of lines) expect(line).not.toMatch(/\b(?:you|your)\b/i);
  });
});
