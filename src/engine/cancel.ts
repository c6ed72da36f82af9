/** Open effects whose result nobody wants any more. */
import type { IntentId } from '../core/ids.ts';
import type { RunState } from '../core/run/state.ts';

export function unwantedIntents(state: RunState): readonly IntentId[] {
  return [...state.intents.values()]
    .filter(({ step }) => {
      if (step.kind !== 'run-gates') return false;
      if (step.subject.kind === 'build') {
        const build = state.queue.builds.get(step.subject.build);
        return build === undefined || build.state === 'cancelled' || build.state === 'void';
      }
      if (step.subject.kind === 'task') {
        const task = state.tasks.get(step.subject.task);
        return task === undefined || task.stopRequested !== null || task.skipRequested !== null;
      }
      return false;
    })
    .map((intent) => intent.id);
}
