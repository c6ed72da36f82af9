import { describe, expect, test } from 'vitest';
import { printable, printableJson, printableLines } from './printable.ts';

const HOSTILE: readonly [string, string, string][] = [
  ['plain text stays', 'Add a /health endpoint', 'Add a /health endpoint'],
  ['colour codes vanish', '\u001b[31;1mred\u001b[0m', 'red'],
  ['cursor movement vanishes', 'a\u001b[2J\u001b[1;1Hb', 'ab'],
  ['8-bit control sequences vanish', 'a\u009b31mb', 'ab'],
  ['a window title vanishes with its text', 'a\u001b]0;owned\u0007b', 'ab'],
  ['a hyperlink keeps only its words', '\u001b]8;;http://x\u001b\\click\u001b]8;;\u001b\\', 'click'],
  ['a device control string vanishes', 'a\u001bP1$r0m\u001b\\b', 'ab'],
  [
    'an unfinished string sequence loses its introducer, not the text after it',
    'a\u001b]52;c;aGk',
    'a52;c;aGk',
  ],
  ['an escape at the end is spelled out', 'a\u001b', 'a\\x1b'],
  ['a bell is spelled out', 'a\u0007b', 'a\\x07b'],
  ['a backspace cannot overwrite', 'ok\b\bno', 'ok\\x08\\x08no'],
  ['a carriage return cannot overwrite', 'safe\rfake', 'safe fake'],
  ['line breaks and tabs become spaces', 'a\nb\tc\u2028d', 'a b c d'],
  ['a right-to-left override is spelled out', 'x\u202egnp.exe', 'x\\u{202e}gnp.exe'],
  ['direction isolates are spelled out', 'x\u2066y\u2069', 'x\\u{2066}y\\u{2069}'],
  ['zero-width spaces are spelled out', 'pay\u200bpal', 'pay\\u{200b}pal'],
  ['a joiner between ASCII letters is spelled out', 'a\u200db', 'a\\u{200d}b'],
  ['tag characters are spelled out', 'a\u{e0041}', 'a\\u{e0041}'],
  ['fillers are spelled out', 'a\u3164b', 'a\\u{3164}b'],
  ['private use characters are spelled out', 'a\ue0b0', 'a\\u{e0b0}'],
  ['a lone surrogate becomes a replacement', 'a\ud800b', 'a\ufffdb'],
  ['a stack of marks is cut', `Z${'\u0335'.repeat(40)}`, `Z${'\u0335'.repeat(4)}`],
  ['other scripts stay', '日本語 العربية עברית', '日本語 العربية עברית'],
  ['an emoji family stays joined', '👩‍👩‍👧‍👦 ok', '👩‍👩‍👧‍👦 ok'],
  ['a non-joiner in Persian stays', 'می‌خواهم', 'می‌خواهم'],
];

describe('printable', () => {
  test.each(HOSTILE)('%s', (_name, text, expected) => {
    expect(printable(text)).toBe(expected);
  });

  test('is idempotent', () => {
    for (const [, text] of HOSTILE) expect(printable(printable(text))).toBe(printable(text));
  });

  test('leaves no control, format or surrogate character of any code unit alone', () => {
    const leaked: string[] = [];
    for (let code = 0; code <= 0xffff; code += 1) {
      const shown = printable(`a${String.fromCharCode(code)}b`);
      if (/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u.test(shown)) leaked.push(code.toString(16));
    }
    expect(leaked).toEqual([]);
  });

  test('reads a flood of unfinished sequences without backtracking', () => {
    expect(printable('\u001b]'.repeat(200_000)).length).toBeLessThan(2_000_000);
  });
});

describe('printableLines', () => {
  test('splits at every kind of line break and cuts', () => {
    expect(printableLines('a\r\nb\rc\nd', 3)).toEqual(['a', 'b', 'c', '…']);
  });
});

describe('printableJson', () => {
  test('keeps the value and hides what a terminal would obey', () => {
    const value = { title: 'x\u009b31m\u202ey\u001b[0m日\ud800' };
    const text = printableJson(value);
    for (const hidden of ['\u009b', '\u202e', '\u001b']) expect(text).not.toContain(hidden);
    expect(JSON.parse(text)).toEqual(value);
  });
});
