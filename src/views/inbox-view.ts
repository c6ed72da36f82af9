/**
 * The `data` of `copse.inbox/1`: everything that needs a person, oldest first, each with the command that answers it. The
 * same object is printed, served and drawn. Texts may come from outside.
 */
import { assertNever } from '../kit/assert.ts';
import { type InboxItem, inboxItems } from '../core/inbox/items.ts';
import type { RunState } from '../core/run/state.ts';
import { problemsOf } from './problem-view.ts';
import { personReason } from './reason.ts';
import { shellWord, shortId, timeOf } from './words.ts';

export interface InboxView {
  readonly run: string | null;
  readonly items: readonly InboxItemView[];
}

export interface InboxItemView {
  /** What `approve`, `reject` and `answer` take. */
  readonly id: string;
  readonly kind: InboxItem['kind'];
  readonly task?: string;
  readonly change?: string;
  /** Why it waits: `permission`, `approval`, `question`, or the cause of an escalation. */
  readonly cause: string;
  readonly since: string;
  readonly age_ms: number;
  readonly what: string;
  /** The attempt that waits. */
  readonly attempt?: string;
  /** The agent is denied it then. */
  readonly deadline?: string;
  readonly permission?: {
    readonly tool: string;
    readonly title: string;
    readonly input: string;
    readonly paths: readonly string[];
  };
  readonly approval?: {
    readonly head: string;
    readonly branch?: string;
    readonly wave: number;
    readonly required: number;
    readonly given: readonly { readonly by: string; readonly at: string }[];
    readonly from: readonly string[];
  };
  /** The first one settles it as it most often is. */
  readonly next: readonly { readonly command: string; readonly purpose: string }[];
}

export function inboxView(state: RunState, nowMs: number): InboxView {
  return { run: state.id, items: inboxItems(state).map((item) => itemView(item, state, nowMs)) };
}

export function itemView(item: InboxItem, state: RunState, nowMs: number): InboxItemView {
  const { id, kind, sinceMs } = item;
  const base = { id, kind, since: timeOf(sinceMs), age_ms: Math.max(0, nowMs - sinceMs) };
  switch (item.kind) {
    case 'permission':
      return { ...base, ...permissionFields(item) };
    case 'approval':
      return { ...base, ...approvalFields(item, state) };
    case 'question':
      return {
        ...base,
        task: item.task,
        cause: 'question',
        what: item.asked,
        next: [
          { command: `copse answer ${shellWord(id)} "…"`, purpose: 'its next turn' },
          { command: `copse logs ${shellWord(item.task)}`, purpose: 'what led to it' },
          { command: `copse skip ${shellWord(item.task)}`, purpose: 'go on without the task' },
        ],
      };
    case 'escalation':
      return { ...base, ...escalationFields(item, state) };
    default:
      return assertNever(item);
  }
}

function permissionFields({ id, task, question }: Extract<InboxItem, { kind: 'permission' }>) {
  const { what, tool, title, input, paths, attempt, deadlineAtMs } = question;
  return {
    task,
    attempt,
    cause: 'permission',
    what,
    deadline: timeOf(deadlineAtMs),
    permission: { tool, title, input, paths },
    next: [
      { command: `copse approve ${shellWord(id)}`, purpose: 'allow it, this once' },
      { command: `copse reject ${shellWord(id)} -m "…"`, purpose: 'deny it; the agent goes on without' },
      { command: `copse logs ${shellWord(task)}`, purpose: 'what led to it' },
    ],
  };
}

function approvalFields({ id, task, approval }: Extract<InboxItem, { kind: 'approval' }>, state: RunState) {
  const { head, wave, required, given, from } = approval;
  const owner = state.tasks.get(task);
  const branch = owner?.workspace?.branch;
  const waves = owner?.task.waves.length ?? 1;
  const part = waves === 1 ? '' : `, wave ${wave} of ${waves}`;
  const who = from.length === 0 ? '' : ` from ${from.join(', ')}`;
  const count = required === 1 && from.length === 0 ? '' : ` (${given.length} of ${required}${who})`;
  return {
    task,
    cause: 'approval',
    what: `gates passed on ${shortId(head)}${part}: may it go on?${count}`,
    approval: {
      head,
      ...(branch === undefined ? {} : { branch }),
      wave,
      required,
      given: given.map(({ by, atMs }) => ({ by, at: timeOf(atMs) })),
      from,
    },
    next: [
      { command: `copse approve ${shellWord(id)}`, purpose: 'it goes on, as it is' },
      { command: `copse diff ${shellWord(task)}`, purpose: 'what it changes' },
      { command: `copse reject ${shellWord(id)} -m "…"`, purpose: 'back to its agent, with the reason' },
    ],
  };
}

function escalationFields(item: Extract<InboxItem, { kind: 'escalation' }>, state: RunState) {
  const { id, task, change, cause, detail } = item;
  const owner = {
    ...(task === null ? {} : { task }),
    ...(change === null ? {} : { change }),
  };
  if (cause === 'budget' && task === null) {
    return {
      ...owner,
      cause,
      what: detail,
      next: [
        { command: 'copse resume', purpose: 'go on with the same amount again' },
        { command: 'copse cost', purpose: 'what it went to' },
      ],
    };
  }
  const problem = problemsOf(state, { logOf: () => null }).find((one) =>
    task !== null ? one.task === task : change !== null ? one.change === change : one.code === 'landing-held',
  );
  const answers =
    task === null
      ? []
      : [{ command: `copse answer ${shellWord(id)} "…"`, purpose: 'another try, told this' }];
  const progress = task === null ? null : state.tasks.get(task)?.progress;
  const what = progress?.kind === 'needs-person' ? personReason(progress) : detail;
  return { ...owner, cause, what, next: [...(problem?.next ?? []), ...answers] };
}
