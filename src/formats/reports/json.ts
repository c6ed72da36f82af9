/** Numbers out of JSON by a path: `$.a.b[0]`, `$.results[*].mean`, `$['odd key']`, `$.*`; `[-1]` counts from the end. */
import { err, ok, type Result } from '../../kit/result.ts';
import { parseNumber } from './numbers.ts';
import { MAX_REPORT_CHARS, MAX_VALUES, type Reading } from './reading.ts';

export type JsonStep =
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' };

const MAX_PATH_CHARS = 1_000;
const STEP = /\.\*|\[\*\]|\.([^.[\]*'"\s]+)|\[(-?\d{1,9})\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/y;

export function parseJsonPath(path: string): Result<readonly JsonStep[], string> {
  if (path.length > MAX_PATH_CHARS) return err(`the path has more than ${MAX_PATH_CHARS} characters`);
  // `a.b` means `$.a.b`: nothing else could be meant.
  const text = path.startsWith('$') ? path.slice(1) : path.startsWith('[') ? path : `.${path}`;
  const steps: JsonStep[] = [];
  STEP.lastIndex = 0;
  while (STEP.lastIndex < text.length) {
    const at = STEP.lastIndex;
    const step = STEP.exec(text);
    if (step === null) return err(`the path is not understood at ${JSON.stringify(text.slice(at, at + 20))}`);
    steps.push(stepOf(step));
  }
  return ok(steps);
}

/**
 * Numbers, numbers in strings and booleans (1 or 0) at `path`, in document order; other leaves are NaN. A path that
 * leads nowhere is an error. The text may be a log around one JSON value: it is then the value that starts on a line and
 * reaches to the last bracket, or the last line that is JSON.
 */
export function readJson(text: string, path: string): Reading {
  const steps = parseJsonPath(path);
  if (!steps.ok) return steps;
  const document = findJson(text);
  if (!document.ok) return document;
  let nodes: unknown[] = [document.value];
  for (const step of steps.value) {
    const next: unknown[] = [];
    for (const node of nodes) {
      for (const child of children(node, step)) {
        if (next.length >= MAX_VALUES) return err(`more than ${MAX_VALUES} values at ${path}`);
        next.push(child);
      }
    }
    if (next.length === 0) {
      // `$.errors[*]` of an empty list is a list of no errors, which `count` may judge.
      return step.kind === 'all' && nodes.some(isContainer) ? ok([]) : err(`nothing at ${path}`);
    }
    nodes = next;
  }
  return ok(nodes.map(numberOf));
}

function stepOf(match: RegExpExecArray): JsonStep {
  const [, name, index, single, double] = match;
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  const key = name ?? single ?? double;
  return key === undefined ? { kind: 'all' } : { kind: 'key', key: name ?? key.replaceAll(/\\(.)/g, '$1') };
}

function* children(node: unknown, step: JsonStep): Generator {
  if (Array.isArray(node)) {
    if (step.kind === 'all') yield* node as unknown[];
    if (step.kind !== 'index') return;
    const value: unknown = node.at(step.index);
    if (value !== undefined) yield value;
  } else if (typeof node === 'object' && node !== null) {
    const record = node as Readonly<Record<string, unknown>>;
    if (step.kind === 'all') yield* Object.values(record);
    if (step.kind === 'key' && Object.hasOwn(record, step.key)) yield record[step.key];
  }
}

function isContainer(node: unknown): boolean {
  return typeof node === 'object' && node !== null;
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return typeof value === 'string' ? parseNumber(value) : Number.NaN;
}

function findJson(text: string): Result<unknown, string> {
  if (text.length > MAX_REPORT_CHARS) return err('the report is too large');
  const plain = text.replace(/^\uFEFF/, '').trim();
  for (const candidate of candidates(plain)) {
    const parsed = tryParse(candidate);
    if (parsed !== null) return ok(parsed.value);
  }
  return err('there is no JSON in it');
}

/** At most three, so that a hostile log costs three passes. */
function* candidates(text: string): Generator<string> {
  yield text;
  const start = text.search(/^[ \t]*[{[]/m);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  if (start !== -1 && end > start) yield text.slice(start, end + 1);
  const lineEnd = end === -1 ? -1 : end + 1;
  if (lineEnd > 0) yield text.slice(text.lastIndexOf('\n', end) + 1, lineEnd);
}

function tryParse(text: string): { readonly value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null; // Not JSON: that is what is being asked.
  }
}
