/** What a person says about an item of the inbox, as facts for the run; refused where it cannot be meant. */
import type { TaskId } from '../../core/ids.ts';
import { findItem, type Settlement } from '../../core/inbox/find-item.ts';
import { type InboxItem, inboxItems } from '../../core/inbox/items.ts';
import type { RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { assertNever } from '../../kit/assert.ts';
import { Failure } from '../../kit/failure.ts';
import { requireWorkspace } from '../act/workspace-spec.ts';
import type { Deps } from '../deps.ts';
import { factsOfMessage } from './send.ts';

export type Verdict =
  | { readonly kind: 'approve'; readonly by: string; readonly message: string | null }
  | { readonly kind: 'reject'; readonly by: string; readonly message: string | null }
  | { readonly kind: 'answer'; readonly by: string; readonly text: string };

/** Failures `item-unknown`, `item-ambiguous`, `item-settled`. */
export function requireItem(state: RunState, text: string, ago: (atMs: number) => string): InboxItem {
  const found = findItem(state, text);
  switch (found.kind) {
    case 'open':
      return found.item;
    case 'settled':
      throw new Failure('item-settled', `${found.id} ${settledText(found.how, ago)}`, {
        hint: 'copse inbox',
      });
    case 'ambiguous':
      throw new Failure('item-ambiguous', `${text} may be ${found.candidates.join(' or ')}`, {
        hint: 'copse inbox',
      });
    case 'unknown': {
      const open = found.open.slice(0, 8).join(', ');
      const more = found.open.length > 8 ? ` and ${found.open.length - 8} more` : '';
      const there = open === '' ? 'nothing does' : `${open}${more} do`;
      throw new Failure('item-unknown', `nothing named ${text} waits for a person; ${there}`, {
        hint: 'copse inbox',
      });
    }
    default:
      return assertNever(found);
  }
}

function settledText(how: Settlement, ago: (atMs: number) => string): string {
  if (how.kind === 'over') return `needs no answer any more, ${ago(how.atMs)}: ${how.because}`;
  const words = { allow: 'allowed', deny: 'denied', approved: 'approved', rejected: 'rejected' } as const;
  return `was ${words[how.answer]} by ${how.by}, ${ago(how.atMs)}`;
}

const YES: ReadonlySet<string> = new Set(['allow', 'approve', 'yes', 'y', 'ok']);
const NO: ReadonlySet<string> = new Set(['deny', 'reject', 'no', 'n']);

/** Failures `item-answer` (that answer does not fit the item) and `not-approver`, and those of a message. */
export function factsOfVerdict(state: RunState, item: InboxItem, given: Verdict): readonly Fact[] {
  const verdict = asVerdict(item, given);
  switch (item.kind) {
    case 'permission': {
      if (verdict.kind === 'answer') return misfit(item, 'takes allow or deny', `copse approve ${item.id}`);
      const { task, attempt, question } = item.question;
      const answer = verdict.kind === 'approve' ? 'allow' : 'deny';
      const { by, message } = verdict;
      return [
        { kind: 'question.answered', task, attempt, question, answer, by, message, isDelivered: false },
      ];
    }
    case 'approval':
      if (verdict.kind === 'answer')
        return misfit(item, 'is approved or rejected', `copse reject ${item.id} -m "…"`);
      return approvalFacts(state, item, verdict);
    case 'question':
      if (verdict.kind !== 'answer') return misfit(item, 'is a question', `copse answer ${item.id} "…"`);
      return messageFacts(state, item.task, verdict);
    case 'escalation':
      if (verdict.kind !== 'answer' || item.task === null)
        return misfit(item, 'is settled by what it asks for', `copse inbox next ${item.id}`);
      return messageFacts(state, item.task, verdict);
    default:
      return assertNever(item);
  }
}

/** `answer` with a yes or a no is what `approve` and `reject` are. */
function asVerdict(item: InboxItem, verdict: Verdict): Verdict {
  if (verdict.kind !== 'answer' || (item.kind !== 'permission' && item.kind !== 'approval')) return verdict;
  const word = verdict.text.trim().toLowerCase();
  const { by } = verdict;
  if (YES.has(word)) return { kind: 'approve', by, message: null };
  return NO.has(word) ? { kind: 'reject', by, message: null } : verdict;
}

function misfit(item: InboxItem, what: string, hint: string): never {
  throw new Failure('item-answer', `${item.id} ${what}`, { hint });
}

function approvalFacts(
  state: RunState,
  { task, approval }: Extract<InboxItem, { kind: 'approval' }>,
  { kind, by, message }: Exclude<Verdict, { kind: 'answer' }>,
): readonly Fact[] {
  const { item, head, from, given } = approval;
  if (from.length > 0 && !from.includes(by))
    throw new Failure('not-approver', `${by} may not approve ${task}: the plan names ${from.join(', ')}`, {
      hint: `copse inbox next ${item}`,
    });
  if (kind === 'approve') {
    if (given.some((one) => one.by === by))
      throw new Failure('item-settled', `${by} has approved ${item} already; it needs others too`);
    return [{ kind: 'approval.given', task, item, head, by, message }];
  }
  const rejected: Fact = { kind: 'approval.rejected', task, item, head, by, message };
  if (message === null) return [rejected];
  const text = `The work was not approved: ${message}`;
  return [rejected, ...factsOfMessage(state, { task, by, text, isUrgent: false })];
}

function messageFacts(
  state: RunState,
  task: TaskId,
  { by, text }: Extract<Verdict, { kind: 'answer' }>,
): readonly Fact[] {
  return factsOfMessage(state, { task, by, text, isUrgent: false });
}

/** The branch holds another commit than the one that was asked about: the fact that says so; null: it does not. */
export async function movedSince(
  item: InboxItem,
  state: RunState,
  { git }: Pick<Deps, 'git'>,
): Promise<Fact | null> {
  if (item.kind !== 'approval') return null;
  const { head } = item.approval;
  const tip = (await git.sight(requireWorkspace(state, item.task))).branchTip;
  if (tip === null || tip === head) return null;
  const because = `the branch moved from ${head.slice(0, 7)} to ${tip.slice(0, 7)}`;
  return { kind: 'approval.void', task: item.task, item: item.id, because };
}

/** Whether the run now says what was said: somebody else may have been faster. */
export function isHeard(state: RunState, facts: readonly Fact[]): boolean {
  return facts.every((fact) => {
    switch (fact.kind) {
      case 'question.answered': {
        const standing = [...state.inbox.questions.values()].find(
          ({ attempt, question }) => attempt === fact.attempt && question === fact.question,
        )?.standing;
        return standing?.kind === 'answered' && standing.by === fact.by && standing.answer === fact.answer;
      }
      case 'approval.given':
        return state.inbox.approvals.get(fact.item)?.given.some(({ by }) => by === fact.by) ?? false;
      case 'approval.rejected': {
        const standing = state.inbox.approvals.get(fact.item)?.standing;
        return standing?.kind === 'rejected' && standing.by === fact.by;
      }
      default:
        return true;
    }
  });
}

/** The one to look at first; null: nothing waits. */
export function nextItem(state: RunState): InboxItem | null {
  return inboxItems(state)[0] ?? null;
}
