/** `run --dry-run`: what would be done, as the answer. Nothing is written. */
import type { TaskId } from '../../../core/ids.ts';
import { EXIT } from '../exit-codes.ts';
import { DEFAULT_TARGET } from '../planning/detected.ts';
import { commandsOf, type LoadedPlan } from '../planning/load-plan.ts';
import { isTrusted } from '../planning/trust.ts';
import type { Session } from '../session.ts';

export function showDryRun(
  { context, place }: Session,
  loaded: LoadedPlan,
  only: readonly TaskId[] | null,
): number {
  const { out } = context;
  const { plan, findings, gateNotes } = loaded;
  const wanted = only === null ? plan.tasks : plan.tasks.filter((task) => only.includes(task.id));
  const target = plan.merge.into ?? DEFAULT_TARGET;
  const isAllowed = loaded.source === null || isTrusted(place, plan);
  if (out.json) {
    out.envelope('dry_run', {
      plan: plan.name,
      file: loaded.source?.path ?? null,
      target: { branch: target },
      tasks: wanted.map((task) => ({
        id: task.id,
        title: task.title,
        agent: task.agent,
        needs: task.needs.map((need) => need.task),
        waves: task.waves.length,
        scope: task.scope.include,
      })),
      commands: commandsOf(plan),
      trusted: isAllowed,
      findings,
      gate_notes: gateNotes,
    });
    return EXIT.done;
  }
  const width = Math.max(...wanted.map((task) => task.id.length), 4);
  out.answer(
    `${plan.name}: ${wanted.length} task${wanted.length === 1 ? '' : 's'} onto ${target}`,
    '',
    ...wanted.map((task) => {
      const needs =
        task.needs.length === 0 ? '' : `  needs ${task.needs.map((need) => need.task).join(', ')}`;
      return `  ${task.id.padEnd(width)}  ${task.agent}${needs}  ${out.style.dim(task.title)}`;
    }),
    '',
    ...section('commands', commandsOf(plan)),
    ...section('found', findings),
    ...section('gates', gateNotes),
  );
  if (!isAllowed) out.note('these commands are not allowed yet: copse trust');
  return EXIT.done;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`), ''];
}
