/**
 * The merge queue as pure functions, published as `copse/mergequeue` for other people's queues and simulators.
 *
 * The caller keeps a `QueueSnapshot` (what landed, what waits, every build and its result) and after each event does:
 *
 *     for (let said = verdictsOf(snapshot); said.length > 0; said = verdictsOf(snapshot)) snapshot = record(said);
 *     const { accepted } = admissible(planner(snapshot, seed), snapshot);
 *     // cancel and start builds as accepted says; put started ones into snapshot.builds as `running`
 *
 * Where gates do not all take the same time, use `patient(planner)`, give builds their `endedAtMs`, and until
 * `waitUntil(snapshot)` leave landings out; then ask again. `verdictsOf` alone lands and ejects, from evidence; a planner only orders the work, so a wrong plan costs time and
 * nothing else. Snapshots are never changed in place: make a new object for every change. A planner must start the
 * trees of `rescuesOf(snapshot).wanted` and let `awaited` builds end, or a change that may yet be repaired stays pending.
 * A tree is a set of changes: before publishing, compare the git tree id of what would land with that of the build.
 * Changes that git cannot merge onto the target, and those of `strandedChanges`, leave the queue by the caller's hand.
 */
import type { QueueSnapshot } from './model.ts';
import { rescuesOf as rescuesIn, type Rescues } from './rescue.ts';
import { treeFacts } from './tree-facts.ts';

export { admissible } from './admissible.ts';
export type { AdmittedProposals, QueueRejection, RejectedProposal } from './admissible.ts';
export { bayesPlanner } from './bayes/planner.ts';
export { chainPlanner } from './chain.ts';
export { outcomesOf, rememberOutcomes, withMemory } from './history.ts';
export type { QueueMemory, QueueOutcome } from './history.ts';
export type {
  QueueBuild,
  QueueChange,
  QueueHistory,
  QueuePlanner,
  QueueProposal,
  QueueSnapshot,
  QueueVerdict,
} from './model.ts';
export { strandedChanges } from './needs.ts';
export { patient, waitUntil } from './patience.ts';
export { serialPlanner } from './serial.ts';
export { verdictsOf } from './verdicts.ts';
export type { Rescues };

/** Joint trees the verdicts of this snapshot wait for, because related changes may repair each other. */
export function rescuesOf(snapshot: QueueSnapshot): Rescues {
  return rescuesIn(snapshot, treeFacts(snapshot));
}
