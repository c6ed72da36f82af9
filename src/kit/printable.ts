/**
 * Makes text from outside (titles, agent words, branch names, command output) harmless on a terminal and in a page. An
 * allow-list: letters, marks, numbers, punctuation and symbols stay, everything else is removed or spelled out.
 */

// Terminal sequences that are complete are dropped whole: their payload is no text. Each class excludes the escape that
// starts the next one, so a flood of unfinished sequences is still read in linear time.
// oxlint-disable-next-line no-control-regex
const CSI = /(?:\u001b\[|\u009b)[0-?]{0,64}[ -/]{0,8}[@-~]/g;
const STRING_SEQUENCE =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u0090-\u009f]{0,4096}(?:\u0007|\u001b\\|\u009c)/g;
// oxlint-disable-next-line no-control-regex
const SHORT_ESCAPE = /\u001b[ -/]{0,4}[0-~]/g;

/** Marks on one letter beyond this many are dropped: stacks of them paint over the lines above. */
const MAX_MARKS = 4;

const PLAIN_ASCII = /^[ -~]*$/;
const ALLOWED = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;
const MARK = /^\p{M}$/u;
const INVISIBLE = /^[\p{Default_Ignorable_Code_Point}\u2800]$/u;
const JOINABLE = /^[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;

/** One line. Line breaks and tabs become a space, complete terminal sequences vanish, other hidden characters are spelled `\u{…}`. */
export function printable(text: string): string {
  if (PLAIN_ASCII.test(text)) return text;
  const characters = Array.from(withoutSequences(text));
  let shown = '';
  let marks = 0;
  for (const [index, character] of characters.entries()) {
    const safe = safeCharacter(character, characters[index - 1] ?? '', characters[index + 1] ?? '');
    marks = MARK.test(character) ? marks + 1 : 0;
    if (marks <= MAX_MARKS) shown += safe;
  }
  return shown;
}

/** Several lines, each made printable; never more than `maxLines`, the rest is counted in a last line. */
export function printableLines(text: string, maxLines: number): readonly string[] {
  const lines = text.split(/\r\n|[\n\r\u2028\u2029]/, maxLines + 1).map(printable);
  if (lines.length <= maxLines) return lines;
  return [...lines.slice(0, maxLines), '…'];
}

/** The same JSON value, spelled so that no control or direction character of a string reaches the terminal. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function withoutSequences(text: string): string {
  return text.replace(STRING_SEQUENCE, '').replace(CSI, '').replace(SHORT_ESCAPE, '');
}

function safeCharacter(character: string, before: string, after: string): string {
  if (/^\s$/u.test(character)) return ' ';
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd';
  // Joiners and emoji selectors carry meaning inside a word or a pictograph, and only there.
  if (code === 0x200c || code === 0x200d) return isJoin(before, after) ? character : spelled(code);
  if (code === 0xfe0e || code === 0xfe0f) return /^[\p{Emoji}]$/u.test(before) ? character : '';
  if (INVISIBLE.test(character)) return spelled(code);
  return ALLOWED.test(character) ? character : spelled(code);
}

function isJoin(before: string, after: string): boolean {
  return (
    !PLAIN_ASCII.test(before) && JOINABLE.test(before) && !PLAIN_ASCII.test(after) && JOINABLE.test(after)
  );
}

function spelled(code: number): string {
  return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
