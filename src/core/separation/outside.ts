import type { RepoPath } from '../ids.ts';
import type { Scope } from '../plan/model.ts';
import { matchesAny } from './glob.ts';

/** The paths a scope does not cover; none when it declares nothing. */
export function pathsOutside(scope: Scope, paths: readonly RepoPath[]): readonly RepoPath[] {
  if (scope.include.length === 0 && scope.exclude.length === 0) return [];
  return paths.filter((path) => {
    const isIn = scope.include.length === 0 || matchesAny(scope.include, path);
    return !isIn || matchesAny(scope.exclude, path);
  });
}
