/** plan check, show, forecast, add, edit, rm, schema. */
import { availableParallelism } from 'node:os';
import { renameSync, writeFileSync } from 'node:fs';
import type { Plan } from '../../../core/plan/model.ts';
import { addTask, type EditRefusal, removeTask, setTaskField } from '../../../formats/plan/edit.ts';
import { fixPlan } from '../../../formats/plan/fix.ts';
import { planSchemaFile } from '../../../formats/plan/json-schema.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import type { PlanDiagnostic } from '../../../formats/plan/problem.ts';
import { slugOf } from '../../../formats/plan/task-ids.ts';
import { Failure } from '../../../kit/failure.ts';
import type { Result } from '../../../kit/result.ts';
import { forecastText, planFlowchart, planText, planView } from '../../../views/plan-view.ts';
import { separationLines } from '../../../views/plan-separation.ts';
import { EXIT } from '../exit-codes.ts';
import type { Context } from '../host.ts';
import { claimPlace } from '../place.ts';
import { invalid, sayProblems } from '../planning/load-plan.ts';
import { allow, isTrusted } from '../planning/trust.ts';
import { openPlan, type OpenPlan } from './plan-file.ts';
import { separationOf } from './plan-separation.ts';

export async function checkPlanFile(context: Context, file: string | null, fix: boolean): Promise<number> {
  const { out } = context;
  const open = await openPlan(context, file);
  const { source, options } = open;
  let { problems } = open.parsed;
  let { plan } = open.parsed;
  let { text } = source;
  if (fix) {
    const fixed = fixPlan(text, options);
    for (const one of fixed.applied) out.note(`fixed ${one.file}:${one.line}: ${one.message}`);
    if (fixed.text !== text) writeWhole(source.path, fixed.text);
    text = fixed.text;
    problems = fixed.left;
    ({ plan } = parsePlan(text, options));
  }
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  if (out.json) out.envelope('plan', { file: source.path, ...dataOf(plan, problems, null) });
  else {
    sayProblems(context, problems, text);
    const warnings = problems.length - errors;
    const found = [
      errors > 0 ? counted(errors, 'error') : '',
      warnings > 0 ? counted(warnings, 'warning') : '',
    ];
    const verdict = found.filter((part) => part !== '').join(', ') || 'no problem';
    out.answer(
      `${source.shown}: ${plan === null ? '' : `${counted(plan.tasks.length, 'task')}, `}${verdict}`,
    );
    if (problems.some((problem) => problem.autofix !== undefined))
      out.note(`to correct what can be: copse plan check --fix ${source.shown}`);
  }
  return errors > 0 ? EXIT.plan : EXIT.done;
}

export async function showPlan(
  context: Context,
  file: string | null,
  options: { readonly as: 'tree' | 'mermaid' | 'forecast'; readonly parallel: number | null },
): Promise<number> {
  const { out } = context;
  const open = await openPlan(context, file);
  const { plan, problems } = open.parsed;
  if (plan === null) {
    if (out.json) out.envelope('plan', { file: open.source.path, ...dataOf(null, problems, null) });
    else sayProblems(context, problems, open.source.text);
    if (out.json) return EXIT.plan;
    throw invalid(open.source, problems);
  }
  const view = planView(plan, parallelOf(plan, options.parallel));
  const separation = options.as === 'tree' ? await separationOf(context, plan) : null;
  if (out.json) {
    const data = dataOf(plan, problems, options.parallel);
    out.envelope('plan', { file: open.source.path, ...data, ...separation });
  } else if (options.as === 'mermaid') out.raw(planFlowchart(plan));
  else if (options.as === 'forecast') out.answer(...forecastText(view, out.paint));
  else {
    const sets = separation === null ? [] : separationLines(separation, out.paint);
    out.answer(...planText(plan, view, out.paint), ...sets);
  }
  return EXIT.done;
}

export function showSchema(context: Context): number {
  const { out } = context;
  if (out.json) out.envelope('plan_schema', JSON.parse(planSchemaFile()));
  else out.raw(planSchemaFile());
  return EXIT.done;
}

export interface TaskEdit {
  readonly id: string | null;
  readonly prompt: string | null;
  readonly needs: readonly string[];
  readonly scope: readonly string[];
  readonly agent: string | null;
  readonly estimate: string | null;
  readonly title: string | null;
}

