import type { RepoPath } from '../ids.ts';
import type { Scope } from '../plan/model.ts';
import { matchesAny } from './glob.ts';
import { allowsPath, readScope } from './scope.ts';

/** The paths a scope does not cover; none when it declares nothing. `ignore`: patterns that never count. */
export function pathsOutside(
  scope: Scope,
  paths: readonly RepoPath[],
  ignore: readonly string[] = [],
): readonly RepoPath[] {
  if (scope.include.length === 0 && scope.exclude.length === 0) return [];
  const allowed = readScope(scope);
  return paths.filter((path) => !allowsPath(allowed, path) && !matchesAny(ignore, path));
}
