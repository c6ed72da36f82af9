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
  const known = new Map<string, boolean>();
  for (const [index, task] of plan.tasks.entries()) {
    if (task.scope.origin !== 'declared') continue;
    for (const pattern of task.scope.include) {
      const matches = known.get(pattern) ?? files.some((file) => matchesAny([pattern], file));
      known.set(pattern, matches);
      if (matches || problems.length >= MAX_ALIKE) continue;
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
