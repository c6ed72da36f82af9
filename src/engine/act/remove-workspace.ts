/** Removes a worktree whose content is proven saved, and its branch when it has landed. */
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { requireWorkspace } from './workspace-spec.ts';

type Remove = Extract<Step, { kind: 'remove-workspace' }>;

export async function removeWorkspace(step: Remove, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const spec = requireWorkspace(state, step.task);
  const proof = step.proof ?? (await salvaged(step, context));
  const outcome = await deps.git.removeWorkspace(spec, proof);
  if (outcome.kind === 'refused') {
    const unsaved = outcome.unsaved.slice(0, 50);
    return [
      { kind: 'workspace.removed', intent, task: step.task, outcome: 'refused', unsaved, branch: 'kept' },
    ];
  }
  const branch =
    step.deleteBranch && step.proof !== null ? await deps.git.deleteBranch(spec.branch, step.proof) : 'kept';
  return [{ kind: 'workspace.removed', intent, task: step.task, outcome: outcome.kind, unsaved: [], branch }];
}

async function salvaged(step: Remove, context: ActContext) {
  const { deps, state, intent } = context;
  const spec = requireWorkspace(state, step.task);
  const sighting = await deps.git.sight(spec);
  if (!sighting.exists) return null;
  const ref = `refs/copse/salvage/${state.id}/${step.task}/${intent}`;
  return (await deps.git.capture(spec, ref, `Work of ${step.task} before its worktree was removed\n`)).commit;
}
