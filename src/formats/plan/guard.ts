/**
 * What is refused before a parser sees the text. The first part looks at characters only; the second walks the tokens
 * of `yaml`'s own lexer, which is iterative, so that its count of nesting is the parser's. Both stop at the first
 * limit that is passed.
 */
import { CST, Lexer } from 'yaml';
import { MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_SOURCE_PROBLEMS } from './limits.ts';
import type { SourceProblem } from './problem.ts';

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\ufffe\uffff]/g;
const LONE_SURROGATE = /\p{Surrogate}/gu;
/** Marks that make text read in another order than it is stored: a plan is code, and has to read as it runs. */
const REORDERING = /[\u202a-\u202e\u2066-\u2069]/g;

/** Problems of the text as characters: size, control characters, characters that hide the order of the text. */
export function guardText(text: string): readonly SourceProblem[] {
  const bytes = byteLength(text);
  if (bytes > MAX_BYTES)
    return [limitProblem('E0101', `the plan is larger than ${MAX_BYTES / 1024 / 1024} MB`, 0)];
  const problems: SourceProblem[] = [];
  for (const pattern of [CONTROL, LONE_SURROGATE]) {
    for (const match of text.matchAll(pattern)) {
      if (problems.length >= MAX_SOURCE_PROBLEMS) break;
      problems.push(characterProblem(match[0], match.index));
    }
  }
  const reordering = text.search(REORDERING);
  if (reordering !== -1) problems.push(reorderingProblem(text, reordering));
  return problems;
}

/** Problems of the text as tokens: nesting, size, anchors, aliases, tags and complex keys. */
export function guardTokens(text: string): readonly SourceProblem[] {
  const problems: SourceProblem[] = [];
  const nesting = newNesting();
  let offset = 0;
  let nodes = 0;
  for (const token of new Lexer().lex(text)) {
    const type = nesting.isScalarNext ? 'scalar' : CST.tokenType(token);
    const depth = nesting.enter(type, token);
    if (depth > MAX_DEPTH) return [...problems, depthProblem(offset)];
    if (type === 'comma' || type === 'seq-item-ind' || type === 'map-value-ind') nodes += 1;
    if (nodes > MAX_NODES) return [...problems, nodesProblem(offset)];
    const refusal = refusalOf(type, text, offset, token);
    if (refusal !== null && problems.length < MAX_SOURCE_PROBLEMS) problems.push(refusal);
    // The lexer's own marks stand for no text; real control characters were refused before.
    if (token !== '\u0002' && token !== '\u0018' && token !== '\u001f') offset += token.length;
  }
  return problems;
}

export function depthProblem(offset: number): SourceProblem {
  return limitProblem('E0103', `maps and lists are nested deeper than ${MAX_DEPTH}`, offset);
}

export function nodesProblem(offset: number): SourceProblem {
  return limitProblem('E0102', `the plan has more than ${MAX_NODES} entries`, offset);
}

/** Counts nesting from tokens: the columns that opened block collections, and open brackets. */
function newNesting(): { isScalarNext: boolean; enter(type: string | null, token: string): number } {
  const columns: number[] = [];
  let brackets = 0;
  let column = 0;
  let isLineStart = true;
  const open = (): void => {
    while ((columns.at(-1) ?? -1) > column) columns.pop();
    if (columns.at(-1) !== column) columns.push(column);
  };
  return {
    isScalarNext: false,
    enter(type, token) {
      this.isScalarNext = token === '\u001f' && type === 'scalar' && !this.isScalarNext;
      if (type === 'flow-map-start' || type === 'flow-seq-start') brackets += 1;
      if (type === 'flow-map-end' || type === 'flow-seq-end') brackets = Math.max(0, brackets - 1);
      if (type === 'flow-error-end') brackets = 0;
      const isIndicator = type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind';
      const isSpace = type === 'space' || type === 'newline' || type === 'comment';
      if (brackets === 0 && !isSpace && (isLineStart || isIndicator)) open();
      // What follows a dash, or stands first on a line, may open a collection of its own.
      if (!isSpace) isLineStart = type === 'seq-item-ind' || type === 'explicit-key-ind';
      const feed = token.lastIndexOf('\n');
      if (type === 'newline' || feed !== -1) {
        isLineStart = true;
        column = token.length - feed - 1;
      } else if (token !== '\u0002' && token !== '\u0018' && token !== '\u001f') {
        column += token.length;
      }
      return columns.length + brackets;
    },
  };
}

function refusalOf(type: string | null, text: string, offset: number, token: string): SourceProblem | null {
  const span = { start: offset, end: offset + token.length, severity: 'error' as const };
  if (type === 'anchor' || type === 'alias' || type === 'tag') {
    const isGlob = type !== 'anchor' && /[/*.]/.test(token.slice(1));
    const rest = text.slice(span.end, span.end + 1);
    const standsAlone = rest === '' || rest === '\n' || rest === '\r';
    return {
      ...span,
      code: 'E0104',
      message: `${type === 'tag' ? 'tags' : 'anchors and aliases'} are not allowed: ${token}`,
      why: 'they make a short text stand for a huge one, or for something other than it shows',
      fix: isGlob
        ? `put the text in quotes: "${token}"`
        : 'write the value out, or put it in quotes if it is text',
      ...(isGlob && standsAlone
        ? { edits: [{ start: span.start, end: span.end, text: JSON.stringify(token) }] }
        : {}),
    };
  }
  if (type === 'explicit-key-ind') {
    const why = 'keys of a plan are plain words';
    return {
      ...span,
      code: 'E0106',
      message: 'a key written with ? is not allowed',
      why,
      fix: 'write key: value',
    };
  }
  return null;
}

function characterProblem(char: string, offset: number): SourceProblem {
  const hex = char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    code: 'E0107',
    severity: 'error',
    message: `the character U+${hex} is not allowed in a plan`,
    start: offset,
    end: offset + char.length,
    why: 'control characters and half surrogate pairs cannot be shown or passed on safely',
    fix: 'remove it',
    edits: [{ start: offset, end: offset + char.length, text: '' }],
  };
}

function reorderingProblem(text: string, offset: number): SourceProblem {
  const hex = text.charCodeAt(offset).toString(16).toUpperCase();
  return {
    code: 'E0108',
    severity: 'warning',
    message: `the invisible character U+${hex} changes the order in which this text is shown`,
    start: offset,
    end: offset + 1,
    why: 'what is shown is then not what runs',
    fix: 'remove it unless it was put there on purpose',
  };
}

function limitProblem(code: string, message: string, offset: number): SourceProblem {
  const fix = 'split the work into several plans';
  const why = 'limits keep a plan checkable in less than a second';
  return { code, severity: 'error', message, start: offset, end: offset, why, fix };
}

/** UTF-8 bytes; more than the limit is not counted exactly. */
function byteLength(text: string): number {
  if (text.length > MAX_BYTES || text.length * 3 <= MAX_BYTES) return text.length;
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    // Each half of a surrogate pair is two of its four bytes.
    if (code > 0x7f) bytes += code > 0x7ff && (code < 0xd800 || code > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
