/** Brings the target into a task's branch between two attempts. */
import { assertNever } from '../../kit/assert.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { requireTask, requireWorkspace } from './workspace-spec.ts';

type Update = Extract<Step, { kind: 'update-workspace' }>;

export async function updateWorkspace(step: Update, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const task = requireTask(state, step.task);
  const spec = requireWorkspace(state, step.task);
  const message = `Merge ${state.target} into ${spec.branch}\n\nCopse-Task: ${step.task}\n`;
  const outcome = await deps.git.updateWorkspace(spec, step.onto, message);
  switch (outcome.kind) {
    case 'merged':
      return [{ kind: 'workspace.updated', intent, task: step.task, head: outcome.commit, onto: step.onto }];
    case 'contained': {
      const head = (await deps.git.sight(spec)).branchTip ?? task.head ?? spec.base;
      return [{ kind: 'workspace.updated', intent, task: step.task, head, onto: step.onto }];
    }
    case 'conflicted':
      return [
        { kind: 'workspace.conflicted', intent, task: step.task, onto: step.onto, files: outcome.files },
      ];
    default:
      return assertNever(outcome);
  }
}
