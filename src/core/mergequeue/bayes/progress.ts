/** What one more tree does in each world: what it lands, what it proves, and its steps towards the end. */
import type { Field } from './field.ts';
import { forEachWorld } from './outlook.ts';
import { proofsBy } from './proofs.ts';
import type { Trial } from './trial.ts';

export interface Progress {
  /** Sums over the worlds: additional worth landed, changes proven bad. */
  readonly landed: number;
  readonly proven: number;
}

/** The steps are left in the scratch of the field, per world. */
export function progressOf(trial: Trial, field: Field): Progress {
  const { best, goal, scratch: steps, work } = field;
  let landed = 0;
  let proven = 0;
  steps.fill(0);
  for (const proof of proofsBy(trial, field))
    forEachWorld(proof.worlds, 'present', (world) => {
      steps[world] = (steps[world] ?? 0) + 1;
      proven += 1;
    });
  forEachWorld(trial.red, 'absent', (world) => {
    const reached = best[world] ?? 0;
    if (trial.weight <= reached) return;
    landed += trial.weight - reached;
    const wanted = goal.largest[world] ?? 0;
    if (trial.weight >= wanted && reached < wanted) steps[world] = (steps[world] ?? 0) + 1;
  });
  work.spent += 2 * steps.length;
  return { landed, proven };
}
