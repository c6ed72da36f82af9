/** Every failpoint of the engine itself; the adapters export their own lists. */
import type { StepKind } from '../core/run/steps.ts';

const STEP_KINDS: Readonly<Record<StepKind, true>> = {
  'prepare-workspace': true,
  'start-attempt': true,
  'stop-attempt': true,
  'collect-attempt': true,
  'deliver-answer': true,
  'take-in-head': true,
  notify: true,
  'update-workspace': true,
  'run-gates': true,
  'run-review': true,
  'take-in-branch': true,
  'make-build': true,
  'resolve-conflict': true,
  'tag-target': true,
  publish: true,
  'remove-workspace': true,
};

const EFFECTS = ['intent.insert', 'env.setup', 'gate.start', 'gate.record'];

export const ENGINE_FAILPOINTS: readonly string[] = [
  ...EFFECTS,
  ...Object.keys(STEP_KINDS).map((kind) => `act.${kind}`),
].flatMap((name) => [`before:${name}`, `after:${name}`]);
