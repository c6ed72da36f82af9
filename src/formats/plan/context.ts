import type { AgentSpec } from '../../core/plan/model.ts';
import type { SourceProblem } from './problem.ts';
import type { PlanFile } from './schema.ts';
import type { SourcedValue, Spot } from './values.ts';
import { deepestSpot } from './values.ts';

/** What was found in the repository and on the machine; it fills what the plan leaves open. */
export interface DetectedFacts {
  /** The agent of tasks that name none. */
  readonly agent?: AgentSpec;
  /** Commands by gate name; used when the plan has no `gates` at all. */
  readonly gates?: Readonly<Record<string, string>>;
  readonly target?: string;
  /** Name of the plan when it has none. */
  readonly name?: string;
}

/** Where the values a plan may leave open came from. */
export interface PlanOrigins {
  readonly agent: 'plan' | 'detected' | 'none';
  readonly gates: 'plan' | 'detected' | 'none';
  readonly target: 'plan' | 'detected' | 'none';
}

/** Reads a file of the repository by its relative path; null when there is none. */
export type ReadText = (path: string) => string | null;

/** What every step of making a plan from its file shares. */
export interface PlanContext {
  readonly file: PlanFile;
  readonly source: SourcedValue;
  readonly detected: DetectedFacts;
  readonly readText: ReadText | null;
  readonly problems: SourceProblem[];
}

/** Adds a problem at the deepest place along `path` that the text has. */
export function report(
  context: PlanContext,
  path: readonly PropertyKey[],
  problem: Omit<SourceProblem, 'start' | 'end' | 'severity'> & {
    readonly severity?: SourceProblem['severity'];
  },
): void {
  const spot = deepestSpot(context.source.root, path, context.source.origin);
  context.problems.push({ ...problem, severity: problem.severity ?? 'error', ...spanOf(spot) });
}

/** Adds a problem about the key at the end of `path`. */
export function reportKey(
  context: PlanContext,
  path: readonly PropertyKey[],
  problem: Omit<SourceProblem, 'start' | 'end' | 'severity'>,
): void {
  const spot = deepestSpot(context.source.root, path, context.source.origin);
  const span = spot?.key ? { start: spot.key.keyStart, end: spot.key.keyEnd } : spanOf(spot);
  context.problems.push({ severity: 'error', ...problem, ...span });
}

/** The value's text, or its key's when the value is a map or list. */
export function spanOf(spot: Spot | null): { start: number; end: number } {
  if (spot === null) return { start: 0, end: 0 };
  const isScalar = spot.value.kind === 'scalar' && spot.value.end > spot.value.start;
  if (spot.key === null || isScalar) return { start: spot.value.start, end: spot.value.end };
  return { start: spot.key.keyStart, end: spot.key.keyEnd };
}
