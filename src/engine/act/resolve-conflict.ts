/** One stage at one conflict: a rule in the control repository, or an agent in a checkout of our own. */
import { resolutionMessage } from '../../core/run/resolution-text.ts';
import type { ResolutionOutcome } from '../../core/run/conflict.ts';
import type { ChangeState, RunState } from '../../core/run/state.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { ActContext } from '../deps.ts';
import { resolutionRef } from '../resolution.ts';
import { resolveByAgent } from './resolve-by-agent.ts';

type Resolve = Extract<Step, { kind: 'resolve-conflict' }>;

export async function resolveConflict(step: Resolve, context: ActContext): Promise<readonly Fact[]> {
  const { state, intent } = context;
  const change = requireConflict(state, step);
  const outcome =
    step.stage === 'agent'
      ? await resolveByAgent(step, change, context)
      : await byRule({ ...step, stage: step.stage }, change, context);
  const { stage, agent, onto } = step;
  return [{ kind: 'conflict.tried', intent, change: step.change, stage, agent, onto, ...outcome }];
}

function requireConflict(state: RunState, step: Resolve): ChangeState {
  const change = state.queue.changes.get(step.change);
  if (change === undefined || change.conflict === null)
    throw new Failure('conflict-unknown', `${step.change} has no conflict on record`);
  return change;
}

async function byRule(
  step: Resolve & { readonly stage: Exclude<Resolve['stage'], 'agent'> },
  change: ChangeState,
  context: ActContext,
): Promise<ResolutionOutcome> {
  const { deps, state } = context;
  const { stage, onto, head, dateMs } = step;
  if (change.conflict === null) throw new Failure('conflict-unknown', `${step.change} has no conflict`);
  const message = resolutionMessage(state, change, change.conflict, { stage, agent: null, by: null });
  const made = await deps.git.resolveByRule({ ours: onto, theirs: head, rule: stage, message, dateMs });
  if (made.kind === 'unresolved') {
    const { files, detail } = made;
    return { outcome: 'unresolved', head: null, tree: null, files, detail, log: null };
  }
  await deps.git.keep(resolutionRef(state, change, context.intent), made.commit);
  const files = made.kind === 'clean' ? [] : made.files;
  const detail = made.kind === 'clean' ? 'nothing is in conflict any more' : `resolved ${files.join(', ')}`;
  return { outcome: 'resolved', head: made.commit, tree: made.tree, files, detail, log: null };
}
