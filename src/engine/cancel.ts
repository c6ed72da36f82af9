/** Open effects whose result nobody wants any more, and the end of the leader that performs them. */
import { Failure } from '../kit/failure.ts';
import type { ChangeId, IntentId, TaskId } from '../core/ids.ts';
import type { RunState } from '../core/run/state.ts';

export function unwantedIntents(state: RunState): readonly IntentId[] {
  return [...state.intents.values()]
    .filter(({ step }) => {
      if (step.kind === 'resolve-conflict') return isNotConflicted(state, step.change);
      if (step.kind === 'run-review')
        return isEndAsked(state, step.task) || isNotConflicted(state, step.change);
      if (step.kind !== 'run-gates') return false;
      if (step.subject.kind === 'build') {
        const build = state.queue.builds.get(step.subject.build);
        return build === undefined || build.state === 'cancelled' || build.state === 'void';
      }
      if (step.subject.kind === 'task') {
        return isEndAsked(state, step.subject.task);
      }
      return false;
    })
    .map((intent) => intent.id);
}

function isNotConflicted(state: RunState, change: ChangeId | undefined): boolean {
  return change !== undefined && state.queue.changes.get(change)?.state.kind !== 'conflicted';
}

function isEndAsked(state: RunState, id: TaskId): boolean {
  const task = state.tasks.get(id);
  return task === undefined || task.stopRequested !== null || task.skipRequested !== null;
}

/** Why effects are let go when their leader ends: what they started goes on and is adopted by the next one. */
export function leaderEnd(): Failure {
  return new Failure('leader-ended', 'this Copse process no longer leads the run');
}

export function isLeaderEnd(reason: unknown): boolean {
  return reason instanceof Failure && reason.code === 'leader-ended';
}
