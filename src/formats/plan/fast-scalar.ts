import type { Cursor } from './fast-cursor.ts';
import { Beyond, HASH, lineEnd, NEWLINE, SPACE, toNextContent } from './fast-cursor.ts';
import type { ScalarNode } from './node.ts';
import { resolvePlainScalar } from './scalar.ts';

const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;
const COLON = 58;
const BACKSLASH = 92;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['t', '\t'],
  ['r', '\r'],
  ['0', '\0'],
  ['"', '"'],
  ['/', '/'],
  ['\\', '\\'],
]);

export function isQuote(code: number): boolean {
  return code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
}

/** A quoted scalar on one line, at `start`. */
export function readQuoted(text: string, start: number): ScalarNode {
  return text.charCodeAt(start) === DOUBLE_QUOTE ? readDouble(text, start) : readSingle(text, start);
}

function readDouble(text: string, start: number): ScalarNode {
  let value = '';
  let from = start + 1;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) throw new Beyond();
    if (code === DOUBLE_QUOTE) {
      value += text.slice(from, at);
      return { kind: 'scalar', value, source: value, start, end: at + 1 };
    }
    if (code === BACKSLASH) {
      const escaped = ESCAPES.get(text.charAt(at + 1));
      if (escaped === undefined) throw new Beyond();
      value += text.slice(from, at) + escaped;
      at += 1;
      from = at + 1;
    }
  }
  throw new Beyond();
}

function readSingle(text: string, start: number): ScalarNode {
  let from = start + 1;
  for (;;) {
    const at = text.indexOf("'", from);
    if (at === -1) throw new Beyond();
    if (text.charCodeAt(at + 1) !== SINGLE_QUOTE) {
      const raw = text.slice(start + 1, at);
      if (raw.includes('\n')) throw new Beyond();
      const value = raw.replaceAll("''", "'");
      return { kind: 'scalar', value, source: value, start, end: at + 1 };
    }
    from = at + 2;
  }
}

/** The end of a plain scalar on the line of `start` (exclusive, trimmed); a `: ` inside is left to the full parser. */
export function plainLineEnd(text: string, start: number): number {
  const end = lineEnd(text, start);
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === COLON && (at + 1 === end || text.charCodeAt(at + 1) <= SPACE)) throw new Beyond();
    if (code === HASH && at > start && text.charCodeAt(at - 1) === SPACE) return trimmedEnd(text, start, at);
    if (code < SPACE) throw new Beyond();
  }
  return trimmedEnd(text, start, end);
}

export function trimmedEnd(text: string, start: number, end: number): number {
  let last = end;
  while (last > start && text.charCodeAt(last - 1) === SPACE) last -= 1;
  return last;
}

/** A plain scalar in block context, folded over the lines that are indented deeper than `parentIndent`. */
export function readPlain(cursor: Cursor, start: number, parentIndent: number): ScalarNode {
  const { text } = cursor;
  let end = plainLineEnd(text, start);
  let source = text.slice(start, end);
  for (;;) {
    const feed = lineEnd(text, end);
    const hasComment = trimmedEnd(text, end, feed) !== end;
    cursor.pos = Math.min(feed + 1, text.length);
    const before = cursor.pos;
    toNextContent(cursor);
    if (cursor.indent <= parentIndent) break;
    const skipped = text.slice(before, cursor.pos);
    if (hasComment || skipped.includes('#') || text.charCodeAt(cursor.at) === HASH) throw new Beyond();
    const blankLines = skipped.split('\n').length - 1;
    end = plainLineEnd(text, cursor.at);
    source += (blankLines === 0 ? ' ' : '\n'.repeat(blankLines)) + text.slice(cursor.at, end);
  }
  return { kind: 'scalar', value: resolvePlainScalar(source), source, start, end };
}

/** `|`, `|-`, `>` or `>-` without an indentation number; other headers are left to the full parser. */
export function readBlockScalar(cursor: Cursor, start: number, parentIndent: number): ScalarNode {
  const { text } = cursor;
  const headerEnd = lineEnd(text, start);
  const header = /^([|>])(-?) *(?: #.*)?$/.exec(text.slice(start, headerEnd));
  if (header === null) throw new Beyond();
  const { lines, end } = blockLines(text, headerEnd + 1, parentIndent);
  const body = header[1] === '|' ? lines.join('\n') : fold(lines);
  const value = header[2] === '-' ? body : `${body}\n`;
  cursor.pos = end;
  toNextContent(cursor);
  return { kind: 'scalar', value, source: value, start, end };
}

/** The lines of a block scalar without their indentation and without blank lines at the end. */
function blockLines(text: string, from: number, parentIndent: number): { lines: string[]; end: number } {
  const lines: string[] = [];
  let at = from;
  let end = from;
  let indent = -1;
  while (at < text.length) {
    const feed = lineEnd(text, at);
    let first = at;
    while (text.charCodeAt(first) === SPACE) first += 1;
    if (first >= feed) {
      // A line of spaces longer than the indentation is content, a leading one decides it: rare, left to `yaml`.
      if (indent === -1 || first - at > indent) throw new Beyond();
      lines.push('');
    } else {
      if (indent === -1) indent = first - at;
      if (first - at < indent) break;
      lines.push(text.slice(at + indent, feed));
      end = feed + 1;
    }
    at = feed + 1;
  }
  // Without a last line feed the final line break is the parser's business.
  if (indent <= parentIndent || end > text.length) throw new Beyond();
  while (lines.at(-1) === '') lines.pop();
  return { lines, end };
}

function fold(lines: readonly string[]): string {
  let value = lines[0] ?? '';
  let blanks = 0;
  for (const line of lines.slice(1)) {
    if (line === '') {
      blanks += 1;
      continue;
    }
    if (line.startsWith(' ') || line.startsWith('\t')) throw new Beyond();
    value += (blanks === 0 ? ' ' : '\n'.repeat(blanks)) + line;
    blanks = 0;
  }
  if (value.startsWith(' ') || value.startsWith('\t')) throw new Beyond();
  return value;
}
