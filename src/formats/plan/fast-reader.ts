/**
 * Reads the YAML that people write in plans about ten times as fast as the full parser (10,000 tasks: 1,000 ms there).
 * It knows block and flow collections, plain, quoted and block scalars. Whatever else it meets (anchors, tags,
 * tabs, several documents, complex keys, errors) it reads nothing at all and leaves the text to `yaml`. Where it does
 * answer, the answer equals the full parser's; `test/fuzz/plan.test.ts` holds it to that.
 */
import type { Cursor } from './fast-cursor.ts';
import {
  absentScalar,
  Beyond,
  charCodes,
  checkDepth,
  countNode,
  finishLine,
  HASH,
  isBlank,
  LimitPassed,
  lineEnd,
  NEWLINE,
  SPACE,
  toNextContent,
} from './fast-cursor.ts';
import { isFlowStart, readFlow } from './fast-flow.ts';
import { isQuote, readBlockScalar, readPlain, readQuoted, trimmedEnd } from './fast-scalar.ts';
import type { MapEntry, ScalarNode, YamlNode } from './node.ts';

const DASH = 45;
const COLON = 58;
const NEVER_FIRST = charCodes('&*!@`%,]}');
const FIRST_BEFORE_WORD = charCodes('-?:');

export type QuickRead =
  | { readonly kind: 'read'; readonly root: YamlNode }
  | { readonly kind: 'beyond' }
  | { readonly kind: 'limit'; readonly limit: 'depth' | 'nodes'; readonly offset: number };

/** The tree of a text whose root is a block map; `beyond` when the full parser has to be asked. */
export function readQuickly(text: string): QuickRead {
  if (text.includes('\r')) return { kind: 'beyond' };
  const cursor: Cursor = { text, pos: afterDocumentStart(text), indent: 0, at: 0, nodes: 0 };
  try {
    toNextContent(cursor);
    if (cursor.indent !== 0 || keyAt(text, cursor.at) === null) return { kind: 'beyond' };
    const root = readMap(cursor, 0, 1);
    return isAtEnd(cursor) ? { kind: 'read', root } : { kind: 'beyond' };
  } catch (error) {
    if (error instanceof Beyond) return { kind: 'beyond' };
    if (error instanceof LimitPassed) return { kind: 'limit', limit: error.limit, offset: error.offset };
    throw error;
  }
}

function isAtEnd(cursor: Cursor): boolean {
  return cursor.indent === -1;
}

