/**
 * Overlap of declared scopes. A scope that was not declared overlaps nothing here: other sources (text, history, live
 * diffs) have to speak for it.
 */
import type { TaskId } from '../ids.ts';
import type { Scope } from '../plan/model.ts';
import type { Glob } from './glob.ts';
import { matchesParts, parseGlob } from './glob.ts';
import { commonPath, covers } from './glob-intersect.ts';

/** A scope with its patterns read, for many comparisons. */
export interface ReadScope {
  readonly include: readonly ReadPattern[];
  readonly exclude: readonly Glob[];
}

interface ReadPattern {
  readonly pattern: string;
  readonly globs: readonly Glob[];
}

export interface ScopeOverlap {
  /** The pattern of each side. */
  readonly a: string;
  readonly b: string;
  /** A path, perhaps not yet existing, that both may touch. */
  readonly example: string;
  readonly reason: string;
}

/** Reads a scope; paths that match `ignore` do not count as overlap. */
export function readScope(scope: Scope, ignore: readonly string[] = []): ReadScope {
  return {
    include: scope.include.map((pattern) => ({ pattern, globs: parseGlob(pattern) })),
    exclude: [...scope.exclude, ...ignore].flatMap(parseGlob),
  };
}

/**
 * Why two scopes may touch the same path; null when they cannot. It errs towards overlap: of paths taken out with `!`
 * it only uses what takes out all that two patterns have in common.
 */
export function overlapOf(a: ReadScope, b: ReadScope): ScopeOverlap | null {
  const excluded = [...a.exclude, ...b.exclude];
  for (const left of a.include) {
    for (const right of b.include) {
      const example = commonExample(left, right, excluded);
      if (example === null) continue;
      const reason =
        left.pattern === right.pattern
          ? `both may touch ${left.pattern}`
          : `${left.pattern} and ${right.pattern} meet, for example in ${example}`;
      return { a: left.pattern, b: right.pattern, example, reason };
    }
  }
  return null;
}

/** True when a scope allows a change of `path`. A scope without patterns allows all but what it excludes. */
export function allowsPath(scope: ReadScope, path: string): boolean {
  const parts = path.split('/');
  if (scope.exclude.some((glob) => matchesParts(glob, parts))) return false;
  return (
    scope.include.length === 0 ||
    scope.include.some(({ globs }) => globs.some((glob) => matchesParts(glob, parts)))
  );
}

export interface ScopedTask {
  readonly id: TaskId;
  readonly scope: Scope;
}

export interface Separation {
  /** Tasks that may run together; each task is in one set. Greedy in the given order, so not always fewest sets. */
  readonly sets: readonly (readonly TaskId[])[];
  /** Every pair that may not run together, and why. */
  readonly pairs: readonly { readonly a: TaskId; readonly b: TaskId; readonly overlap: ScopeOverlap }[];
}

/** Which tasks may run together by their declared scopes. */
export function separateByScope(tasks: readonly ScopedTask[], ignore: readonly string[] = []): Separation {
  const scopes = tasks.map((task) => readScope(task.scope, ignore));
  const pairs: { a: TaskId; b: TaskId; overlap: ScopeOverlap }[] = [];
  const rivals = tasks.map(() => new Set<number>());
  for (const [i, a] of tasks.entries()) {
    for (let j = i + 1; j < tasks.length; j += 1) {
      const b = tasks[j];
      const [left, right] = [scopes[i], scopes[j]];
      const overlap = left === undefined || right === undefined ? null : overlapOf(left, right);
      if (overlap === null || b === undefined) continue;
      pairs.push({ a: a.id, b: b.id, overlap });
      rivals[i]?.add(j);
      rivals[j]?.add(i);
    }
  }
  const sets: number[][] = [];
  for (const index of tasks.keys()) {
    const home = sets.find((set) => !set.some((member) => rivals[index]?.has(member)));
    if (home === undefined) sets.push([index]);
    else home.push(index);
  }
  const idsOf = (set: readonly number[]): readonly TaskId[] =>
    set.flatMap((index) => {
      const task = tasks[index];
      return task === undefined ? [] : [task.id];
    });
  return { sets: sets.map(idsOf), pairs };
}

function commonExample(left: ReadPattern, right: ReadPattern, excluded: readonly Glob[]): string | null {
  for (const a of left.globs) {
    for (const b of right.globs) {
      const example = commonPath(a, b);
      if (example === null) continue;
      if (excluded.some((glob) => covers(glob, a) || covers(glob, b))) continue;
      return example;
    }
  }
  return null;
}
