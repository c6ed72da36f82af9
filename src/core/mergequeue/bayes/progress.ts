/** What one more tree does in each world: what it lands, what it proves, and its steps towards the end. */
import type { Field } from './field.ts';
import { forEachWorld, isIn } from './outlook.ts';
import { proofsBy } from './proofs.ts';
import { successionOf } from './succession.ts';
import type { Trial } from './trial.ts';

export interface Progress {
  /** Sums over the worlds: additional worth landed, changes proven bad. */
  readonly landed: number;
  readonly proven: number;
}

/** The steps are left in the scratch of the field, per world. */
export function progressOf(trial: Trial, field: Field): Progress {
  const { best, bestBy, goal, scratch: steps, work } = field;
  let landed = 0;
  let proven = 0;
  steps.fill(0);
  for (const proof of proofsBy(trial, field))
    forEachWorld(proof.worlds, 'present', (world) => {
      steps[world] = (steps[world] ?? 0) + 1;
      proven += 1;
    });
  const { late, instead } = successionOf(trial, field);
  forEachWorld(trial.red, 'absent', (world) => {
    if (late !== null && isIn(late, world)) return;
    const reached = best[world] ?? 0;
    const gain = instead?.get(bestBy[world] ?? -1);
    landed += gain ?? Math.max(0, trial.weight - reached);
    if (trial.weight <= reached) return;
    const wanted = goal.largest[world] ?? 0;
    if (trial.weight >= wanted && reached < wanted) steps[world] = (steps[world] ?? 0) + 1;
  });
  work.spent += 2 * steps.length;
  return { landed, proven };
}
