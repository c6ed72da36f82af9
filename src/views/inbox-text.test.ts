import { describe, expect, test } from 'vitest';
import { displayWidth } from '../kit/display-width.ts';
import type { ItemId } from '../core/inbox/events.ts';
import { START_MS, Story, sketchPlan } from './fixtures/view-run.ts';
import { inboxText, itemText } from './inbox-text.ts';
import { inboxView } from './inbox-view.ts';

const HOSTILE = 'npm test \u001b]0;x\u0007\nrm -rf / \u202e';

/** One of each kind, asked at different times. */
function everything(): Story {
  const told = new Story(sketchPlan({ api: {}, docs: {}, ui: {}, web: {} }));
  told.prepare('docs').commit('docs', 'd1').gates('docs', 'd1', 'green');
  const { progress } = told.task('docs');
  if (progress.kind !== 'green') throw new Error(progress.kind);
  const { head, tree } = progress;
  const approval = { task: 'docs' as never, item: 'docs.a1' as ItemId, wave: 1, head, tree };
  told.add({ kind: 'approval.asked', ...approval, required: 2, from: ['anna', 'ben'] });
  told.add(
    {
      kind: 'approval.given',
      task: 'docs' as never,
      item: 'docs.a1' as ItemId,
      head,
      by: 'anna',
      message: null,
    },
    5_000,
  );
  told.prepare('api').start('api');
  told.add({
    kind: 'question.asked',
    task: 'api' as never,
    attempt: 'api.1' as never,
    question: 'q1',
    what: `execute: ${HOSTILE}`,
    tool: 'execute',
    title: HOSTILE,
    input: '{"command":"npm test"}',
    paths: ['src/a.ts'],
    askedAtMs: told.nowMs,
    deadlineAtMs: told.nowMs + 60_000,
  });
  const person = { kind: 'task.needs_person', files: [] } as const;
  told.add(
    {
      ...person,
      task: 'ui' as never,
      cause: 'question',
      detail:
        'Which of the two colours is meant, the one of the title or the one of the page, and is it the same on a phone?',
    },
    9_000,
  );
  return told.add({ ...person, task: 'web' as never, cause: 'violation', detail: 'unsafe content' }, 9_000);
}

describe('the inbox', () => {
  const story = everything();
  const view = inboxView(story.state, story.nowMs);

  test('is one list, oldest first, each with what answers it', () => {
    expect(view.items.map(({ id, kind }) => [id, kind])).toEqual([
      ['docs.a1', 'approval'],
      ['api.1.q1', 'permission'],
      ['ui.e1', 'question'],
      ['web.e1', 'escalation'],
    ]);
    for (const item of view.items) {
      expect(item.next.length).toBeGreaterThan(0);
      expect(Date.parse(item.since)).toBeGreaterThanOrEqual(START_MS);
      expect(item.age_ms).toBeGreaterThanOrEqual(0);
    }
    expect(view.items[0]?.approval?.given).toMatchObject([{ by: 'anna' }]);
  });

  test.each([80, 60, 40])(
    'fits %i columns, but for commands, and shows nothing that is not printable',
    (columns) => {
      const paint = { columns, colour: false, ascii: false };
      const lines = [
        ...inboxText(view, story.nowMs, paint),
        ...view.items.flatMap((item) => itemText(item, story.nowMs, paint)),
      ];
      for (const line of lines) {
        // oxlint-disable-next-line no-control-regex
        expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
        if (!line.includes('copse ')) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      }
    },
  );

  test('reads like this', () => {
    const paint = { columns: 80, colour: false, ascii: true };
    const shown = [
      ...inboxText(view, story.nowMs, paint),
      '---',
      ...view.items.slice(0, 2).flatMap((item) => itemText(item, story.nowMs, paint)),
    ];
    expect(shown.join('\n')).toMatchSnapshot();
  });

  test('says so when nothing waits', () => {
    const paint = { columns: 80, colour: false, ascii: false };
    expect(inboxText({ run: 'run-1', items: [] }, 0, paint)).toEqual(['nothing waits for a person']);
  });
});
