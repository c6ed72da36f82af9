/** Performs one intended effect and answers with its outcome. Each kind has its own file. */
import { assertNever } from '../../kit/assert.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { collectAttempt } from './collect-attempt.ts';
import { deliverAnswer } from './deliver-answer.ts';
import { makeBuild } from './make-build.ts';
import { notify } from './notify.ts';
import { prepareWorkspace } from './prepare-workspace.ts';
import { publish } from './publish.ts';
import { resolveConflict } from './resolve-conflict.ts';
import { removeWorkspace } from './remove-workspace.ts';
import { runGates } from './run-gates.ts';
import { runReview } from './run-review.ts';
import { startAttempt } from './start-attempt.ts';
import { stopAttempt } from './stop-attempt.ts';
import { tagTarget } from './tag-target.ts';
import { takeInBranch } from './take-in-branch.ts';
import { takeInHead } from './take-in-head.ts';
import { updateWorkspace } from './update-workspace.ts';

/**
 * The facts of the outcome, the last of which carries the intent. A `Failure` means the world refused and nothing was
 * left half done; anything else is a bug. Called twice for one intent (after a crash), it ends in the same world.
 */
export function perform(step: Step, context: ActContext): Promise<readonly Fact[]> {
  switch (step.kind) {
    case 'prepare-workspace':
      return prepareWorkspace(step, context);
    case 'start-attempt':
      return startAttempt(step, context);
    case 'stop-attempt':
      return stopAttempt(step, context);
    case 'collect-attempt':
      return collectAttempt(step, context);
    case 'deliver-answer':
      return deliverAnswer(step, context);
    case 'notify':
      return notify(step, context);
    case 'take-in-head':
      return takeInHead(step, context);
    case 'update-workspace':
      return updateWorkspace(step, context);
    case 'run-gates':
      return runGates(step, context);
    case 'run-review':
      return runReview(step, context);
    case 'take-in-branch':
      return takeInBranch(step, context);
    case 'make-build':
      return makeBuild(step, context);
    case 'resolve-conflict':
      return resolveConflict(step, context);
    case 'tag-target':
      return tagTarget(step, context);
    case 'publish':
      return publish(step, context);
    case 'remove-workspace':
      return removeWorkspace(step, context);
    default:
      return assertNever(step);
  }
}
