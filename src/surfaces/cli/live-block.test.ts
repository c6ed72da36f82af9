import { expect, test } from 'vitest';
import { cut, LiveBlock } from './live-block.ts';

/** A screen that understands what the block writes: text, line breaks, cursor up, erase below. */
function screen(columns = 20, rows = 12) {
  let lines: string[] = [''];
  let paints = 0;
  const write = (text: string): void => {
    paints += 1;
    // oxlint-disable-next-line no-control-regex
    for (const piece of text.split(/(\u001b\[\d*[AJ]|\r|\n)/)) {
      // oxlint-disable-next-line no-control-regex
      const up = /^\u001b\[(\d+)A$/.exec(piece);
      if (up !== null) lines = lines.slice(0, Math.max(1, lines.length - Number(up[1])));
      else if (piece === '\u001b[J') lines[lines.length - 1] = '';
      else if (piece === '\n') lines.push('');
      else if (piece !== '\r') lines[lines.length - 1] += piece;
    }
  };
  return { write, columns: () => columns, rows: () => rows, shown: () => lines, paints: () => paints };
}

function timer() {
  let now = 0;
  let due: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    after: (delayMs: number, wake: () => void) => {
      const entry = { at: now + delayMs, wake };
      due.push(entry);
      return () => (due = due.filter((one) => one !== entry));
    },
    pass: (ms: number) => {
      now += ms;
      const ready = due.filter((one) => one.at <= now);
      due = due.filter((one) => one.at > now);
      for (const one of ready) one.wake();
    },
  };
}

test('lines that stay are put above the block, which is gone at the end', () => {
  const [page, clock] = [screen(), timer()];
  const block = new LiveBlock(page, clock);
  block.show(() => ['busy']);
  expect(page.shown()).toEqual(['busy', '']);
  block.above('first\n');
  clock.pass(100);
  expect(page.shown()).toEqual(['first', 'busy', '']);
  block.end();
  expect(page.shown()).toEqual(['first', '']);
});

test('is drawn at most ten times a second, and not when nothing changed', () => {
  const [page, clock] = [screen(), timer()];
  let text = 'a';
  const block = new LiveBlock(page, clock);
  block.show(() => [text]);
  for (let step = 0; step < 100; step += 1) {
    text = `a${step}`;
    block.refresh();
    clock.pass(10);
  }
  expect(page.paints()).toBeLessThanOrEqual(11);
  const before = page.paints();
  clock.pass(1_000);
  block.refresh();
  clock.pass(1_000);
  block.refresh();
  expect(page.paints() - before).toBeLessThanOrEqual(1);
});

test('takes at most a third of the screen and never its last column', () => {
  const page = screen(10, 12);
  new LiveBlock(page, timer()).show(() => Array.from({ length: 30 }, (_, index) => `task number ${index}`));
  expect(page.shown().filter((line) => line !== '').length).toBeLessThanOrEqual(4);
  // oxlint-disable-next-line no-control-regex
  for (const line of page.shown()) expect(line.replaceAll(/\u001b\[\d+m/g, '').length).toBeLessThanOrEqual(9);
});

test.each([
  ['short', 10, 'short'],
  ['exactly-10', 10, 'exactly-10'],
  ['far too long', 5, 'far …\u001b[22m\u001b[39m'],
  ['日本語です', 5, '日本…\u001b[22m\u001b[39m'],
])('%j in %i columns is %j', (line, columns, expected) => {
  expect(cut(line, columns)).toBe(expected);
});

test('colour takes no room and is ended at a cut', () => {
  expect(cut('\u001b[31mred\u001b[39m', 3)).toBe('\u001b[31mred\u001b[39m');
  expect(cut('\u001b[31mlong red\u001b[39m', 4)).toBe('\u001b[31mlon…\u001b[22m\u001b[39m');
});
