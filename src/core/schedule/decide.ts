/**
 * What to do next, from one look at the run: pure, so the same snapshot always gives the same decisions. Records change
 * the state and may make more decisions possible; the loop asks again until nothing is left. Nothing here knows the
 * clock, the disk or git.
 */
import { endedOverlaps } from '../run/overlaps.ts';
import { decideArrivals, idleOf } from './arrivals.ts';
import { decideBudgets } from './budget.ts';
import { decideFinish } from './finish.ts';
import { decideInbox } from './inbox.ts';
import { decideNotices } from './notices.ts';
import { decideQueue } from './queue.ts';
import { decideReviews } from './reviews.ts';
import { decideStarts } from './starts.ts';
import { decideTask } from './tasks.ts';
import type { Decided, Decision, Policy, Snapshot } from './snapshot.ts';
import { earliest } from './wake.ts';

/** `wakeAtMs` is the earliest moment at which time alone changes the answer. */
export function decide(snapshot: Snapshot, policy: Policy): Decided {
  const { state } = snapshot;
  if (state.life.kind === 'finished') return { decisions: decideNotices(state), wakeAtMs: null };
  const decisions: Decision[] = [
    ...endedOverlaps(state).map((event) => ({ kind: 'record', event }) as const),
    ...decideInbox(state),
  ];
  let wakeAtMs: number | null = null;
  const budgets = decideBudgets(snapshot);
  if (budgets.decisions.length > 0) return budgets;
  wakeAtMs = budgets.wakeAtMs;
  for (const task of state.tasks.values()) {
    const decided = decideTask(task, snapshot);
    decisions.push(...decided.decisions);
    wakeAtMs = earliest(wakeAtMs, decided.wakeAtMs);
  }
  const idle = idleOf(snapshot);
  decisions.push(...decideArrivals(snapshot));
  // A change that its task withdraws must not be landed in the same breath.
  if (decisions.some((decision) => decision.kind === 'record'))
    return { decisions: withOneGateRun(decisions), wakeAtMs };
  const queue = decideQueue(snapshot, policy);
  decisions.push(...queue.decisions);
  wakeAtMs = earliest(wakeAtMs, queue.wakeAtMs);
  const settled = withOneGateRun(decisions);
  // Records come first: starting on a state that is about to change would start the wrong thing.
  if (settled.some((decision) => decision.kind === 'record')) return { decisions: settled, wakeAtMs };
  const reviews = decideReviews(snapshot);
  wakeAtMs = earliest(wakeAtMs, reviews.wakeAtMs);
  // A reviewer that starts takes a slot, which what starts next must see.
  if (reviews.decisions.length > 0) return { decisions: [...settled, ...reviews.decisions], wakeAtMs };
  const starts = decideStarts(snapshot, policy);
  settled.push(...starts.decisions);
  wakeAtMs = earliest(wakeAtMs, starts.wakeAtMs);
  if (settled.length === 0) settled.push(...decideNotices(state));
  if (settled.length === 0 && (idle === null || idle.isOver))
    settled.push(...decideFinish(snapshot, wakeAtMs));
  return { decisions: settled, wakeAtMs: earliest(wakeAtMs, idle?.wakeAtMs ?? null) };
}

/**
 * Slots and locks of gate runs are chosen from the state, which does not show the other choices of this round: two runs
 * would take the same slot. The rest are chosen in the next round, which follows at once.
 */
function withOneGateRun(decisions: readonly Decision[]): Decision[] {
  const isGateRun = (decision: Decision): boolean =>
    decision.kind === 'act' && decision.step.kind === 'run-gates';
  const first = decisions.find(isGateRun);
  return decisions.filter((decision) => decision === first || !isGateRun(decision));
}
