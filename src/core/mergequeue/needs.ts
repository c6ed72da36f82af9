/**
 * Needs between changes. A unit is a change with everything that must be in the same tree with it because their needs
 * form a circle (two changes that repair each other declare exactly that); most units are one change.
 */
import type { ChangeId } from '../ids.ts';
import type { QueueChange, QueueSnapshot } from './model.ts';

/** The change and all pending changes it needs, directly or through others. */
export function withPendingNeeds(
  id: ChangeId,
  pending: ReadonlyMap<ChangeId, QueueChange>,
): ReadonlySet<ChangeId> {
  const found = new Set<ChangeId>();
  const open = [id];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const change = pending.get(next);
    if (change === undefined || found.has(next)) continue;
    found.add(next);
    open.push(...change.needs);
  }
  return found;
}

/** The changes that are in one circle of needs with `id`, itself included. */
export function unitOf(id: ChangeId, pending: ReadonlyMap<ChangeId, QueueChange>): ReadonlySet<ChangeId> {
  const below = withPendingNeeds(id, pending);
  return new Set([...below].filter((other) => other === id || withPendingNeeds(other, pending).has(id)));
}

/**
 * Changes in an order git can merge them in: needs first, otherwise as given. Members of one circle keep their order.
 */
export function needsFirst(
  members: readonly ChangeId[],
  pending: ReadonlyMap<ChangeId, QueueChange>,
): readonly ChangeId[] {
  const chosen = new Set(members);
  const ordered = new Set<ChangeId>();
  const entered = new Set<ChangeId>();
  for (const root of members) {
    const stack: { readonly id: ChangeId; readonly isLeaving: boolean }[] = [{ id: root, isLeaving: false }];
    for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
      if (top.isLeaving) ordered.add(top.id);
      if (top.isLeaving || entered.has(top.id) || !chosen.has(top.id)) continue;
      entered.add(top.id);
      stack.push({ id: top.id, isLeaving: true });
      const needs = pending.get(top.id)?.needs ?? [];
      stack.push(...needs.toReversed().map((id) => ({ id, isLeaving: false })));
    }
  }
  return [...ordered];
}

/**
 * Pending changes that can never land because something they need was ejected, with the need that is gone; nearest
 * cause first found. They are nobody's fault and carry no evidence: the caller holds them or asks a person.
 */
export function strandedChanges(
  snapshot: QueueSnapshot,
): readonly { readonly id: ChangeId; readonly needs: ChangeId }[] {
  const gone = new Set(snapshot.ejected.map((entry) => entry.id));
  const stranded: { id: ChangeId; needs: ChangeId }[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const change of snapshot.pending) {
      const missing = gone.has(change.id) ? undefined : change.needs.find((need) => gone.has(need));
      if (missing === undefined) continue;
      gone.add(change.id);
      stranded.push({ id: change.id, needs: missing });
      grew = true;
    }
  }
  return stranded;
}
