import { closestTo } from '../../kit/closest.ts';
import { findLater } from './availability.ts';
import { ourWordFor } from './foreign-words.ts';
import { flattenIssues } from './issues.ts';
import type { FlatIssue } from './issues.ts';
import { knownKeysAt, sectionsWith } from './known-keys.ts';
import type { YamlNode } from './node.ts';
import type { SourceProblem } from './problem.ts';
import type { PlanFile } from './schema.ts';
import { planSchema } from './schema.ts';
import type { Origins, Spot } from './values.ts';
import { deepestSpot, removeAt, renameKey, spotOf, stepInto, valueAt } from './values.ts';
import { placeName, valueName } from './wording.ts';

/** Repairs beyond which what is left is not judged further. */
const MAX_ROUNDS = 8;

export interface Validated {
  /** What is left when everything wrong is taken out; null when too little is. */
  readonly file: PlanFile | null;
  readonly problems: readonly SourceProblem[];
}

/**
 * Judges plain values by the schema. What is wrong is reported, taken out of `root` (which is changed) and the rest is
 * judged again, so that one pass reports everything, references included.
 */
export function validateValues(root: unknown, origin: Origins): Validated {
  const problems = refuseLater(root, origin);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const result = planSchema.safeParse(root);
    // The schema changes nothing, so the values themselves are the plan file, with their way back to the text.
    if (result.success) return { file: root as PlanFile, problems };
    const all = flattenIssues(result.error.issues, root);
    // A key by another name may be the very one that is missing: names first.
    const unknown = all.filter((issue) => issue.kind === 'unknown-keys');
    const issues = unknown.length > 0 ? unknown : all;
    const ends = issues.toSorted((a, b) => comparePaths(b.path, a.path));
    problems.push(...issues.flatMap((issue) => describe(issue, root, origin)));
    for (const issue of ends) repair(issue, root, origin);
  }
  return { file: null, problems };
}

function refuseLater(root: unknown, origin: Origins): SourceProblem[] {
  const findings = findLater(root);
  const problems = findings.map((finding): SourceProblem => {
    const key = finding.path.at(-1) ?? '';
    const isValue = typeof finding.value === 'string' && !knownByPresence(finding.path);
    const what = isValue
      ? `${placeName(finding.path, root)}: ${valueName(finding.value)}`
      : placeName(finding.path, root);
    return {
      code: 'E0401',
      severity: 'error',
      message: `${what} is not available yet`,
      ...spanOf(deepestSpot(root, finding.path, origin), isValue || /^\d+$/.test(key) ? 'value' : 'key'),
      why: 'this version would have to ignore it',
      fix: finding.instead,
    };
  });
  for (const finding of findings.toReversed()) {
    if (finding.standIn === null) removeAt(root, finding.path, origin);
    else
      replaceAt(root, finding.path.slice(0, finding.path.length - finding.standIn.up), finding.standIn.value);
  }
  return problems;
}

/** True for keys that are refused whatever they hold. */
function knownByPresence(path: readonly string[]): boolean {
  return !knownKeysAt(path.slice(0, -1)).includes(path.at(-1) ?? '') && !/^\d+$/.test(path.at(-1) ?? '');
}

function describe(issue: FlatIssue, root: unknown, origin: Origins): readonly SourceProblem[] {
  if (issue.kind === 'unknown-keys') {
    return issue.keys
      .filter((key) => !key.startsWith('x-'))
      .map((key) => unknownKey({ key, path: issue.path, root, origin }));
  }
  const value = valueAt(root, issue.path);
  const name = placeName(issue.path, root);
  const spot = deepestSpot(root, issue.path, origin);
  if (issue.kind === 'bad-key') {
    const message = `${valueName(issue.path.at(-1))} is no usable name: ${issue.message}`;
    return [
      { code: 'E0205', severity: 'error', message, ...spanOf(spot, 'key'), why: '', fix: slugOf(issue.path) },
    ];
  }
  if (value === undefined) {
    const code = issue.path.length === 1 && issue.path[0] === 'tasks' ? 'E0301' : 'E0204';
    const message = code === 'E0301' ? 'the plan has no tasks' : `${name} is missing: ${issue.message}`;
    const fix = code === 'E0301' ? 'tasks:\n  - Add a /health endpoint with a test' : null;
    return [{ code, severity: 'error', message, ...spanOf(spot, 'key'), why: '', fix }];
  }
  const close = typeof value === 'string' ? closestTo(value, issue.words) : null;
  const replacement = close ?? quotedIfText(issue, value);
  return [
    {
      code: issue.words.length > 0 ? 'E0203' : 'E0201',
      severity: 'error',
      message: `${name}: ${issue.message}, got ${valueName(value)}`,
      ...spanOf(spot, 'value'),
      why: '',
      fix: replacement ?? adviceFor(issue.message, value),
      ...editOf(spot?.value ?? null, replacement),
    },
  ];
}

