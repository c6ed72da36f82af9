/** Of what people are told, each thing once: by a key that stays the same for as long as the thing does. */
import { assertNever } from '../../kit/assert.ts';
import type { NotifyCause } from '../plan/model.ts';
import type { RunState } from '../run/state.ts';
import { type InboxItem, inboxItems } from './items.ts';

export interface Notice {
  readonly key: string;
  readonly cause: NotifyCause;
  readonly run: string;
  readonly task: string | null;
  /** What the inbox calls it. */
  readonly item: string | null;
  readonly title: string;
  readonly text: string;
  /** Leads to the exact place. */
  readonly command: string;
  readonly atMs: number;
}

/** Longest text of one notice; the command shows the rest. */
const MAX_TEXT = 400;

/** Everything that is so now. What was and is no more is told to nobody. */
export function noticesOf(state: RunState): readonly Notice[] {
  const notices = inboxItems(state).map((item) => itemNotice(item, state));
  for (const { task, progress, sinceMs } of state.tasks.values()) {
    if (progress.kind !== 'failed') continue;
    notices.push({
      key: `failed:${task.id}:${sinceMs}`,
      cause: 'failed',
      run: state.id,
      task: task.id,
      item: null,
      title: `${task.id} failed`,
      text: progress.detail.slice(0, MAX_TEXT),
      command: `copse explain ${task.id}`,
      atMs: sinceMs,
    });
  }
  if (state.life.kind !== 'finished') return notices;
  const { outcome, atMs } = state.life;
  const landed = state.queue.landed.length;
  notices.push({
    key: `done:${atMs}`,
    cause: 'done',
    run: state.id,
    task: null,
    item: null,
    title: `${state.plan.name} ended: ${outcome}`,
    text: `${landed} landed on ${state.target}`,
    command: 'copse report',
    atMs,
  });
  return notices;
}

function itemNotice(item: InboxItem, state: RunState): Notice {
  const about = item.task ?? state.plan.name;
  return {
    key: `needs_you:${item.id}:${item.sinceMs}`,
    cause: 'needs_you',
    run: state.id,
    task: item.task,
    item: item.id,
    title: `${about} needs a person`,
    text: textOf(item).slice(0, MAX_TEXT),
    command: `copse inbox next ${item.id}`,
    atMs: item.sinceMs,
  };
}

function textOf(item: InboxItem): string {
  switch (item.kind) {
    case 'permission':
      return `asks: ${item.question.what}`;
    case 'approval':
      return `gates passed on ${item.approval.head.slice(0, 7)}: may it go on?`;
    case 'question':
      return item.asked;
    case 'escalation':
      return `${item.cause}: ${item.detail}`;
    default:
      return assertNever(item);
  }
}
