export { admissible } from './admissible.ts';
export type { AdmittedProposals, QueueRejection, RejectedProposal } from './admissible.ts';
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
export { bayesPlanner } from './bayes/planner.ts';
export { serialPlanner } from './serial.ts';
export { verdictsOf } from './verdicts.ts';