/** Adds a task at the end. A plan that was allowed stays allowed: the change was made here. */
export async function addToPlan(context: Context, edit: TaskEdit): Promise<number> {
  const prompt = edit.prompt ?? '';
  const id = edit.id ?? slugOf(prompt);
  if (prompt.trim() === '') throw new Failure('usage-prompt', 'a task needs a prompt');
  if (id === null)
    throw new Failure('usage-id', 'no id can be made of that prompt', {
      hint: 'copse plan add --id NAME "prompt"',
    });
  const open = await openPlan(context, null);
  const fields = fieldsOf(edit);
  const others = Object.keys(fields).some((key) => key !== 'prompt');
  const text = edited(addTask(open.source.text, id, others ? fields : prompt));
  return saved(context, open, text, { verb: 'plan_add', id, what: `added ${id}` });
}

export async function editPlan(context: Context, id: string, edit: TaskEdit): Promise<number> {
  const open = await openPlan(context, null);
  const fields = Object.entries(fieldsOf(edit));
  if (fields.length === 0)
    throw new Failure('usage-wrong', 'nothing to change was given', { hint: 'copse help plan' });
  let { text } = open.source;
  for (const [field, value] of fields) text = edited(setTaskField(text, id, { field, value }));
  return saved(context, open, text, { verb: 'plan_edit', id, what: `changed ${id}` });
}

export async function removeFromPlan(context: Context, id: string): Promise<number> {
  const open = await openPlan(context, null);
  const removed = edited(removeTask(open.source.text, id));
  if (removed.neededBy.length > 0) {
    throw new Failure('plan-needed', `${id} is needed by ${removed.neededBy.join(', ')}`, {
      hint: `copse plan rm ${removed.neededBy[0] ?? ''}`,
    });
  }
  return saved(context, open, removed.text, { verb: 'plan_rm', id, what: `removed ${id}` });
}

function fieldsOf(edit: TaskEdit): Record<string, string | readonly string[]> {
  const { title, prompt, agent, estimate, needs, scope } = edit;
  const texts = { title, prompt, agent, estimate };
  const given = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== null);
  return {
    ...Object.fromEntries(given),
    ...(needs.length > 0 ? { needs } : {}),
    ...(scope.length > 0 ? { scope } : {}),
  };
}

function edited<T>(result: Result<T, EditRefusal>): T {
  if (result.ok) return result.value;
  const { error } = result;
  const known = error.kind === 'unknown-task' ? `; there are ${error.known.slice(0, 8).join(', ')}` : '';
  throw new Failure(error.kind === 'unknown-task' ? 'task-unknown' : 'plan-edit', `${error.message}${known}`);
}

async function saved(
  context: Context,
  { source, options, parsed, place }: OpenPlan,
  text: string,
  done: { readonly verb: string; readonly id: string; readonly what: string },
): Promise<number> {
  const { out } = context;
  const after = parsePlan(text, options);
  const before = new Set(parsed.problems.map((problem) => problem.message));
  const fresh = after.problems.filter((one) => one.severity === 'error' && !before.has(one.message));
  if (fresh.length > 0) {
    sayProblems(context, fresh, text);
    throw new Failure('plan-invalid', `${source.shown} would not be valid any more; it was left as it is`);
  }
  // Asked before anything changes: what was allowed stays allowed, what was not does not become so.
  const wasAllowed = place.state !== place.root && parsed.plan !== null && isTrusted(place, parsed.plan);
  writeWhole(source.path, text);
  if (wasAllowed && after.plan !== null) allow(claimPlace(place), after.plan, source.path);
  if (out.json) out.envelope(done.verb, { id: done.id, file: source.path });
  else out.answer(`${done.what} in ${source.shown}`);
  return EXIT.done;
}

function dataOf(plan: Plan | null, problems: readonly PlanDiagnostic[], parallel: number | null) {
  const shown = problems.map((one) => ({
    code: one.code,
    severity: one.severity,
    message: one.message,
    file: one.file,
    line: one.line,
    column: one.column,
    ...(one.why === '' ? {} : { why: one.why }),
    ...(one.fix === null ? {} : { fix: one.fix }),
    fixable: one.autofix !== undefined,
  }));
  return { problems: shown, ...(plan === null ? {} : planView(plan, parallelOf(plan, parallel))) };
}

/** As the run would have it: the option, the plan's limit, else one per processor, 2 to 8. */
function parallelOf(plan: Plan, given: number | null): number {
  return given ?? plan.limits.parallel ?? Math.min(8, Math.max(2, availableParallelism()));
}

function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
