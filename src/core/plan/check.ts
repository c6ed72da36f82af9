import type { RepoPath } from '../ids.ts';
import { matchesAny } from '../separation/glob.ts';
import { checkGates } from './check-gates.ts';
import { checkNames } from './check-names.ts';
import { checkNeeds } from './check-needs.ts';
import { checkWorkspace } from './check-workspace.ts';
import type { Plan } from './model.ts';
import type { PlanProblem } from './problem.ts';
import { MAX_ALIKE } from './problem.ts';

/** What is known about the world the plan will meet. */
export interface CheckFacts {
  /** Tracked paths of the target; null when there is no repository to ask. */
  readonly files: readonly RepoPath[] | null;
}

/** Everything wrong with the meaning of a plan, in one pass. A plan with an error must not be run. */
export function checkPlan(plan: Plan, facts: CheckFacts): readonly PlanProblem[] {
  const names = checkNames(plan);
  if (names.some((problem) => problem.code === 'E0301' || problem.code === 'E0302')) return names;
  return [
    ...names,
    ...checkNeeds(plan.tasks),
    ...checkGates(plan),
    ...checkWorkspace(plan),
    ...(facts.files === null ? [] : checkScopes(plan, facts.files)),
  ];
}

/** Patterns that match no file: often a slip, sometimes a folder that the task is to make. */
function checkScopes(plan: Plan, files: readonly RepoPath[]): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const matchesSome = newMatcher(files);
  for (const [index, task] of plan.tasks.entries()) {
    if (task.scope.origin !== 'declared') continue;
    for (const pattern of task.scope.include) {
      if (problems.length >= MAX_ALIKE) return problems;
      if (matchesSome(pattern)) continue;
      problems.push({
        code: 'E0332',
        severity: 'warning',
        message: `the scope "${pattern}" of task "${task.id}" matches no file`,
        place: ['tasks', index, 'scope', pattern],
        why: `${files.length} tracked files were looked at`,
        fix: 'correct the path, or leave it if the task is to make it',
      });
    }
  }
  return problems;
}

/** Looks only at files below the folder that a pattern names before its first wildcard. */
function newMatcher(files: readonly RepoPath[]): (pattern: string) => boolean {
  const below = new Map<string, RepoPath[]>();
  for (const file of files) {
    for (let at = file.indexOf('/'); ; at = file.indexOf('/', at + 1)) {
      const folder = at === -1 ? file : file.slice(0, at);
      const known = below.get(folder);
      if (known === undefined) below.set(folder, [file]);
      else known.push(file);
      if (at === -1) break;
    }
  }
  const answers = new Map<string, boolean>();
  return (pattern) => {
    const before = answers.get(pattern);
    if (before !== undefined) return before;
    const literal = pattern.replace(/^(?:\.\/)+/, '').split(/[*?[{]/)[0] ?? '';
    const isWhole = literal === pattern;
    const folder = isWhole
      ? literal.replace(/\/+$/, '')
      : literal.slice(0, Math.max(0, literal.lastIndexOf('/')));
    const candidates = folder === '' ? files : (below.get(folder) ?? []);
    const answer = candidates.some((file) => matchesAny([pattern], file));
    answers.set(pattern, answer);
    return answer;
  };
}
