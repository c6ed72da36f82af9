import type { ParseOptions } from './parse.ts';
import { parsePlan } from './parse.ts';
import type { PlanDiagnostic, TextEdit } from './problem.ts';

/** A correction may show the next problem; a text that still changes after this many is left as it is. */
const MAX_ROUNDS = 5;

export interface FixedPlan {
  readonly text: string;
  /** Problems whose correction was applied, with their places in the text as it was then. */
  readonly applied: readonly PlanDiagnostic[];
  /** Problems of the corrected text. */
  readonly left: readonly PlanDiagnostic[];
}

/** Applies every correction that needs no decision (`plan check --fix`); comments and order stay. */
export function fixPlan(text: string, options: ParseOptions): FixedPlan {
  let current = text;
  const applied: PlanDiagnostic[] = [];
  for (let round = 0; ; round += 1) {
    const { problems } = parsePlan(current, options);
    const { edits, owners } = compatibleEdits(problems);
    if (edits.length === 0 || round === MAX_ROUNDS) return { text: current, applied, left: problems };
    current = applyEdits(current, edits);
    applied.push(...owners);
  }
}

/** Applies edits that do not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  return edits
    .toSorted((a, b) => b.start - a.start)
    .reduce((current, edit) => current.slice(0, edit.start) + edit.text + current.slice(edit.end), text);
}

/** Of overlapping corrections the first in the text; a problem's edits are taken together or not at all. */
function compatibleEdits(problems: readonly PlanDiagnostic[]): {
  readonly edits: readonly TextEdit[];
  readonly owners: readonly PlanDiagnostic[];
} {
  const edits: TextEdit[] = [];
  const owners: PlanDiagnostic[] = [];
  for (const problem of problems) {
    const own = problem.autofix?.edits ?? [];
    if (own.length === 0 || own.some((edit) => edits.some((other) => touches(edit, other)))) continue;
    edits.push(...own);
    owners.push(problem);
  }
  return { edits, owners };
}

function touches(a: TextEdit, b: TextEdit): boolean {
  return a.start <= b.end && b.start <= a.end;
}
