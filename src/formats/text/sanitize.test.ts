import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sanitizeText } from './sanitize.ts';

/** What must never reach a terminal, written independently of the implementation's table. */
const DANGEROUS =
  /[\p{Cc}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Bidi_Control}\u200B\u200C\u2060-\u2064\u206A-\u206F\uFEFF\uFFF9-\uFFFB\u{E0000}-\u{E0FFF}]/u;

test.each([
  ['colour', '\u001b[31mred\u001b[0m', String.raw`\e[31mred\e[0m`],
  ['a window title', '\u001b]0;x\u0007', String.raw`\e]0;x\x07`],
  ['a clipboard write', '\u001b]52;c;AA==\u001b\\', `\\e]52;c;AA==\\e\\`],
  ['a device control string', '\u001bPq\u001b\\', `\\ePq\\e\\`],
  ['an application command', '\u001b_x\u001b\\', `\\e_x\\e\\`],
  ['one-character CSI and OSC', '\u009b2J\u009d0;x\u009c', String.raw`\x9b2J\x9d0;x\x9c`],
  ['overwriting by return and backspace', 'no\r yes\b\b', String.raw`no\r yes\b\b`],
  [
    'NUL, bell, vertical tab, form feed, shift out, delete',
    '\0\u0007\v\f\u000e\u007f',
    String.raw`\x00\x07\x0b\x0c\x0e\x7f`,
  ],
  ['bidi overrides and isolates', '\u202eabc\u202c\u2066x\u2069', String.raw`\u202eabc\u202c\u2066x\u2069`],
  ['direction marks', 'a\u200e\u200f\u061c', String.raw`a\u200e\u200f\u061c`],
  ['invisible characters', 'a\u200bb\u2060c\ufeffd\u00ade', String.raw`a\u200bb\u2060c\ufeffd\xade`],
  ['line separators', 'a\u2028b\u2029c', String.raw`a\u2028b\u2029c`],
  ['lone surrogates', '\ud800x\udc00', String.raw`\ud800x\udc00`],
  ['reversed surrogates', '\udc00\ud800', String.raw`\udc00\ud800`],
  ['a lone surrogate at the end', 'ok\ud83c', String.raw`ok\ud83c`],
  ['tag characters', 'a\u{e0041}\u{e007f}', String.raw`a\u{e0041}\u{e007f}`],
  [
    'private use and non-characters',
    '\ue000\ufffe\u{10ffff}\u{1ffff}',
    String.raw`\ue000\ufffe\u{10ffff}\u{1ffff}`,
  ],
])('writes %s as something to read', (_what, text, expected) => {
  expect(sanitizeText(text, 'line')).toBe(expected);
  expect(sanitizeText(text, 'block')).toBe(expected);
});

test.each([
  '',
  'plain',
  'naïve café',
  '日本語',
  'العربية',
  'हिन्दी',
  'e\u0301',
  '👩‍👩‍👧 ❤️ 🏳️‍🌈',
  'C:\\e\\x1b',
  '�',
  '𝒳',
])('leaves %j alone', (text) => {
  expect(sanitizeText(text, 'line')).toBe(text);
  expect(sanitizeText(text, 'block')).toBe(text);
});

describe('lines', () => {
  const text = 'a\tb\r\nc\nd\re\r';
  test('become escapes in a line', () => {
    expect(sanitizeText(text, 'line')).toBe(String.raw`a\tb\r\nc\nd\re\r`);
  });
  test('stay in a block, but for a return that would overwrite', () => {
    expect(sanitizeText(text, 'block')).toBe(`a\tb\nc\nd\\re\\r`);
  });
});

const unit = fc.oneof(
  fc.integer({ min: 0, max: 0xffff }),
  fc.integer({ min: 0, max: 0xa0 }),
  fc.integer({ min: 0xd800, max: 0xdfff }),
  fc.integer({ min: 0x2000, max: 0x2070 }),
);
const anyUnits = fc.array(unit, { maxLength: 200 }).map((units) => String.fromCharCode(...units));
const anyPoints = fc
  .array(fc.integer({ min: 0, max: 0x10ffff }), { maxLength: 100 })
  .map((points) => String.fromCodePoint(...points));

test('leaves nothing dangerous of any text, stays bounded, and is done after once', () => {
  fc.assert(
    fc.property(
      fc.oneof(anyUnits, anyPoints),
      fc.constantFrom('line' as const, 'block' as const),
      (text, mode) => {
        const clean = sanitizeText(text, mode);
        expect(mode === 'block' ? clean.replaceAll(/[\n\t]/g, '') : clean).not.toMatch(DANGEROUS);
        expect(clean.length).toBeLessThanOrEqual(text.length * 6);
        expect(sanitizeText(clean, mode)).toBe(clean);
      },
    ),
    { numRuns: 3_000 },
  );
});

test('judges every single code point', () => {
  const survivors: string[] = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const text = String.fromCodePoint(code);
    if (DANGEROUS.test(text) && sanitizeText(text, 'line') === text) survivors.push(code.toString(16));
  }
  expect(survivors).toEqual([]);
});

test('gives the same for a long text as for its parts', () => {
  const parts = ['\u001b[1m', 'text ', '\ud83c\udf33', '\u202e', '\u{e0041}', '\ud800 ', 'x'.repeat(1_001)];
  const piece = parts.join('');
  const expected = parts.map((part) => sanitizeText(part, 'line')).join('');
  expect(sanitizeText(piece.repeat(100), 'line')).toBe(expected.repeat(100));
});
