/** The strategies side by side; a new instance for each run, because some keep state of their own. */
import { assertNever } from '../../src/kit/assert.ts';
import { bayesPlanner, patient, serialPlanner } from '../../src/core/mergequeue/index.ts';
import type { QueuePlanner } from '../../src/core/mergequeue/index.ts';
import { batchSplit, bors, oracle, submitQueue, zuul } from './rivals.ts';
import type { Workload } from './workload.ts';

export type StrategyName =
  | 'serial'
  | 'bors'
  | 'batch-split'
  | 'zuul-fixed'
  | 'zuul-aimd'
  | 'submitqueue'
  | 'oracle-1'
  | 'copse'
  | 'copse-impatient';

/** The exact queues ours is compared with; the oracle knows the outcomes and is a yardstick, not a rival. */
export const rivals: readonly StrategyName[] = [
  'serial',
  'bors',
  'batch-split',
  'zuul-fixed',
  'zuul-aimd',
  'submitqueue',
];
/** `copse-impatient`, which plans at every result, is run only when asked for: with equal gates it is the same. */
export const allStrategies: readonly StrategyName[] = [...rivals, 'oracle-1', 'copse'];

export function strategyFor(name: StrategyName, workload: Workload): QueuePlanner {
  switch (name) {
    case 'serial':
      return serialPlanner;
    case 'bors':
      return bors();
    case 'batch-split':
      return batchSplit;
    case 'zuul-fixed':
      return zuul('fixed');
    case 'zuul-aimd':
      return zuul('aimd');
    case 'submitqueue':
      return submitQueue;
    case 'oracle-1':
      return oracleFor(workload);
    case 'copse':
      return patient(bayesPlanner);
    case 'copse-impatient':
      return bayesPlanner;
    default:
      return assertNever(name);
  }
}

function oracleFor(workload: Workload): QueuePlanner {
  const truth = new Map(workload.changes.map((change) => [change.id, change]));
  return oracle(
    (id) => truth.get(id)?.brokenAlone === true,
    (a, b) => truth.get(a)?.conflictsWith.includes(b) === true,
  );
}
