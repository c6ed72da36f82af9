/**
 * What is wrong with a plan, as data. `place` is a path over the plan's own words (`['tasks', 3, 'needs', 0]`,
 * `['gates', 'tests', 'metrics', 'passed']`); whoever read the plan knows which text it stands for.
 */
export interface PlanProblem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly place: PlanPlace;
  /** One clause; may be empty. */
  readonly why: string;
  /** What to write instead; null when only the author can know. */
  readonly fix: string | null;
  /** Text that may stand in for the one at `place` without asking. */
  readonly replacement?: string;
}

export type PlanPlace = readonly (string | number)[];

/** Tasks of one plan. Above it a status page, a queue and a machine stop being of use, not only this check. */
export const MAX_TASKS = 20_000;
/** Problems of one kind that are reported; one mistake in a long plan repeats itself. */
export const MAX_ALIKE = 50;
