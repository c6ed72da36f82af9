import type { RepoPath } from '../../core/ids.ts';
import { checkPlan } from '../../core/plan/check.ts';
import type { Plan } from '../../core/plan/model.ts';
import type { DetectedFacts, PlanContext, PlanOrigins, ReadText } from './context.ts';
import { toDiagnostics } from './diagnostic.ts';
import { locateProblems } from './locate.ts';
import { makePlan } from './make-plan.ts';
import type { YamlNode } from './node.ts';
import type { PlanDiagnostic, SourceProblem } from './problem.ts';
import { readSource } from './read.ts';
import { validateValues } from './validate.ts';
import { toValues } from './values.ts';

export interface ParseOptions {
  /** Name of the file in messages. */
  readonly file: string;
  readonly detected?: DetectedFacts;
  /** Reads `spec` and instruction files; without it they count as missing. The path is relative and has no `..`. */
  readonly readText?: ReadText;
  /** Tracked paths; when given, scopes that match none of them are warned about. */
  readonly files?: readonly RepoPath[];
}

export interface ParsedPlan {
  /** null when there is an error among the problems. */
  readonly plan: Plan | null;
  readonly problems: readonly PlanDiagnostic[];
  /** null when the plan could not be read so far. */
  readonly origins: PlanOrigins | null;
}

/** Reads a plan file. Never throws for any text; every problem found is in the result. */
export function parsePlan(text: string, options: ParseOptions): ParsedPlan {
  const read = readSource(text);
  const made = read.root === null ? null : makeFrom(read.root, options);
  const problems = [...read.problems, ...(made?.problems ?? [])];
  const isValid = made?.plan !== null && !problems.some((problem) => problem.severity === 'error');
  return {
    plan: isValid ? (made?.plan ?? null) : null,
    problems: toDiagnostics(problems, text, options.file),
    origins: made?.origins ?? null,
  };
}

interface Made {
  readonly plan: Plan | null;
  readonly origins: PlanOrigins | null;
  readonly problems: readonly SourceProblem[];
}

function makeFrom(root: YamlNode, options: ParseOptions): Made {
  if (root.kind !== 'map') return { plan: null, origins: null, problems: [notAMap(root)] };
  const source = toValues(root);
  const valid = validateValues(source.root, source.origin);
  const problems = [...source.problems, ...valid.problems];
  if (valid.file === null) return { plan: null, origins: null, problems };
  const context: PlanContext = {
    file: valid.file,
    source,
    detected: options.detected ?? {},
    readText: options.readText ?? null,
    problems,
  };
  const made = makePlan(context);
  const found = checkPlan(made.plan, { files: options.files ?? null });
  // A plan whose tasks were missing has been told so where the key should be.
  const isKnownEmpty = problems.some((problem) => problem.code === 'E0301');
  const fresh = isKnownEmpty ? found.filter((problem) => problem.code !== 'E0301') : found;
  problems.push(...locateProblems(fresh, source, made.taskKeys));
  return { plan: made.plan, origins: made.origins, problems };
}

function notAMap(root: YamlNode): SourceProblem {
  const isEmpty = root.kind === 'scalar' && root.value === null;
  return {
    code: isEmpty ? 'E0301' : 'E0201',
    severity: 'error',
    message: isEmpty ? 'the plan is empty' : 'a plan is a map with tasks',
    start: root.start,
    end: root.end,
    why: isEmpty ? 'there is nothing to do' : `this is ${root.kind === 'seq' ? 'a list' : 'a single value'}`,
    fix: 'tasks:\n  - Add a /health endpoint with a test',
  };
}
