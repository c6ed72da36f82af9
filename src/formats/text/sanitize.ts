/**
 * Untrusted text (agent output, titles, branch names, file names) made safe to print on a terminal. What could move the
 * cursor, change title or clipboard, hide or reorder text is written as a visible escape, never removed silently: a
 * reader sees that it was there. No sequence is recognised; without its control characters none is left.
 */

/** `line`: no line breaks at all (titles, table cells) · `block`: `\n` and tab stay, `\r\n` becomes `\n`. */
export type SanitizeMode = 'line' | 'block';

/**
 * Code units and code points that are not printed as they are. ZWJ and the variation selectors 15 and 16 stay: emoji
 * need them, and they move nothing.
 */
const UNSAFE_RANGES: readonly (readonly [number, number])[] = [
  [0x00, 0x1f], // C0 controls: ESC, CR, BS, BEL, NUL …
  [0x7f, 0x9f], // DEL and C1 controls: CSI, OSC, DCS, APC as one character
  [0xad, 0xad], // soft hyphen
  [0x034f, 0x034f], // combining grapheme joiner
  [0x061c, 0x061c], // Arabic letter mark
  [0x115f, 0x1160], // Hangul fillers, look empty
  [0x17b4, 0x17b5], // invisible Khmer vowels
  [0x180b, 0x180f], // Mongolian selectors
  [0x200b, 0x200c], // zero-width space and non-joiner
  [0x200e, 0x200f], // direction marks
  [0x2028, 0x202e], // line and paragraph separators, bidi embeddings and overrides
  [0x2060, 0x206f], // invisible operators, bidi isolates, deprecated format characters
  [0x3164, 0x3164], // Hangul filler
  [0xd800, 0xdfff], // surrogates; whole pairs are judged by their code point
  [0xe000, 0xf8ff], // private use
  [0xfdd0, 0xfdef], // non-characters
  [0xfe00, 0xfe0d], // variation selectors but for the last two
  [0xfeff, 0xfeff], // byte order mark
  [0xffa0, 0xffa0], // half-width Hangul filler
  [0xfff0, 0xfffb], // interlinear annotations and unassigned
  [0xfffe, 0xffff],
  [0x13430, 0x13455], // Egyptian hieroglyph format controls
  [0x1bca0, 0x1bca3], // shorthand format controls
  [0x1d173, 0x1d17a], // musical format controls
  [0x40000, 0x10ffff], // planes of tags, variation selectors and private use, and those nobody has assigned
];

const SHORT: ReadonlyMap<number, string> = new Map([
  [0x08, String.raw`\b`],
  [0x09, String.raw`\t`],
  [0x0a, String.raw`\n`],
  [0x0d, String.raw`\r`],
  [0x1b, String.raw`\e`],
]);

const BACKSLASH = 0x5c;
const LETTER_U = 0x75;
const LETTER_A = 0x61;
const DIGIT_0 = 0x30;

/** One byte per code unit, so that the scan is one look-up per unit (a regular expression is 4 to 10 times slower). */
const IS_UNSAFE_UNIT: Uint8Array = unitTable();
const ESCAPES: readonly string[] = Array.from({ length: 0x100 }, (_, code) => escapeOf(code));

/** Units written before they become a string. */
const CHUNK_UNITS = 16_384;
/** Chunks hold no lone surrogate and no byte order mark, so decoding changes nothing; every platform we run on is little-endian. */
const DECODER = new TextDecoder('utf-16le');
const LONGEST_ESCAPE = String.raw`\u{10ffff}`.length;

/**
 * `text` with every unsafe character escaped: `\e`, `\r`, `\x07`, `\u202e`, `\u{e0041}`. Printable text, emoji and
 * combining marks stay. Pure and total; at most 6 times as long, and sanitizing the result again changes nothing.
 */
export function sanitizeText(text: string, mode: SanitizeMode): string {
  const keepsLayout = mode === 'block';
  const start = firstUnsafe(text, keepsLayout);
  return start === text.length ? text : text.slice(0, start) + escapeFrom(text, start, keepsLayout);
}

/** Surrogates count as unsafe here: what follows looks at them closely. */
function firstUnsafe(text: string, keepsLayout: boolean): number {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (IS_UNSAFE_UNIT[unit] === 1 && !(keepsLayout && isLayout(unit))) return at;
  }
  return text.length;
}

/** Units go through a small array: building the string piece by piece is 3 to 4 times slower on text full of escapes. */
function escapeFrom(text: string, start: number, keepsLayout: boolean): string {
  const chunk = new Uint16Array(Math.min(CHUNK_UNITS, (text.length - start + 1) * LONGEST_ESCAPE));
  let filled = 0;
  let result = '';
  for (let at = start; at < text.length; at += 1) {
    if (filled > chunk.length - LONGEST_ESCAPE) {
      result += stringOf(chunk.subarray(0, filled));
      filled = 0;
    }
    const unit = text.charCodeAt(at);
    if (IS_UNSAFE_UNIT[unit] === 0 || (keepsLayout && isLayout(unit))) {
      chunk[filled++] = unit;
      continue;
    }
    if (keepsLayout && unit === 0x0d && text.charCodeAt(at + 1) === 0x0a) continue;
    const code = unit < 0xd800 || unit > 0xdbff ? unit : (text.codePointAt(at) ?? unit);
    if (code > 0xffff) {
      at += 1;
      if (!isUnsafeAstral(code)) {
        chunk[filled++] = unit;
        chunk[filled++] = text.charCodeAt(at);
        continue;
      }
    }
    filled = writeEscape(chunk, filled, code);
  }
  return result + stringOf(chunk.subarray(0, filled));
}

/** Where the next unit goes. */
function writeEscape(chunk: Uint16Array, at: number, code: number): number {
  let next = at;
  const short = ESCAPES[code] ?? (code > 0xffff ? escapeOf(code) : null);
  if (short !== null) {
    for (let index = 0; index < short.length; index += 1) chunk[next++] = short.charCodeAt(index);
    return next;
  }
  chunk[next++] = BACKSLASH;
  chunk[next++] = LETTER_U;
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (code >> shift) & 0xf;
    chunk[next++] = digit < 10 ? DIGIT_0 + digit : LETTER_A - 10 + digit;
  }
  return next;
}

function stringOf(units: Uint16Array): string {
  return DECODER.decode(units);
}

function isLayout(unit: number): boolean {
  return unit === 0x0a || unit === 0x09;
}

function unitTable(): Uint8Array {
  const table = new Uint8Array(0x10000);
  for (const [from, to] of UNSAFE_RANGES) {
    if (to <= 0xffff) table.fill(1, from, to + 1);
  }
  return table;
}

function isUnsafeAstral(code: number): boolean {
  // The last two of every plane are non-characters.
  if ((code & 0xfffe) === 0xfffe) return true;
  return UNSAFE_RANGES.some(([from, to]) => from > 0xffff && code >= from && code <= to);
}

/** For code points up to ff and over ffff. */
function escapeOf(code: number): string {
  const short = SHORT.get(code);
  if (short !== undefined) return short;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return `\\u{${hex}}`;
}
