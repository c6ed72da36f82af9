/** What a person means by the id that was typed. */
import type { RunState } from '../run/state.ts';
import type { ItemId } from './events.ts';
import { type InboxItem, inboxItems } from './items.ts';

export type FoundItem =
  | { readonly kind: 'open'; readonly item: InboxItem }
  /** It was, and is settled: one clause that says how, by whom and when. */
  | { readonly kind: 'settled'; readonly id: ItemId; readonly how: Settlement }
  | { readonly kind: 'ambiguous'; readonly candidates: readonly ItemId[] }
  | { readonly kind: 'unknown'; readonly open: readonly ItemId[] };

export type Settlement =
  | {
      readonly kind: 'answered';
      readonly answer: 'allow' | 'deny' | 'approved' | 'rejected';
      readonly by: string;
      readonly atMs: number;
    }
  | { readonly kind: 'over'; readonly because: string; readonly atMs: number };

/** By its whole id, by its task when one item is about it, or by an unambiguous beginning. */
export function findItem(state: RunState, text: string): FoundItem {
  const items = inboxItems(state);
  const exact = items.find(({ id }) => id === text);
  if (exact !== undefined) return { kind: 'open', item: exact };
  const settled = settlementOf(state, text as ItemId);
  if (settled !== null) return { kind: 'settled', id: text as ItemId, how: settled };
  const ofTask = items.filter(
    (item) => item.task === text || (item.kind === 'escalation' && item.change === text),
  );
  const meant = ofTask.length > 0 ? ofTask : items.filter(({ id }) => text !== '' && id.startsWith(text));
  const [only] = meant;
  if (only !== undefined && meant.length === 1) return { kind: 'open', item: only };
  if (meant.length > 1) return { kind: 'ambiguous', candidates: meant.map(({ id }) => id) };
  const past = pastItems(state).filter((id) => text !== '' && id.startsWith(text));
  const [last] = past.toReversed();
  const how = last === undefined ? null : settlementOf(state, last);
  if (last !== undefined && how !== null) return { kind: 'settled', id: last, how };
  return { kind: 'unknown', open: items.map(({ id }) => id) };
}

function pastItems({ inbox }: RunState): readonly ItemId[] {
  return [...inbox.questions.keys(), ...inbox.approvals.keys()];
}

/** null while it is open, and for what keeps no record. */
function settlementOf({ inbox }: RunState, id: ItemId): Settlement | null {
  const question = inbox.questions.get(id)?.standing;
  if (question?.kind === 'answered') {
    const { answer, by, atMs } = question;
    return { kind: 'answered', answer, by, atMs };
  }
  if (question?.kind === 'withdrawn') return { kind: 'over', because: question.because, atMs: question.atMs };
  const approval = inbox.approvals.get(id);
  switch (approval?.standing.kind) {
    case 'granted': {
      const by = approval.given.map((one) => one.by).join(', ');
      return { kind: 'answered', answer: 'approved', by, atMs: approval.standing.atMs };
    }
    case 'rejected': {
      const { by, atMs } = approval.standing;
      return { kind: 'answered', answer: 'rejected', by, atMs };
    }
    case 'void':
      return { kind: 'over', because: approval.standing.because, atMs: approval.standing.atMs };
    default:
      return null;
  }
}
