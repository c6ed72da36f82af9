import type { RepoPath } from '../ids.ts';
import type { Scope } from '../plan/model.ts';
import { globMatcher } from './glob.ts';

/** The paths a scope does not cover; none when it declares nothing. */
export function pathsOutside(scope: Scope, paths: readonly RepoPath[]): readonly RepoPath[] {
  if (scope.include.length === 0 && scope.exclude.length === 0) return [];
  const include = scope.include.map(globMatcher);
  const exclude = scope.exclude.map(globMatcher);
  return paths.filter((path) => {
    const isIn = include.length === 0 || include.some((matches) => matches(path));
    return !isIn || exclude.some((matches) => matches(path));
  });
}
