/**
 * The conflict matrix: for every pair of tasks or branches whether their merge conflicts, as git says, or how likely they
 * are to change the same file, as everything else suggests; each cell with its origins and a confidence.
 */
import { type ReadScope, overlapOf } from './scope.ts';
import type { Origin, Touches } from './touches.ts';

/** What is known about the merge of two tips. */
export type PairVerdict =
  | { readonly kind: 'clean'; readonly how: 'merged' | 'apart' | 'contained' }
  | { readonly kind: 'conflict'; readonly files: readonly string[] }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Subject {
  readonly id: string;
  readonly scope: ReadScope | null;
  readonly touches: Touches;
  /** More work is to come. */
  readonly isGoingOn: boolean;
}

export interface Cell {
  readonly a: string;
  readonly b: string;
  readonly result: 'clean' | 'conflict' | 'unknown';
  /** conflict: as git names them · otherwise the likeliest common files. */
  readonly files: readonly string[];
  readonly origin: readonly Origin[];
  /** How sure the result is, 0..1. 1: git's own verdict on two tips. Of unknown pairs the chance that they meet. */
  readonly confidence: number;
  /** Chance that both change the same file, 0..1, whether or not that conflicts. */
  readonly overlap: number;
  /** The declared scopes may meet. */
  readonly scopesMeet: boolean;
  readonly because: string;
}

/** Files listed in one cell. */
const MAX_FILES = 20;
/** Floor of the overlap of scopes that meet where no tracked file is. */
const SCOPES_MEET = 0.1;
/**
 * Share of merges with a file changed on both sides that conflicted, over 9,504 such merges of 14 public repositories
 * (replayed history). What an overlap costs when nobody has merged it yet.
 */
export const CONFLICT_GIVEN_OVERLAP = 0.18;

/** One cell per pair, in the order of `subjects`. `verdictOf` answers null when there is nothing to merge yet. */
export function matrixOf(
  subjects: readonly Subject[],
  verdictOf: (a: string, b: string) => PairVerdict | null,
): readonly Cell[] {
  return subjects.flatMap((a, at) => subjects.slice(at + 1).map((b) => cellOf(a, b, verdictOf(a.id, b.id))));
}

function cellOf(a: Subject, b: Subject, verdict: PairVerdict | null): Cell {
  const expected = expectationOf(a, b);
  const { overlap, scopesMeet } = expected;
  const common = { a: a.id, b: b.id, overlap, scopesMeet };
  if (verdict === null || verdict.kind === 'unknown') {
    const because = verdict === null ? expected.because : `${verdict.why}; ${expected.because}`;
    return {
      ...common,
      result: 'unknown',
      files: expected.files,
      origin: expected.origin,
      confidence: overlap,
      because,
    };
  }
  if (verdict.kind === 'conflict') {
    return {
      ...common,
      result: 'conflict',
      files: verdict.files,
      origin: ['trial', ...expected.origin],
      confidence: 1,
      overlap: 1,
      because: `merging the two tips conflicts in ${listed(verdict.files)}`,
    };
  }
  const both = expected.files.length === 0 ? '' : `; both change or may change ${listed(expected.files)}`;
  const how = {
    merged: `the merge of the two tips is clean${both}`,
    apart: 'the two tips share no changed path',
    contained: 'one tip contains the other',
  }[verdict.how];
  const source: Origin = verdict.how === 'merged' ? 'trial' : 'paths';
  const origin = [source, ...expected.origin.filter((one) => one !== source)];
  return { ...common, result: 'clean', files: expected.files, origin, confidence: 1, because: how };
}

interface Expectation {
  readonly overlap: number;
  readonly files: readonly string[];
  readonly origin: readonly Origin[];
  readonly scopesMeet: boolean;
  readonly because: string;
}

interface Common {
  readonly path: string;
  readonly chance: number;
  readonly origins: readonly Origin[];
  readonly why: string;
}

function expectationOf(a: Subject, b: Subject): Expectation {
  const common = commonFiles(a.touches, b.touches);
  const meeting =
    a.scope === null || b.scope === null || !(a.isGoingOn && b.isGoingOn)
      ? null
      : overlapOf(a.scope, b.scope);
  const apart = common.reduce((product, { chance }) => product * (1 - chance), 1);
  const overlap = Math.max(1 - apart, meeting === null ? 0 : SCOPES_MEET);
  const origins = new Set<Origin>(meeting === null ? [] : ['declared']);
  for (const one of common) for (const origin of one.origins) origins.add(origin);
  const [first] = common;
  const because = [
    ...(first === undefined ? [] : [`${first.path}: ${first.why}`]),
    ...(meeting === null ? [] : [meeting.reason]),
  ];
  return {
    overlap: Math.round(overlap * 1_000) / 1_000,
    files: common.slice(0, MAX_FILES).map(({ path }) => path),
    origin: [...origins],
    scopesMeet: meeting !== null,
    because: because.length === 0 ? 'nothing says that they change a common file' : because.join('; '),
  };
}

/** Likeliest first. */
function commonFiles(a: Touches, b: Touches): readonly Common[] {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  const found: Common[] = [];
  for (const path of few.keys()) {
    const [left, right] = [a.get(path), b.get(path)];
    if (left === undefined || right === undefined || !many.has(path)) continue;
    found.push({
      path,
      chance: left.chance * right.chance,
      origins: [left.origin, right.origin],
      why: left.note === right.note ? `${left.note}, of both` : `${left.note}; ${right.note}`,
    });
  }
  return found.toSorted((x, y) => y.chance - x.chance || (x.path < y.path ? -1 : 1));
}

/** `a, b and 3 more`. */
export function listed(names: readonly string[], most = 3): string {
  if (names.length <= most) return names.join(', ');
  return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
}
