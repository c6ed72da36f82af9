import { describe, expect, test } from 'vitest';
import { displayWidth } from '../kit/display-width.ts';
import { busyStory, finishedStory, heldStory, mergeStory } from './fixtures/sample-runs.ts';
import { Story, sketchPlan } from './fixtures/view-run.ts';
import type { TaskId } from '../core/ids.ts';
import { liveBlock } from './live-block.ts';
import type { Paint } from './paint.ts';
import { problemText } from './problem-text.ts';
import { problemsOf } from './problem-view.ts';
import { queueText } from './queue-text.ts';
import { reportText } from './report-text.ts';
import { reportView } from './report-view.ts';
import { statusText } from './status-text.ts';
import { statusView } from './status-view.ts';

const WIDE: Paint = { columns: 80, colour: false, ascii: false };
const NARROW: Paint = { columns: 60, colour: false, ascii: true };
const COLOUR: Paint = { columns: 80, colour: true, ascii: false };
const logs = { logOf: (attempt: string) => `/state/runs/run-1/attempts/${attempt}/log` };
const STORIES = { busy: busyStory, finished: finishedStory, merge: mergeStory, held: heldStory };

function viewOf(story: Story) {
  const eta = { p50AtMs: story.nowMs + 3_600_000, p80AtMs: story.nowMs + 7_200_000 };
  return statusView(story.state, { nowMs: story.nowMs, isLed: true, eta });
}

/** Every text of the room for one run. */
function textsOf(story: Story, paint: Paint): Readonly<Record<string, readonly string[]>> {
  const view = viewOf(story);
  return {
    status: statusText(view, { nowMs: story.nowMs, mostRows: 20 }, paint),
    live: liveBlock(view, story.nowMs, { rows: 24 }, paint),
    queue: queueText(view.queue, view.run.target.branch, story.nowMs, paint),
    report: reportText(reportView(story.state, story.nowMs), paint),
    problems: problemsOf(story.state, logs).flatMap((problem) => [...problemText(problem, paint), '']),
  };
}

const cases = Object.entries(STORIES).flatMap(([name, tell]) =>
  [WIDE, NARROW].map((paint) => [name, paint.columns, tell, paint] as const),
);

describe('texts', () => {
  test.each(cases)('of a %s run at %i columns', (_name, _columns, tell, paint) => {
    const texts = Object.entries(textsOf(tell(), paint));
    expect(
      texts.map(([title, lines]) => [`--- ${title}`, ...lines].join('\n')).join('\n\n'),
    ).toMatchSnapshot();
  });

  test.each(cases)('of a %s run fit %i columns', (_name, columns, tell, paint) => {
    const { problems: _blocks, ...lists } = textsOf(tell(), paint);
    for (const line of Object.values(lists).flat())
      expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
  });

  test.each(Object.entries(STORIES))('of a %s run are plain ASCII when asked', (_name, tell) => {
    for (const line of Object.values(textsOf(tell(), NARROW)).flat()) expect(line).toMatch(/^[ -~]*$/);
  });

  test.each(Object.entries(STORIES))('of a %s run say the same with and without colour', (_name, tell) => {
    const coloured = JSON.stringify(textsOf(tell(), COLOUR));
    expect(coloured).toContain('\\u001b[');
    expect(coloured.replaceAll(/\\u001b\[\d+m/g, '')).toBe(JSON.stringify(textsOf(tell(), WIDE)));
  });
});

describe('queueText', () => {
  test('says that nothing is started or landed for a moment, and for how long', () => {
    const { queue } = viewOf(mergeStory());
    const waits_until = new Date(150_000).toISOString();
    const lines = queueText({ ...queue, waits_until }, 'main', 30_000, WIDE);
    expect(lines).toContain('waits up to 2m for runs about to end before it starts or lands more');
    expect(queueText(queue, 'main', 30_000, WIDE).join()).not.toContain('waits up to');
  });
});

describe('statusText', () => {
  test('lists what needs a person first, oldest first, and counts what is cut', () => {
    const story = new Story(
      sketchPlan(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`t${i}`, {}]))),
    );
    for (const id of ['t5', 't3']) {
      story.add({ kind: 'task.needs_person', task: id as TaskId, cause: 'conflict', detail: 'x', files: [] });
    }
    const lines = statusText(viewOf(story), { nowMs: story.nowMs, mostRows: 10 }, WIDE);
    expect(lines[2]).toBe('NEEDS YOU (2)');
    expect(lines[3]).toContain('t5');
    expect(lines[4]).toContain('t3');
    expect(lines.at(-1)).toBe('  +18 more');
  });

  test('says which tasks nobody watches when no process leads the run', () => {
    const story = new Story(sketchPlan({ api: {} })).prepare('api').start('api');
    const view = statusView(story.state, { nowMs: story.nowMs, isLed: false, eta: null });
    const text = statusText(view, { nowMs: story.nowMs, mostRows: 10 }, WIDE).join('\n');
    expect(text).toContain('interrupted');
    expect(text).toContain('to go on: copse run');
    expect(text).toContain('(not confirmed)');
  });
});