function unknownKey(about: {
  readonly key: string;
  readonly path: readonly PropertyKey[];
  readonly root: unknown;
  readonly origin: Origins;
}): SourceProblem {
  const { key, path, root, origin } = about;
  const container = valueAt(root, path);
  const known = knownKeysAt(path);
  const word = ourWordFor(key, path, known) ?? closestTo(key, known);
  const spot = spotOf(container, key, origin);
  const where = path.length === 0 ? 'at the top of the plan' : `in ${placeName(path, root)}`;
  const sections = path.length === 0 && word === null ? sectionsWith(key) : [];
  const isFree =
    word !== null && !(typeof container === 'object' && container !== null && Object.hasOwn(container, word));
  const edits = isFree && spot?.key ? [{ start: spot.key.keyStart, end: spot.key.keyEnd, text: word }] : [];
  const elsewhere = sections.length > 0 ? `put it under ${sections.join(': or ')}:` : null;
  return {
    code: 'E0202',
    severity: 'error',
    message: `unknown key "${key}" ${where}${word === null ? '' : `, did you mean ${word}?`}`,
    ...spanOf(spot, 'key'),
    why: `keys there: ${known.join(', ')}`,
    fix: word === null ? (elsewhere ?? 'remove it, or begin it with x- to keep it') : `${word}:`,
    ...(edits.length > 0 ? { edits } : {}),
  };
}

/** Takes what an issue is about out of the values, or puts the likely meaning in. */
function repair(issue: FlatIssue, root: unknown, origin: Origins): void {
  if (issue.kind === 'unknown-keys') {
    const container = valueAt(root, issue.path);
    const known = knownKeysAt(issue.path);
    for (const key of issue.keys) {
      const word = key.startsWith('x-')
        ? null
        : (ourWordFor(key, issue.path, known) ?? closestTo(key, known));
      const renamed = word !== null && renameKey(container, { from: key, to: word }, origin);
      if (!renamed) removeAt(root, [...issue.path, key], origin);
    }
    return;
  }
  const [section, name] = issue.path;
  const isMissing = valueAt(root, issue.path) === undefined;
  const isWhole = issue.path.length === 2 || (isMissing && issue.path.length === 3);
  if (issue.kind !== 'bad-key' && isWhole && name !== undefined) {
    // A stand-in keeps what refers to it from being called wrong as well.
    if (section === 'gates') return replaceAt(root, [section, name], 'true');
    if (section === 'agents') return replaceAt(root, [section, name], { use: 'demo' });
    if (section === 'tasks' && issue.path.length === 2) return replaceAt(root, [section, name], 'unreadable');
  }
  if (isMissing && issue.path.length === 1) return replaceAt(root, issue.path, []);
  removeAt(root, isMissing ? issue.path.slice(0, -1) : issue.path, origin);
}

function replaceAt(root: unknown, path: readonly PropertyKey[], value: unknown): void {
  const container = valueAt(root, path.slice(0, -1));
  const step = path.at(-1);
  if (typeof container !== 'object' || container === null || step === undefined) return;
  if (stepInto(container, step) === undefined && path.length > 1) return;
  (container as Record<PropertyKey, unknown>)[step] = value;
}

function spanOf(spot: Spot | null, part: 'key' | 'value'): { start: number; end: number } {
  if (spot === null) return { start: 0, end: 0 };
  if (part === 'key' && spot.key !== null) return { start: spot.key.keyStart, end: spot.key.keyEnd };
  const { start, end } = spot.value;
  // A value that was left out is shown at its key.
  return start === end && spot.key !== null
    ? { start: spot.key.keyStart, end: spot.key.keyEnd }
    : { start, end };
}

function quotedIfText(issue: FlatIssue, value: unknown): string | null {
  const wantsText = /^expected (?:text|a command|an id|the id)/.test(issue.message);
  if (!wantsText || (typeof value !== 'number' && typeof value !== 'boolean')) return null;
  return JSON.stringify(String(value));
}

function editOf(
  node: YamlNode | null,
  replacement: string | null,
): { edits?: SourceProblem['edits'] & object } {
  if (node?.kind !== 'scalar' || replacement === null || node.start === node.end) return {};
  return { edits: [{ start: node.start, end: node.end, text: replacement }] };
}

function adviceFor(message: string, value: unknown): string | null {
  if (typeof value !== 'number') return null;
  if (message.startsWith('expected a duration')) return `add a unit: ${value}m or ${value}s`;
  if (message.startsWith('expected an amount of work')) return `add a unit: ${value}h or ${value}m`;
  if (message.startsWith('expected a share')) return `${value}%`;
  if (message.startsWith('expected a size')) return `add a unit: ${value}GB or ${value}MB`;
  return null;
}

function slugOf(path: readonly PropertyKey[]): string | null {
  const slug = String(path.at(-1))
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|[-.]+$/g, '')
    .slice(0, 64);
  return slug === '' ? null : slug;
}

/** Later list items first, so that taking one out does not move those still to be taken out. */
function comparePaths(a: readonly PropertyKey[], b: readonly PropertyKey[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const [left, right] = [a[at], b[at]];
    if (left === right) continue;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return String(left) < String(right) ? -1 : 1;
  }
  return a.length - b.length;
}