function afterDocumentStart(text: string): number {
  const start = /^(?:(?: *#.*| *)\n)*---\n/.exec(text);
  return start === null ? 0 : start[0].length;
}

/** The node that begins at the cursor's next content, a line of its own. */
function readBlock(cursor: Cursor, parentIndent: number, depth: number): YamlNode {
  if (isItem(cursor.text, cursor.at)) return readList(cursor, cursor.indent, depth);
  if (keyAt(cursor.text, cursor.at) !== null) return readMap(cursor, cursor.indent, depth);
  return readInline(cursor, cursor.at, parentIndent, depth);
}

function readMap(cursor: Cursor, indent: number, depth: number): YamlNode {
  const { text } = cursor;
  const start = cursor.at;
  checkDepth(depth, start);
  const entries: MapEntry[] = [];
  let end = start;
  while (cursor.indent === indent) {
    const key = keyAt(text, cursor.at);
    if (key === null) throw new Beyond();
    countNode(cursor, key.start);
    const value = readValue(cursor, key.end, { indent, depth: depth + 1 });
    entries.push({ key: key.source, keyStart: key.start, keyEnd: key.end, value });
    end = value.end;
  }
  if (cursor.indent > indent) throw new Beyond();
  return { kind: 'map', flow: false, entries, start, end };
}

function readList(cursor: Cursor, indent: number, depth: number): YamlNode {
  const { text } = cursor;
  const start = cursor.at;
  checkDepth(depth, start);
  const items: YamlNode[] = [];
  let end = start;
  while (cursor.indent === indent && isItem(text, cursor.at)) {
    countNode(cursor, cursor.at);
    const item = readItem(cursor, indent, depth + 1);
    items.push(item);
    end = item.end;
  }
  if (cursor.indent > indent) throw new Beyond();
  return { kind: 'seq', flow: false, items, start, end };
}

/** One list item; a map or list that begins behind its dash counts from its own column. */
function readItem(cursor: Cursor, indent: number, depth: number): YamlNode {
  const { text } = cursor;
  const dash = cursor.at;
  let at = dash + 1;
  while (text.charCodeAt(at) === SPACE) at += 1;
  if (isLineDone(text, at)) {
    finishLine(cursor, dash + 1);
    return cursor.indent > indent ? readBlock(cursor, indent, depth) : absentScalar(dash + 1);
  }
  const column = indent + at - dash;
  if (isItem(text, at) || keyAt(text, at) !== null) {
    cursor.at = at;
    cursor.indent = column;
    return isItem(text, at) ? readList(cursor, column, depth) : readMap(cursor, column, depth);
  }
  return readInline(cursor, at, indent, depth);
}

/** The value behind `key:`, on the same line or the next ones. */
function readValue(
  cursor: Cursor,
  keyEnd: number,
  { indent, depth }: { readonly indent: number; readonly depth: number },
): YamlNode {
  const { text } = cursor;
  const from = afterColon(text, keyEnd);
  let at = from;
  while (text.charCodeAt(at) === SPACE) at += 1;
  if (!isLineDone(text, at)) return readInline(cursor, at, indent, depth);
  finishLine(cursor, from);
  if (cursor.indent > indent) return readBlock(cursor, indent, depth);
  // The dashes of a list may stand in the column of the key that holds it.
  if (cursor.indent === indent && isItem(text, cursor.at)) return readList(cursor, indent, depth);
  return absentScalar(keyEnd);
}

/** A scalar or flow collection at `at`; leaves the cursor at the next content. */
function readInline(cursor: Cursor, at: number, parentIndent: number, depth: number): YamlNode {
  const { text } = cursor;
  const code = text.charCodeAt(at);
  if (isFlowStart(code)) {
    const node = readFlow(cursor, at, parentIndent, depth);
    finishLine(cursor, node.end);
    return node;
  }
  if (isQuote(code)) {
    const node = readQuoted(text, at);
    finishLine(cursor, node.end);
    return node;
  }
  if (code === 124 || code === 62) return readBlockScalar(cursor, at, parentIndent);
  if (NEVER_FIRST.has(code)) throw new Beyond();
  if (FIRST_BEFORE_WORD.has(code) && isBlank(text, at + 1)) throw new Beyond();
  return readPlain(cursor, at, parentIndent);
}

/** The key of a map entry at `at`; null when the line there is something else. */
function keyAt(text: string, at: number): ScalarNode | null {
  const first = text.charCodeAt(at);
  if (isQuote(first)) {
    const key = readQuoted(text, at);
    let colon = key.end;
    while (text.charCodeAt(colon) === SPACE) colon += 1;
    return text.charCodeAt(colon) === COLON && isBlank(text, colon + 1) ? key : null;
  }
  if (isFlowStart(first) || first === 124 || first === 62) return null;
  if (NEVER_FIRST.has(first)) throw new Beyond();
  if (FIRST_BEFORE_WORD.has(first) && isBlank(text, at + 1)) throw new Beyond();
  const colon = colonAt(text, at);
  if (colon === -1) return null;
  const end = trimmedEnd(text, at, colon);
  const source = text.slice(at, end);
  return { kind: 'scalar', value: source, source, start: at, end };
}

/** The colon that ends a plain key on this line, or -1. */
function colonAt(text: string, start: number): number {
  for (let at = start; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE) return -1;
    if (code === COLON && isBlank(text, at + 1)) return at;
    if (code === HASH && text.charCodeAt(at - 1) === SPACE) return -1;
    if (code < SPACE) throw new Beyond();
  }
  return -1;
}

function afterColon(text: string, keyEnd: number): number {
  let at = keyEnd;
  while (text.charCodeAt(at) === SPACE) at += 1;
  return at + 1;
}

function isItem(text: string, at: number): boolean {
  return text.charCodeAt(at) === DASH && isBlank(text, at + 1);
}

function isLineDone(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  if (at >= text.length || code === NEWLINE) return true;
  return code === HASH && (at === 0 || text.charCodeAt(at - 1) === SPACE || lineEnd(text, at) === at);
}
