import { MAX_DEPTH, MAX_NODES } from './limits.ts';
import type { ScalarNode } from './node.ts';

/** Thrown inside the quick reader when the text uses a form it leaves to the full parser. Never leaves the reader. */
export class Beyond extends Error {}

/** Thrown inside the quick reader when a limit is passed. Never leaves the reader. */
export class LimitPassed extends Error {
  readonly limit: 'depth' | 'nodes';
  readonly offset: number;

  constructor(limit: 'depth' | 'nodes', offset: number) {
    super(limit);
    this.limit = limit;
    this.offset = offset;
  }
}

/** Where the quick reader is. `indent` and `at` describe the next line with content; `indent` is -1 at the end. */
export interface Cursor {
  readonly text: string;
  pos: number;
  indent: number;
  at: number;
  nodes: number;
}

export const SPACE = 32;
export const NEWLINE = 10;
const TAB = 9;
export const HASH = 35;

/** From the start of a line to the next line that holds more than space or a comment. */
export function toNextContent(cursor: Cursor): void {
  const { text } = cursor;
  let lineStart = cursor.pos;
  for (;;) {
    let at = lineStart;
    while (text.charCodeAt(at) === SPACE) at += 1;
    const code = text.charCodeAt(at);
    if (Number.isNaN(code)) {
      cursor.pos = at;
      cursor.at = at;
      cursor.indent = -1;
      return;
    }
    if (code === TAB) throw new Beyond();
    if (code !== NEWLINE && code !== HASH) {
      if (at === lineStart && isDocumentMark(text, at)) throw new Beyond();
      cursor.pos = lineStart;
      cursor.at = at;
      cursor.indent = at - lineStart;
      return;
    }
    lineStart = lineEnd(text, at) + 1;
    if (lineStart > text.length) lineStart = text.length;
  }
}

/** The offset of the line feed that ends the line of `from`, or the length of the text. */
export function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** After a value on its line: only spaces and a comment may follow; moves on to the next content. */
export function finishLine(cursor: Cursor, from: number): void {
  const { text } = cursor;
  let at = from;
  while (text.charCodeAt(at) === SPACE) at += 1;
  const code = text.charCodeAt(at);
  const isComment = code === HASH && at > from;
  if (at < text.length && code !== NEWLINE && !isComment) throw new Beyond();
  cursor.pos = Math.min(lineEnd(text, at) + 1, text.length);
  toNextContent(cursor);
}

/** True for a space, a line feed or the end of the text. A tab is left to the full parser. */
export function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (code === TAB) throw new Beyond();
  return code === SPACE || code === NEWLINE || at >= text.length;
}

/** Counts a map entry or list item. */
export function countNode(cursor: Cursor, offset: number): void {
  cursor.nodes += 1;
  if (cursor.nodes > MAX_NODES) throw new LimitPassed('nodes', offset);
}

/** Checks the nesting depth of a collection that begins at `offset`. */
export function checkDepth(depth: number, offset: number): void {
  if (depth > MAX_DEPTH) throw new LimitPassed('depth', offset);
}

/** A scalar that stands for a value left out. */
export function absentScalar(offset: number): ScalarNode {
  return { kind: 'scalar', value: null, source: '', start: offset, end: offset };
}

function isDocumentMark(text: string, at: number): boolean {
  return text.startsWith('---', at) || text.startsWith('...', at) || text.charCodeAt(at) === 37;
}

/** The codes of the characters of an ASCII text. */
export function charCodes(ascii: string): ReadonlySet<number> {
  return new Set(ascii.split('').map((char) => char.charCodeAt(0)));
}
