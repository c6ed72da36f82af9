/** The message of the commit that lands a change: what it is, what it had to prove, what was measured. */
import type { GateSpec } from '../plan/model.ts';
import { gatesOfStage } from '../gates/stages.ts';
import { resolutionLines } from './resolution-text.ts';
import type { ChangeState, RunState, TaskState } from './state.ts';

/** Longest subject line. */
const MAX_SUBJECT = 72;

export function mergeMessage(state: RunState, change: ChangeState): string {
  if (change.origin?.kind === 'revert') return revertMessage(state, change, change.origin);
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  const gates = gatesOfStage(state.plan, 'merge');
  const lines = [subjectOf(state, change), '', ...resolutionLines(change)];
  if (task !== undefined && task.task.accept.length > 0) {
    lines.push('Accepts:', ...task.task.accept.map((item) => `- ${oneLine(item)}`), '');
  }
  const measured = task === undefined ? [] : measuredOn(task);
  if (measured.length > 0) lines.push('Measured on the branch:', ...measured, '');
  lines.push(...trailers(state, change, task, gates));
  return `${lines.join('\n')}\n`;
}

function revertMessage(
  state: RunState,
  change: ChangeState,
  origin: Extract<ChangeState['origin'], { kind: 'revert' }>,
): string {
  const { commit, of, by, because } = origin;
  const what = of === null ? commit : `${commit} (${of})`;
  const lines = [
    cut(oneLine(change.title)),
    '',
    `This takes back ${what}, asked for by ${by}: ${oneLine(because)}.`,
    '',
    `Reverts: ${commit}`,
    ...trailers(state, change, undefined, gatesOfStage(state.plan, 'merge')),
  ];
  return `${lines.join('\n')}\n`;
}

function cut(subject: string): string {
  return subject.length <= MAX_SUBJECT ? subject : `${subject.slice(0, MAX_SUBJECT - 1).trimEnd()}…`;
}

function subjectOf(state: RunState, change: ChangeState): string {
  const title = oneLine(change.title);
  const subject = state.plan.merge.strategy === 'merge' ? `Merge ${change.branch}: ${title}` : title;
  return cut(subject);
}

function measuredOn(task: TaskState): readonly string[] {
  return task.gates.flatMap((gate) =>
    gate.metrics
      .filter((metric) => metric.value !== null)
      .map((metric) => `- ${gate.gate}/${metric.name}: ${oneLine(metric.detail)}`),
  );
}

function trailers(
  state: RunState,
  change: ChangeState,
  task: TaskState | undefined,
  gates: readonly GateSpec[],
): readonly string[] {
  const proof = gates
    .map((gate) => `${gate.name}${gate.severity === 'warning' ? ' (warning)' : ''}`)
    .join(', ');
  const lines = [`Copse-Run: ${state.id}`, `Copse-Change: ${change.id}`];
  if (task !== undefined) lines.push(`Copse-Task: ${task.task.id}`);
  if (task?.task.issue !== undefined && task.task.issue !== null) lines.push(`Closes: #${task.task.issue}`);
  lines.push(
    `Validated-by: ${proof === '' ? 'no gates' : `${proof} on this exact tree, before it was published`}`,
  );
  return lines;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}
