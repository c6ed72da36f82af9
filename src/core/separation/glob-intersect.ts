import type { Glob, Part, Unit } from './glob.ts';
import { acceptsChar } from './glob.ts';

/**
 * A path that both patterns stand for; null when there is none. Sound: when a path of both exists, one is found.
 * Work is bounded by the product of the lengths of the two patterns.
 */
export function commonPath(a: Glob, b: Glob): string | null {
  const failed = new Set<number>();
  const parts = walk(a, b, [0, 0], failed);
  // Only patterns that stand for everything have the empty path in common.
  return parts === null ? null : parts.join('/') || 'x';
}

/** True when every path of `inner` is a path of `outer`, as far as can be told by comparing part by part. */
export function covers(outer: Glob, inner: Glob): boolean {
  for (const [index, part] of outer.entries()) {
    if (part.kind === 'any-parts') return index === outer.length - 1;
    const other = inner[index];
    if (other === undefined || other.kind === 'any-parts' || !coversPart(part, other)) return false;
  }
  return outer.length === inner.length;
}

function walk(a: Glob, b: Glob, [i, j]: readonly [number, number], failed: Set<number>): string[] | null {
  const state = i * (b.length + 1) + j;
  if (failed.has(state)) return null;
  const found = step(a, b, [i, j], failed);
  if (found === null) failed.add(state);
  return found;
}

function step(a: Glob, b: Glob, [i, j]: readonly [number, number], failed: Set<number>): string[] | null {
  const left = a[i];
  const right = b[j];
  if (left === undefined && right === undefined) return [];
  if (left?.kind === 'any-parts') {
    const without = walk(a, b, [i + 1, j], failed);
    if (without !== null || right === undefined) return without;
    const beyond = walk(a, b, [i, j + 1], failed);
    return right.kind === 'any-parts' ? beyond : prepend(right, beyond);
  }
  if (right?.kind === 'any-parts') {
    const without = walk(a, b, [i, j + 1], failed);
    return without ?? (left === undefined ? null : prepend(left, walk(a, b, [i + 1, j], failed)));
  }
  if (left === undefined || right === undefined) return null;
  const text = commonText(left.units, right.units);
  if (text === null) return null;
  const rest = walk(a, b, [i + 1, j + 1], failed);
  return rest === null ? null : [text, ...rest];
}

function prepend(part: Part, rest: string[] | null): string[] | null {
  if (rest === null || part.kind === 'any-parts') return null;
  const text = commonText(part.units, [{ kind: 'run' }]);
  return text === null ? null : [text, ...rest];
}

/** A non-empty text that both parts stand for. */
function commonText(a: readonly Unit[], b: readonly Unit[]): string | null {
  const failed = new Set<number>();
  const seek = (i: number, j: number): string | null => {
    const state = i * (b.length + 1) + j;
    if (failed.has(state)) return null;
    const found = seekStep(i, j);
    if (found === null) failed.add(state);
    return found;
  };
  const seekStep = (i: number, j: number): string | null => {
    const left = a[i];
    const right = b[j];
    if (left === undefined && right === undefined) return '';
    if (left?.kind === 'run' && right?.kind === 'run') {
      const rest = seek(i + 1, j) ?? seek(i, j + 1);
      // A letter that both runs take makes examples that look like paths.
      return rest === null ? null : `x${rest}`;
    }
    if (left?.kind === 'run') return seek(i + 1, j) ?? joined(right, left, () => seek(i, j + 1));
    if (right?.kind === 'run') return seek(i, j + 1) ?? joined(left, right, () => seek(i + 1, j));
    return joined(left, right, () => seek(i + 1, j + 1));
  };
  return seek(0, 0) || null;
}

function joined(
  left: Unit | undefined,
  right: Unit | undefined,
  seekRest: () => string | null,
): string | null {
  if (left === undefined || right === undefined) return null;
  const char = commonChar(left, right);
  const rest = char === null ? null : seekRest();
  return char === null || rest === null ? null : char + rest;
}

/** A character that both accept; the ends of all ranges, their neighbours and plain letters are tried. */
function commonChar(left: Unit, right: Unit): string | null {
  return candidates(left, right).find((char) => acceptsChar(left, char) && acceptsChar(right, char)) ?? null;
}

function candidates(left: Unit, right: Unit): readonly string[] {
  const found: string[] = [];
  for (const unit of [left, right]) {
    if (unit.kind === 'char') found.push(unit.char);
    if (unit.kind !== 'class') continue;
    for (const end of unit.ranges.flat()) found.push(end, neighbour(end, 1), neighbour(end, -1));
  }
  if (found.length === 0 || left.kind === 'class' || right.kind === 'class') found.push('x');
  return found.filter((char) => char !== '/' && char !== '' && char !== '\0');
}

function neighbour(char: string, by: 1 | -1): string {
  const code = (char.codePointAt(0) ?? 0) + by;
  return code < 1 || code > 0x10ffff ? '' : String.fromCodePoint(code);
}

function coversPart(outer: Part, inner: Part): boolean {
  if (outer.kind === 'any-parts' || inner.kind === 'any-parts') return false;
  if (outer.units.length === 1 && outer.units[0]?.kind === 'run') return true;
  if (outer.units.length !== inner.units.length) return false;
  return outer.units.every((unit, index) => {
    const other = inner.units[index];
    return unit.kind === 'char' && other?.kind === 'char' && unit.char === other.char;
  });
}
