/** Reads any YAML text that passed the guard, with every syntax problem, through the `yaml` package. */
import type { Pair, ParsedNode } from 'yaml';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { absentScalar } from './fast-cursor.ts';
import { MAX_SOURCE_PROBLEMS } from './limits.ts';
import type { MapEntry, ScalarNode, YamlNode } from './node.ts';
import type { SourceProblem } from './problem.ts';

export interface FullRead {
  /** null when the text is not one YAML document. */
  readonly root: YamlNode | null;
  readonly problems: readonly SourceProblem[];
}

/**
 * `uniqueKeys` is off because `yaml` compares each key with all before it (100,000 keys: minutes); repeated keys are
 * found where values are made.
 */
const OPTIONS = { version: '1.2', prettyErrors: false, uniqueKeys: false, logLevel: 'error' } as const;

export function readFully(text: string): FullRead {
  const document = parseDocument(text, OPTIONS);
  const problems = document.errors.slice(0, MAX_SOURCE_PROBLEMS).map((error): SourceProblem => {
    const [start, end] = error.pos;
    return {
      code: 'E0110',
      severity: 'error',
      message: `not valid YAML: ${lowerFirst(error.message)}`,
      start,
      end: Math.max(start, end),
      why: '',
      fix: hintOf(error.code),
    };
  });
  if (problems.length > 0) return { root: null, problems };
  const complex: SourceProblem[] = [];
  const { contents } = document;
  const root = contents === null ? absentScalar(0) : toNode(contents, complex);
  return { root: complex.length > 0 ? null : root, problems: complex };
}

function toNode(node: ParsedNode, problems: SourceProblem[]): YamlNode {
  const [start, end] = node.range;
  if (isSeq(node)) {
    const items = (node.items as (ParsedNode | null)[]).map((item) =>
      item === null ? absentScalar(start) : toNode(item, problems),
    );
    return {
      kind: 'seq',
      flow: node.flow === true,
      items,
      start,
      end: node.flow === true ? end : lastEnd(items, start),
    };
  }
  if (isMap(node)) {
    const entries: MapEntry[] = [];
    for (const pair of node.items) {
      const entry = toEntry(pair, problems);
      if (entry !== null) entries.push(entry);
    }
    const values = entries.map((entry) => entry.value);
    return {
      kind: 'map',
      flow: node.flow === true,
      entries,
      start,
      end: node.flow === true ? end : lastEnd(values, start),
    };
  }
  if (!isScalar(node)) return absentScalar(start);
  return toScalar(node.value, node.source, [start, end]);
}

/** `yaml` counts the comments and blank lines after a block collection as part of it. */
function lastEnd(children: readonly YamlNode[], start: number): number {
  return children.at(-1)?.end ?? start;
}

function toEntry(pair: Pair<ParsedNode, ParsedNode | null>, problems: SourceProblem[]): MapEntry | null {
  const { key } = pair;
  if (!isScalar(key)) {
    const [start, end] = key.range;
    const why = 'keys of a plan are plain words';
    const message = 'a list or map cannot be a key';
    problems.push({ code: 'E0106', severity: 'error', message, start, end, why, fix: 'write key: value' });
    return null;
  }
  const [keyStart, keyEnd] = key.range;
  const node = pair.value === null ? absentScalar(keyEnd) : toNode(pair.value, problems);
  const isAbsent = node.kind === 'scalar' && node.value === null && node.source === '';
  const value = isAbsent ? absentScalar(keyEnd) : node;
  return { key: toScalar(key.value, key.source, [keyStart, keyEnd]).source, keyStart, keyEnd, value };
}

function toScalar(
  value: unknown,
  source: string | undefined,
  [start, end]: readonly [number, number],
): ScalarNode {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') {
    return { kind: 'scalar', value, source: source ?? String(value ?? ''), start, end };
  }
  const text = typeof value === 'string' ? value : (source ?? '');
  return { kind: 'scalar', value: text, source: text, start, end };
}

function hintOf(code: string): string | null {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'indent with spaces';
    case 'MULTIPLE_DOCS':
      return 'keep one document in the file: remove the --- line and what follows';
    case 'BAD_INDENT':
    case 'MISSING_CHAR':
      return 'compare the indentation with the line above; text with ": " in it needs quotes';
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return 'text with ": " in it needs quotes';
    case 'BAD_SCALAR_START':
      return 'put the text in quotes';
    default:
      return null;
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
