import { expect, test } from 'vitest';
import { announcement } from './announcement.ts';

test('is one sequence, whatever is in it', () => {
  const hostile = 'a\u0007b\u001b]0;c\u001b\\d;e\nf\u009dg';
  for (const TERM of ['xterm-256color', 'foot', 'rxvt-unicode']) {
    const shown = announcement(hostile, hostile, { TERM });
    expect(shown.startsWith('\u001b]')).toBe(true);
    expect(shown.endsWith('\u0007')).toBe(true);
    // oxlint-disable-next-line no-control-regex
    expect(shown.slice(2, -1)).toMatch(/^[^\u0000-\u001f\u007f-\u009f]*$/);
  }
});

test('is the one that the terminal knows', () => {
  expect(announcement('docs', 'asks', { TERM: 'xterm' })).toBe('\u001b]9;docs: asks\u0007');
  expect(announcement('docs', 'asks', { TERM: 'foot' })).toBe('\u001b]777;notify;docs;asks\u0007');
});
