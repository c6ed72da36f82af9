/** Words about a resolution: its commit's message, the line in the message of the landing, the brief of whoever resolves. */
import { assertNever } from '../../kit/assert.ts';
import type { ChangeOrigin, ConflictState, ResolutionStage } from './conflict.ts';
import { fenced, type FeedbackLog } from './fenced.ts';
import type { ChangeState, RunState } from './state.ts';

type Resolution = Extract<ChangeOrigin, { kind: 'resolution' }>;

/** How it was resolved, as one clause. */
export function resolvedHow(made: Pick<Resolution, 'stage' | 'agent' | 'by'>): string {
  switch (made.stage) {
    case 'clean':
      return 'nothing was left in conflict on the target of that moment';
    case 'recorded':
      return 'a resolution recorded earlier for the same lines';
    case 'structural':
      return 'a structural merge tool';
    case 'both':
      return 'both sides, one after the other';
    case 'theirs':
      return 'the side of the change';
    case 'ours':
      return 'the side of the target';
    case 'agent':
      return `agent ${made.agent ?? 'unknown'}`;
    case 'person':
      return `a person (${made.by ?? 'unknown'})`;
    default:
      return assertNever(made.stage);
  }
}

/** Message of the commit with the parents {target, change}. */
export function resolutionMessage(
  state: RunState,
  change: ChangeState,
  conflict: ConflictState,
  how: { readonly stage: ResolutionStage; readonly agent: string | null; readonly by: string | null },
): string {
  return [
    `Resolve ${change.branch} with ${state.target}`,
    '',
    ...conflict.files.slice(0, 20).map((file) => `- ${file}`),
    '',
    `Resolved-by: ${resolvedHow(how)}`,
    `Copse-Run: ${state.id}`,
    `Copse-Change: ${change.id}`,
    '',
  ].join('\n');
}

/** Lines for the message of the landing; none when there was no conflict. */
export function resolutionLines(change: ChangeState): readonly string[] {
  const { origin } = change;
  if (origin?.kind !== 'resolution' || origin.files.length === 0) return [];
  const more = origin.files.length > 10 ? ` and ${origin.files.length - 10} more` : '';
  return [
    `Conflict in ${origin.files.slice(0, 10).join(', ')}${more}, resolved by: ${resolvedHow(origin)}`,
    '',
  ];
}

/** Markdown; what came from others is quoted, so that it reads as data. */
export function resolutionBrief(state: RunState, change: ChangeState, logs: readonly FeedbackLog[]): string {
  const { conflict } = change;
  if (conflict === null) return '';
  const parts = [
    `# Resolve a merge conflict: ${change.title}`,
    `This folder holds the merge of ${change.branch} into ${state.target}, stopped at its conflicts. Resolve them so that both sides keep what they were made for.`,
    ['## Files in conflict', ...conflict.files.map((file) => `- ${file}`)].join('\n'),
    [
      '## The two sides',
      `- base ${conflict.base ?? 'none'}`,
      `- ours (${state.target}) ${conflict.ours}: \`git diff ${conflict.base ?? conflict.ours} ${conflict.ours}\``,
      `- theirs (${change.branch}) ${conflict.theirs}: \`git diff ${conflict.base ?? conflict.ours} ${conflict.theirs}\``,
    ].join('\n'),
    intentPart('What the change is meant to do (theirs)', [change], state),
  ];
  const company = conflict.company.flatMap((id) => state.queue.changes.get(id) ?? []);
  if (company.length > 0) parts.push(intentPart(`What is on ${state.target} already (ours)`, company, state));
  const agent = conflict.tries.length === 0 ? null : triesPart(conflict, logs);
  if (agent !== null) parts.push(agent);
  return `${parts.join('\n\n')}\n`;
}

/** The agent's own role and the rules come last, as in every brief. */
export function resolutionRules(state: RunState, change: ChangeState, instructions: string | null): string {
  const gates = Object.values(state.plan.gates).filter((gate) => gate.at.includes('merge'));
  const role = instructions === null ? [] : ['## Your role', instructions, ''];
  return [
    ...role,
    '## Rules',
    '- Work only in this folder, and change only the files in conflict. Anything else is refused.',
    '- Leave no conflict markers. A commit is not needed: Copse makes it, with both sides as its parents.',
    '- Do not switch branches, rebase, abort the merge or push.',
    ...gates.map((gate) => `- The result is checked with (${gate.name}): ${gate.run}`),
    `- The change is called ${change.id}.`,
    '',
  ].join('\n');
}

function intentPart(title: string, changes: readonly ChangeState[], state: RunState): string {
  const lines = changes.flatMap((change) => {
    const task = change.task === null ? undefined : state.tasks.get(change.task)?.task;
    const text = [task?.title ?? change.title, task?.prompt ?? ''].filter((one) => one !== '').join('\n');
    return [`${change.branch}:`, quoted(text), ''];
  });
  return [`## ${title}`, ...lines].join('\n').trimEnd();
}

function quoted(text: string): string {
  return text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n');
}

function triesPart(conflict: ConflictState, logs: readonly FeedbackLog[]): string {
  const lines = conflict.tries.map((one) => `- ${one.stage}: ${one.detail}`);
  const tails = logs.map((log) => `### ${log.name}\n\n${fenced(log.tail)}`);
  return [`## What was tried before`, ...lines, ...tails].join('\n');
}