describe('liveBlock', () => {
  const many = (): Story => {
    const ids = Array.from({ length: 20 }, (_, index) => `task-${index}`);
    const story = new Story(sketchPlan(Object.fromEntries(ids.map((id) => [id, {}]))));
    for (const id of ids) story.prepare(id).start(id);
    return story;
  };

  test.each([1, 2, 3, 6, 9, 24, 50, 200])('takes at most a third of %i rows', (rows) => {
    const story = many();
    const lines = liveBlock(viewOf(story), story.nowMs, { rows }, WIDE);
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, Math.floor(rows / 3)));
    for (const line of lines) expect(displayWidth(line)).toBeLessThan(80);
  });

  test('counts what does not fit', () => {
    const story = many();
    const lines = liveBlock(viewOf(story), story.nowMs, { rows: 30 }, WIDE);
    expect(lines).toHaveLength(10);
    expect(lines[8]).toBe('  +12 more');
    expect(lines[9]).toBe('0/20 done · 20 working');
  });

  test.each([10, 20, 40])('stays inside %i columns', (columns) => {
    const story = many();
    for (const line of liveBlock(viewOf(story), story.nowMs, { rows: 30 }, { ...WIDE, columns })) {
      expect(displayWidth(line)).toBeLessThanOrEqual(Math.max(columns, 24));
    }
  });
});

describe('hostile words', () => {
  const EVIL = '\u001b]0;owned\u0007\u001b[2J\u202egnp\u009b31m日本語👩‍👩‍👧‍👦\ud800\r\nFAKE ✓ landed';

  function hostile(): Story {
    const story = new Story(sketchPlan({ api: { title: EVIL }, ui: {} }, EVIL));
    story.prepare('api').start('api').exit('api', { detail: EVIL }).collect('api', 'a', { refusal: EVIL });
    story.judge('api', 'crash', EVIL).retry('api', 'crash', EVIL).start('api');
    story.add({
      kind: 'task.needs_person',
      task: 'ui' as TaskId,
      cause: 'conflict',
      detail: EVIL,
      files: [],
    });
    return story;
  }

  test.each([WIDE, NARROW, COLOUR])('reach no screen as they are', (paint) => {
    for (const line of Object.values(textsOf(hostile(), paint)).flat()) {
      const bare = line.split(/\p{Cc}\[\d+m/u).join('');
      expect(bare).not.toMatch(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u);
    }
  });

  test('cannot add a row of their own', () => {
    const lines = statusText(viewOf(hostile()), { nowMs: hostile().nowMs, mostRows: 9 }, WIDE);
    expect(lines.filter((line) => line.startsWith('FAKE') || line.startsWith('✓'))).toEqual([]);
  });
});
