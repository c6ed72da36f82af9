import type { Cursor } from './fast-cursor.ts';
import {
  Beyond,
  charCodes,
  checkDepth,
  countNode,
  HASH,
  isBlank,
  lineEnd,
  NEWLINE,
  SPACE,
} from './fast-cursor.ts';
import { isQuote, readQuoted, trimmedEnd } from './fast-scalar.ts';
import type { MapEntry, ScalarNode, YamlNode } from './node.ts';
import { resolvePlainScalar } from './scalar.ts';

const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const OPEN_MAP = 123;
const CLOSE_MAP = 125;
const COMMA = 44;
const COLON = 58;
/** Characters that cannot begin a plain scalar here, and those that only may when a word follows. */
const NEVER_FIRST = charCodes('&*!|>@`%#,[]{}"\'');
const FIRST_BEFORE_WORD = charCodes('-?:');

export function isFlowStart(code: number): boolean {
  return code === OPEN_LIST || code === OPEN_MAP;
}

/** What every level of one flow collection shares. */
interface FlowContext {
  readonly cursor: Cursor;
  /** Further lines have to be indented deeper than this. */
  readonly parentIndent: number;
  readonly outerDepth: number;
}

/** A flow collection that begins at `start`; the caller goes on at its `end`. */
export function readFlow(cursor: Cursor, start: number, parentIndent: number, depth: number): YamlNode {
  return readFlowNode({ cursor, parentIndent, outerDepth: depth }, start, depth);
}

function readFlowNode(context: FlowContext, start: number, depth: number): YamlNode {
  const { text } = context.cursor;
  const code = text.charCodeAt(start);
  if (code === OPEN_LIST) return readFlowList(context, start, depth);
  if (code === OPEN_MAP) return readFlowMap(context, start, depth);
  return isQuote(code) ? readQuoted(text, start) : readFlowPlain(text, start);
}

function readFlowList(context: FlowContext, start: number, depth: number): YamlNode {
  const { cursor } = context;
  const { text } = cursor;
  checkDepth(depth, start);
  const items: YamlNode[] = [];
  let at = skipSpace(context, start + 1, depth);
  while (text.charCodeAt(at) !== CLOSE_LIST) {
    countNode(cursor, at);
    const item = readFlowNode(context, at, depth + 1);
    items.push(item);
    at = skipSpace(context, item.end, depth);
    at = afterItem(context, at, CLOSE_LIST, depth);
  }
  return { kind: 'seq', flow: true, items, start, end: at + 1 };
}

function readFlowMap(context: FlowContext, start: number, depth: number): YamlNode {
  const { cursor } = context;
  const { text } = cursor;
  checkDepth(depth, start);
  const entries: MapEntry[] = [];
  let at = skipSpace(context, start + 1, depth);
  while (text.charCodeAt(at) !== CLOSE_MAP) {
    countNode(cursor, at);
    const key = isQuote(text.charCodeAt(at)) ? readQuoted(text, at) : readFlowPlain(text, at);
    let colon = key.end;
    while (text.charCodeAt(colon) === SPACE) colon += 1;
    if (text.charCodeAt(colon) !== COLON || !isBlank(text, colon + 1)) throw new Beyond();
    const valueAt = skipSpace(context, colon + 1, depth);
    const value = readFlowNode(context, valueAt, depth + 1);
    entries.push({ key: key.source, keyStart: key.start, keyEnd: key.end, value });
    at = skipSpace(context, value.end, depth);
    at = afterItem(context, at, CLOSE_MAP, depth);
  }
  return { kind: 'map', flow: true, entries, start, end: at + 1 };
}

/** Behind an item: the closing bracket stays, a comma is passed. */
function afterItem(context: FlowContext, at: number, close: number, depth: number): number {
  const code = context.cursor.text.charCodeAt(at);
  if (code === close) return at;
  if (code !== COMMA) throw new Beyond();
  return skipSpace(context, at + 1, depth);
}

function readFlowPlain(text: string, start: number): ScalarNode {
  const first = text.charCodeAt(start);
  if (Number.isNaN(first) || first <= SPACE || NEVER_FIRST.has(first)) throw new Beyond();
  if (FIRST_BEFORE_WORD.has(first) && endsWord(text, start + 1)) throw new Beyond();
  let at = start;
  for (; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === NEWLINE || code === COMMA || code === CLOSE_LIST || code === CLOSE_MAP) break;
    if (code === OPEN_LIST || code === OPEN_MAP || code < SPACE) throw new Beyond();
    if (code === COLON && endsWord(text, at + 1)) break;
    if (code === HASH && text.charCodeAt(at - 1) === SPACE) break;
  }
  const end = trimmedEnd(text, start, at);
  const source = text.slice(start, end);
  return { kind: 'scalar', value: resolvePlainScalar(source), source, start, end };
}

function endsWord(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return (
    isBlank(text, at) || code === COMMA || code === CLOSE_LIST || code === CLOSE_MAP || isFlowStart(code)
  );
}

/** Past spaces, line breaks and comments inside a flow collection. */
function skipSpace(context: FlowContext, from: number, depth: number): number {
  const { text } = context.cursor;
  let at = from;
  for (;;) {
    const wordEnd = at;
    while (text.charCodeAt(at) === SPACE) at += 1;
    const code = text.charCodeAt(at);
    if (code === HASH) {
      if (at === wordEnd && text.charCodeAt(at - 1) !== NEWLINE) throw new Beyond();
      at = lineEnd(text, at);
    } else if (code !== NEWLINE) {
      if (code < SPACE) throw new Beyond();
      checkIndent(context, { wordEnd, at, code, depth });
      return at;
    }
    if (at >= text.length) throw new Beyond();
    if (text.charCodeAt(at) === NEWLINE) at += 1;
  }
}

/** A further line has to be deeper than the parent; only the last bracket may stand right below its key. */
function checkIndent(
  context: FlowContext,
  line: { readonly wordEnd: number; readonly at: number; readonly code: number; readonly depth: number },
): void {
  const { text } = context.cursor;
  if (line.wordEnd === 0 || text.charCodeAt(line.wordEnd - 1) !== NEWLINE) return;
  const indent = line.at - line.wordEnd;
  if (indent > context.parentIndent) return;
  const closesOuter =
    line.depth === context.outerDepth && (line.code === CLOSE_LIST || line.code === CLOSE_MAP);
  if (indent < context.parentIndent || !closesOuter) throw new Beyond();
}
