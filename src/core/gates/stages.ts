/** Which gates a subject has to pass. */
import { assertNever } from '../../kit/assert.ts';
import type { GateSpec, GateStage, Plan } from '../plan/model.ts';
import type { GateSubject } from '../run/events.ts';
import type { RunState } from '../run/state.ts';

/**
 * Gates in the plan's order. A task's wave runs its own gates that are meant for `wave`, and on the last wave those meant
 * for `task` too; a build runs every `merge` gate of the plan, whoever asked for it: the merged tree belongs to all.
 */
export function gatesAt(state: RunState, subject: GateSubject): readonly GateSpec[] {
  const all = Object.values(state.plan.gates);
  switch (subject.kind) {
    case 'task': {
      const task = state.tasks.get(subject.task);
      const wave = task?.task.waves[subject.wave - 1];
      if (task === undefined || wave === undefined) return [];
      const isLast = subject.wave === task.task.waves.length;
      return all.filter(
        (gate) =>
          wave.gates.includes(gate.name) &&
          (gate.at.includes('wave') || (isLast && gate.at.includes('task'))),
      );
    }
    case 'build':
    case 'tip':
      return gatesOfStage(state.plan, 'merge');
    case 'end':
      return gatesOfStage(state.plan, 'end');
    case 'bisect':
      return gatesOfStage(state.plan, 'end').filter((gate) => state.bisect?.gates.includes(gate.name));
    default:
      return assertNever(subject);
  }
}

/** The plan's gates that are meant for a stage, in its order. */
export function gatesOfStage(plan: Plan, stage: GateStage): readonly GateSpec[] {
  return Object.values(plan.gates).filter((gate) => gate.at.includes(stage));
}
