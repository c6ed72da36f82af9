/** The branch of a task that waits for approval has moved: what it holds now is taken in, to be tested and asked about. */
import { brokenRule } from '../../core/run/judge.ts';
import { MAX_RECORDED_PATHS } from '../../core/run/events.ts';
import type { Step } from '../../core/run/steps.ts';
import { pathsOutside } from '../../core/separation/outside.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { ActContext } from '../deps.ts';
import { takeInAndLook } from './collect-attempt.ts';
import { unsafeContent } from './unsafe-content.ts';
import { requireTask, requireWorkspace } from './workspace-spec.ts';

export async function takeInHead(
  step: Extract<Step, { kind: 'take-in-head' }>,
  context: ActContext,
): Promise<readonly Fact[]> {
  const { state, intent } = context;
  const { task: spec, progress } = requireTask(state, step.task);
  const name = progress.kind === 'awaiting-approval' ? progress.item : intent;
  const workspace = requireWorkspace(state, step.task);
  const { taken, head, tree, intake } = await takeInAndLook({ task: step.task, name }, context, workspace);
  if (taken.kind === 'rejected' || head === null || tree === null)
    throw new Failure('branch-refused', `the branch of ${step.task} was refused: ${refusalOf(taken)}`);
  const paths = intake?.changed.map((entry) => entry.path) ?? [];
  const refusal = brokenRule(
    {
      violations: [],
      refusal: null,
      conflictMarkers: intake?.conflictMarkers ?? [],
      unsafe: intake === null ? [] : unsafeContent(intake),
      outOfScope: pathsOutside(spec.scope, paths, state.plan.conflicts.ignore),
    },
    state.plan.conflicts,
  );
  const changedPaths = paths.slice(0, MAX_RECORDED_PATHS);
  return [{ kind: 'head.taken_in', intent, task: step.task, head, tree, changedPaths, refusal }];
}

function refusalOf(taken: { readonly kind: string; readonly reason?: string }): string {
  return taken.reason ?? 'it is not there';
}
