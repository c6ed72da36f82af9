import { expect, test } from 'vitest';
import { displayWidth } from '../kit/display-width.ts';
import { reviewText } from './review-text.ts';
import type { ReviewDetail } from './review-view.ts';

const ROUND = {
  wave: 1,
  tree: 'b'.repeat(40),
  since: 'c'.repeat(40),
  agent: 'checker',
  returned: [],
  dropped: 0,
};
const FINDING = { origin: 'reviewer', by: 'checker', wave: 1, round: 1 } as const;
const DETAIL: ReviewDetail = {
  run: 'run-1',
  task: 'api-pagination',
  title: 'Add cursor pagination',
  status: 'needs_you',
  reason: 'review: no agreement after 2 rounds (review.max_iterations); scores 4/10, 8/10; open: F2 (major)',
  policy: { agent: 'checker', min_score: 10, max_iterations: 2, on_fail: 'escalate' },
  head: 'a'.repeat(40),
  rounds: [
    {
      ...ROUND,
      round: 1,
      head: '1'.repeat(40),
      score: 4,
      accepted: false,
      summary: 'It does less than was asked for, in several places at once, and its test proves nothing.',
      opened: ['F1', 'F2'],
      resolved: [],
      wrote: ['scratch.txt'],
      at: '2026-08-01T09:00:00.000Z',
    },
    {
      ...ROUND,
      round: 2,
      head: '2'.repeat(40),
      score: 8,
      accepted: false,
      summary: '',
      opened: [],
      resolved: ['F1'],
      dropped: 3,
      at: '2026-08-01T09:10:00.000Z',
    },
  ],
  findings: [
    {
      ...FINDING,
      id: 'F1',
      severity: 'minor',
      file: null,
      line: null,
      title: 'no test',
      detail: '',
      state: 'resolved',
      blocking: false,
      resolved_in: 2,
      resolved_by: 'checker',
    },
    {
      ...FINDING,
      id: 'F2',
      severity: 'major',
      file: 'src/server/pagination/cursor.ts',
      line: 120,
      title: 'the cursor of the last page points behind the end of the list',
      detail: 'A client that follows it gets the first page again, for ever.',
      state: 'open',
      blocking: true,
    },
    {
      ...FINDING,
      id: 'F3',
      origin: 'person',
      by: 'anna',
      severity: 'nit',
      file: 'README.md',
      line: null,
      title: 'say it in the readme',
      detail: '',
      state: 'open',
      blocking: true,
    },
  ],
  no_verdict: { times: 3, reason: 'it exited with 1', log: 'runs/run-1/reviews/i9/ask-1' },
  usage: {
    input_tokens: 4_000,
    cache_read_tokens: 0,
    cache_write_tokens: 0,
    output_tokens: 200,
    usd: 0.42,
    estimated: false,
    partial: false,
  },
  turns: 2,
};

test.each([60, 80, 120])('a review is told within %i columns, with nothing cut off', (columns) => {
  const lines = reviewText(DETAIL, { columns, colour: false, ascii: false });
  for (const line of lines) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
  const words = lines.join(' ').replaceAll(/\s+/g, ' ');
  for (const part of [
    'for ever',
    'end of the list',
    'proves nothing',
    '3 not taken',
    '(anna)',
    '$0.42',
    'reviews/i9/ask-1',
  ])
    expect(words).toContain(part);
});

test('a review at 80 columns', () => {
  expect(reviewText(DETAIL, { columns: 80, colour: false, ascii: false }).join('\n')).toMatchSnapshot();
});
