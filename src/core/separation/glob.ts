/**
 * Path patterns: `*` and `?` within a part, `**` over any number of parts, `[a-z]`, `{a,b}`. Case counts. A pattern
 * without wildcards also stands for everything below it, so that `src/api` means the folder.
 */

export type Part =
  { readonly kind: 'any-parts' } | { readonly kind: 'part'; readonly units: readonly Unit[] };

/** What one place of a part may be. */
export type Unit =
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'one' }
  | { readonly kind: 'run' }
  | {
      readonly kind: 'class';
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/** One alternative of a pattern, split at `/`. */
export type Glob = readonly Part[];

/** Alternatives that braces may make of one pattern. */
export const MAX_ALTERNATIVES = 256;

const EVERYTHING: Glob = [{ kind: 'any-parts' }];

/** The alternatives of a pattern. Too many of them count as "everything": more is claimed than meant, never less. */
export function parseGlob(pattern: string): readonly Glob[] {
  const alternatives = expandBraces(pattern);
  if (alternatives === null) return [EVERYTHING];
  return alternatives.map((alternative) => {
    const trimmed = alternative.replace(/^(?:\.\/)+/, '').replace(/\/{2,}/g, '/');
    const isFolder = trimmed.endsWith('/');
    const parts = trimmed
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .map(parsePart);
    const isLiteral = parts.every(
      (part) => part.kind === 'part' && part.units.every((unit) => unit.kind === 'char'),
    );
    return isFolder || isLiteral ? [...parts, { kind: 'any-parts' }] : parts;
  });
}

/** True when one of the patterns stands for `path`. */
export function matchesAny(patterns: readonly string[], path: string): boolean {
  const parts = path.split('/');
  return patterns.some((pattern) => parseGlob(pattern).some((glob) => matchesParts(glob, parts)));
}

/** True when `glob` stands for the path of these parts. */
export function matchesParts(glob: Glob, parts: readonly string[]): boolean {
  // reachable[j]: the pattern up to here can have used the first j parts.
  let reachable = new Set([0]);
  for (const part of glob) {
    const next = new Set<number>();
    for (const used of reachable) {
      if (part.kind === 'any-parts') for (let to = used; to <= parts.length; to += 1) next.add(to);
      else if (used < parts.length && matchesUnits(part.units, parts[used] ?? '')) next.add(used + 1);
    }
    if (next.size === 0) return false;
    reachable = next;
  }
  return reachable.has(parts.length);
}

/** True when this unit may be the character. */
export function acceptsChar(unit: Unit, char: string): boolean {
  if (unit.kind === 'char') return unit.char === char;
  if (unit.kind !== 'class') return char !== '/';
  return unit.ranges.some(([low, high]) => low <= char && char <= high) !== unit.negated;
}

function matchesUnits(units: readonly Unit[], text: string): boolean {
  const chars = Array.from(text);
  let reachable = new Set([0]);
  for (const unit of units) {
    const next = new Set<number>();
    for (const used of reachable) {
      if (unit.kind === 'run') for (let to = used; to <= chars.length; to += 1) next.add(to);
      else if (used < chars.length && acceptsChar(unit, chars[used] ?? '')) next.add(used + 1);
    }
    if (next.size === 0) return false;
    reachable = next;
  }
  return reachable.has(chars.length);
}

function parsePart(text: string): Part {
  if (text === '**') return { kind: 'any-parts' };
  const units: Unit[] = [];
  const chars = Array.from(text);
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? '';
    if (char === '*') {
      if (units.at(-1)?.kind !== 'run') units.push({ kind: 'run' });
    } else if (char === '?') units.push({ kind: 'one' });
    else if (char === '[') {
      const end = classEnd(chars, at);
      if (end === -1) units.push({ kind: 'char', char });
      else {
        units.push(parseClass(chars.slice(at + 1, end)));
        at = end;
      }
    } else units.push({ kind: 'char', char });
  }
  return { kind: 'part', units };
}

function classEnd(chars: readonly string[], open: number): number {
  const isNegated = chars[open + 1] === '!' || chars[open + 1] === '^';
  return chars.indexOf(']', open + (isNegated ? 3 : 2));
}

function parseClass(body: readonly string[]): Unit {
  const negated = body[0] === '!' || body[0] === '^';
  const ranges: (readonly [string, string])[] = [];
  for (let at = negated ? 1 : 0; at < body.length; at += 1) {
    const low = body[at] ?? '';
    const high = body[at + 1] === '-' ? body[at + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) at += 2;
  }
  return { kind: 'class', negated, ranges };
}

/** `a{b,c}d` as `abd`, `acd`; braces without a comma stay text. null when there would be too many. */
function expandBraces(pattern: string): readonly string[] | null {
  let open: readonly string[] = [pattern];
  const done: string[] = [];
  while (open.length > 0) {
    const next: string[] = [];
    for (const text of open) {
      const group = firstGroup(text);
      if (group === null) done.push(text);
      else for (const option of group.options) next.push(group.before + option + group.after);
    }
    if (done.length + next.length > MAX_ALTERNATIVES) return null;
    open = next;
  }
  return done;
}

/** The first innermost group with a comma, so that nested groups are taken from the inside. */
function firstGroup(text: string): { before: string; options: readonly string[]; after: string } | null {
  const match = /\{([^{}]*,[^{}]*)\}/.exec(text);
  if (match === null) return null;
  const options = (match[1] ?? '').split(',');
  return { before: text.slice(0, match.index), options, after: text.slice(match.index + match[0].length) };
}
