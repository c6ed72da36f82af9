/**
 * Bounded waiting. Belief only orders the work, so it must not be able to starve a change: trees with the oldest change
 * are forced in when nothing was decided for long, or when one change waits far longer than the load explains.
 */
import { bitsIn } from '../bit-set.ts';
import type { QueueSnapshot } from '../model.ts';
import { holdsCertainRed, treeOf } from './candidates.ts';
import type { Field } from './field.ts';
import type { Trial } from './trial.ts';

const IDLE_GATES = 3;
const WAITING_GATES = 4;

export function overdueTrials(snapshot: QueueSnapshot, field: Field, freeSlots: number): readonly Trial[] {
  if (freeSlots <= 0 || field.meanGateMs <= 0) return [];
  const idleMs = snapshot.nowMs - (snapshot.decidedAtMs ?? snapshot.nowMs);
  if (idleMs >= IDLE_GATES * field.meanGateMs) return oldestTogether(field, Math.ceil(freeSlots / 2));
  const overdue = overdueItem(snapshot, field);
  if (overdue === null) return [];
  const base = field.trials
    .filter((trial) => trial.landable && trial.pGreen >= 0.8)
    .toSorted((a, b) => b.size - a.size)[0];
  const trials = [base ?? null, null].map((under) => treeOf(under, [overdue], 'waiting', field));
  const trial = trials.find((one) => one !== null && tells(one, field)) ?? null;
  return trial === null || isKnown(trial, field) ? [] : [trial];
}

/** Tip + oldest, tip + two oldest, and so on, without what would make the tree red for certain. */
function oldestTogether(field: Field, count: number): readonly Trial[] {
  const trials: Trial[] = [];
  let last: Trial | null = null;
  for (let item = 0; item < field.board.items.length && trials.length < count; item++) {
    const trial = treeOf(last, [item], 'waiting', field);
    if (trial === null || !tells(trial, field)) continue;
    last = trial;
    if (!isKnown(trial, field)) trials.push(trial);
  }
  return trials;
}

/** The oldest change that no running tree may land and that waits longer than its turn could take. */
function overdueItem(snapshot: QueueSnapshot, field: Field): number | null {
  const { items } = field.board;
  const patienceMs = WAITING_GATES * field.meanGateMs * Math.max(1, items.length / snapshot.slots);
  const covered = new Set(
    field.trials.filter((trial) => trial.landable).flatMap((trial) => bitsIn(trial.bits)),
  );
  const arrivals = new Map(snapshot.pending.map((change) => [change.id, change.arrivedAtMs]));
  for (const [index, item] of items.entries()) {
    const first = item.members[0];
    const arrivedAtMs = first === undefined ? undefined : arrivals.get(first);
    if (arrivedAtMs === undefined || covered.has(index) || item.closure === null) continue;
    if (snapshot.nowMs - arrivedAtMs > Math.max(patienceMs, 2 * item.gateMs)) return index;
  }
  return null;
}

/** A tree that holds a red one says nothing new, and its run would be cancelled at once. */
function tells(trial: Trial, field: Field): boolean {
  return trial.size === 1 || !holdsCertainRed(trial.bits, field.board);
}

function isKnown(trial: Trial, field: Field): boolean {
  return (
    field.board.tried.has(trial.key) ||
    field.trials.some((other) => other.landable && other.key === trial.key)
  );
}
