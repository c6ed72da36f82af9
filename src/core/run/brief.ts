/** What an attempt is told. Copse's own words come first and last, the plan's in between, gate output as quoted data. */
import { findingsPart } from '../review/text.ts';
import type { Message } from '../inbox/model.ts';
import { fenced, type FeedbackLog } from './fenced.ts';
import type { AttemptVerdict } from './events.ts';
import type { RunState, TaskState } from './state.ts';

/** Markdown; deterministic for the same state and logs. */
export function briefOf(
  state: RunState,
  task: TaskState,
  logs: readonly FeedbackLog[],
  more: { readonly agent: string; readonly diff: string; readonly messages?: readonly Message[] } = {
    agent: task.agent,
    diff: '',
  },
): string {
  const { task: spec } = task;
  const wave = spec.waves[task.wave - 1] ?? spec.waves[0];
  const agent = state.plan.agents[more.agent];
  const parts = [`# ${spec.title}`];
  if (state.plan.goal !== null) parts.push(`Goal of the whole plan: ${state.plan.goal}`);
  if (spec.prompt !== '') parts.push(spec.prompt);
  if (spec.waves.length > 1) {
    parts.push(`## Now: part ${wave.number} of ${spec.waves.length}: ${wave.title}`);
    const done = spec.waves.slice(0, wave.number - 1).map((earlier) => `- done: ${earlier.title}`);
    if (done.length > 0) parts.push(done.join('\n'));
  }
  if (wave.prompt !== '' && wave.prompt !== spec.prompt) parts.push(wave.prompt);
  if (spec.accept.length > 0)
    parts.push(['## It is done when', ...spec.accept.map((item) => `- ${item}`)].join('\n'));
  if (agent?.instructions !== undefined && agent.instructions !== null)
    parts.push(`## Your role\n${agent.instructions}`);
  if (more.diff !== '') parts.push(`## What is on the branch already\n\n${fenced(more.diff)}`);
  if (task.feedback !== null) parts.push(feedbackPart(task, logs));
  parts.push(...findingsParts(task));
  parts.push(...messageParts(more.messages ?? []));
  parts.push(rules(state, task));
  return `${parts.join('\n\n')}\n`;
}

/** For an agent that goes on with its conversation: it knows the task, so only what is new is said. */
export function continuationOf(
  state: RunState,
  task: TaskState,
  logs: readonly FeedbackLog[],
  previous: { readonly wave: number; readonly verdict: AttemptVerdict | null },
  messages: readonly Message[] = [],
): string {
  const { task: spec } = task;
  const wave = spec.waves[task.wave - 1] ?? spec.waves[0];
  const parts = [`# ${spec.title}, continued`];
  if (task.wave !== previous.wave) {
    parts.push(`## Now: part ${wave.number} of ${spec.waves.length}: ${wave.title}`);
    if (wave.prompt !== '') parts.push(wave.prompt);
  }
  if (task.feedback !== null) {
    parts.push(feedbackPart(task, logs), ...findingsParts(task));
    const isBroken = previous.verdict !== 'committed' && previous.verdict !== 'violation';
    parts.push(isBroken ? 'The work was interrupted: look at what is there and finish it.' : 'Put it right.');
  }
  parts.push(...messageParts(messages));
  parts.push(rules(state, task));
  return `${parts.join('\n\n')}\n`;
}

function findingsParts(task: TaskState): readonly string[] {
  const text = findingsPart(task);
  return text === '' ? [] : [text];
}

/** Of all messages together, in one brief; what is older is left out first. */
const SHOWN_MESSAGES = 60_000;

/** Words of people are part of the task: they stand as they were said. */
function messageParts(messages: readonly Message[]): readonly string[] {
  let room = SHOWN_MESSAGES;
  const shown: string[] = [];
  for (const { by, text } of messages.toReversed()) {
    room -= text.length;
    if (room < 0) break;
    shown.unshift(`### ${by.replaceAll(/\s+/g, ' ')}\n\n${text}`);
  }
  if (shown.length === 0) return [];
  const left = messages.length - shown.length;
  const note = left === 0 ? '' : `\n\n(${left} earlier left out)`;
  return [`## What people say to this${note}`, ...shown, 'Do what they ask; the newest counts most.'];
}

function feedbackPart(task: TaskState, logs: readonly FeedbackLog[]): string {
  const quoted = logs.map((log) => `### ${log.name}\n\n${fenced(log.tail)}`);
  const head = task.feedback?.isReview === true ? '## What the review says' : '## What went wrong last time';
  return [`${head}\n${task.feedback?.summary ?? ''}`, ...quoted].join('\n\n');
}

function rules(state: RunState, task: TaskState): string {
  const { task: spec, workspace } = task;
  const lines = [
    '## Rules',
    `- Work only in this folder, on the branch ${workspace?.branch ?? spec.id}. Do not switch branches, rebase or push.`,
    '- Commit the finished work on this branch. Work without a commit counts as no change.',
  ];
  if (spec.scope.include.length > 0) lines.push(`- Change only: ${spec.scope.include.join(', ')}`);
  if (spec.scope.exclude.length > 0) lines.push(`- Do not change: ${spec.scope.exclude.join(', ')}`);
  const wave = spec.waves[task.wave - 1] ?? spec.waves[0];
  const gates = wave.gates.map((name) => state.plan.gates[name]).filter((gate) => gate !== undefined);
  for (const gate of gates) lines.push(`- It is checked with (${gate.name}): ${gate.run}`);
  return lines.join('\n');
}
