import { closestTo } from '../../kit/closest.ts';
import { branchNameFault } from './branch-name.ts';
import type { Plan } from './model.ts';
import type { PlanProblem } from './problem.ts';

const PLACEHOLDERS = ['plan', 'task', 'repo', 'run'] as const;
/** As long as an id may be, so that the limits of a ref name are met by every task. */
const SAMPLE = 'a'.repeat(64);

/** Templates that give two tasks one branch or folder, name unknown placeholders, or are no branch name. */
export function checkWorkspace(plan: Plan): readonly PlanProblem[] {
  const { workspace } = plan;
  const problems = [...checkTemplate('branch', workspace.branch), ...checkTemplate('path', workspace.path)];
  const filled = fillSample(workspace.branch);
  const fault = branchNameFault(filled);
  if (fault !== null && problems.length === 0) {
    problems.push(
      badBranch(`the branch template "${workspace.branch}" makes no branch name: ${fault}`, [
        'workspace',
        'branch',
      ]),
    );
  }
  for (const [field, name] of [
    ['into', plan.merge.into],
    ['base', workspace.base],
  ] as const) {
    const wrong = name === null ? null : branchNameFault(name);
    // A base may be any revision, such as `v1.0~3`; what could be taken for an option may not.
    if (wrong === null || (field === 'base' && !name?.startsWith('-'))) continue;
    const place = [field === 'into' ? 'merge' : 'workspace', field];
    problems.push(badBranch(`"${name}" is not a branch name: ${wrong}`, place));
  }
  return problems;
}

function checkTemplate(field: 'branch' | 'path', template: string): PlanProblem[] {
  const place = ['workspace', field];
  const problems: PlanProblem[] = [];
  if (!template.includes('{task}')) {
    const suggestion = `${template.replace(/\/+$/, '')}/{task}`;
    problems.push({
      code: 'E0333',
      severity: 'error',
      message: `the ${field} template "${template}" has no {task}`,
      place,
      why: `every task would get the same ${field}`,
      fix: suggestion,
      replacement: suggestion,
    });
  }
  for (const match of template.matchAll(/\{([^{}]*)\}/g)) {
    const name = match[1] ?? '';
    if ((PLACEHOLDERS as readonly string[]).includes(name)) continue;
    const close = closestTo(name, PLACEHOLDERS);
    problems.push({
      code: 'E0334',
      severity: 'error',
      message: `the ${field} template names {${name}}, which does not exist`,
      place,
      why: 'placeholders: {plan}, {task}, {repo}, {run}',
      fix: close === null ? null : template.replace(match[0], `{${close}}`),
      ...(close === null ? {} : { replacement: template.replace(match[0], `{${close}}`) }),
    });
  }
  return problems;
}

function badBranch(message: string, place: readonly string[]): PlanProblem {
  return { code: 'E0334', severity: 'error', message, place, why: 'git would refuse it', fix: null };
}

function fillSample(template: string): string {
  return template.replaceAll(/\{(?:plan|task|repo|run)\}/g, SAMPLE);
}
