/** Why two tasks are kept from working at one time, where the plan wants that (`on_overlap: serialize`). */
import type { Task } from '../plan/model.ts';
import { overlapKey } from '../run/overlaps.ts';
import type { RunState, TaskState } from '../run/state.ts';
import { overlapOf, type ReadScope, readScope } from '../separation/scope.ts';

export type OverlapRule = (a: Task, b: Task) => string | null;

/** The reason with its source: declared scopes, else what is expected, with its chance. */
export function overlapRule(state: RunState): OverlapRule {
  const { onOverlap, ignore } = state.plan.conflicts;
  if (onOverlap !== 'serialize') return () => null;
  const scopes = new Map<Task, ReadScope>();
  const read = (task: Task): ReadScope => {
    const known = scopes.get(task) ?? readScope(task.scope, ignore);
    scopes.set(task, known);
    return known;
  };
  return (a, b) => {
    const expected = state.expected?.get(overlapKey(a.id, b.id));
    const declared = overlapOf(read(a), read(b));
    const chance = expected === undefined ? '' : `, ${Math.round(expected.chance * 100)} % likely`;
    if (declared !== null) return `${declared.reason} (declared scopes${chance})`;
    if (expected === undefined) return null;
    return `${expected.because} (${expected.origin.join(', ')}${chance})`;
  };
}

/** Its work is on its way to the target: what starts now would start without it. */
const UNDER_WAY: ReadonlySet<TaskState['progress']['kind']> = new Set([
  'collecting',
  'judging',
  'judged',
  'verifying',
  'red',
  'green',
  'queued',
]);

/**
 * Why a task that nobody has begun waits for work that is done and not landed. A begun one never does, or two of them
 * would wait for each other; and nobody waits for a landing that waits for a person.
 */
export function unlandedHold(task: TaskState, state: RunState, overlap: OverlapRule): string | null {
  const { held, closedFor } = state.queue;
  if (task.attempts.length > 0 || held !== null || closedFor !== null || state.options.noMerge) return null;
  for (const other of state.tasks.values()) {
    if (other === task || !UNDER_WAY.has(other.progress.kind) || isHeldBack(other, state)) continue;
    const clash = overlap(task.task, other.task);
    if (clash !== null) return `overlaps ${other.task.id}, which has not landed: ${clash}`;
  }
  return null;
}

function isHeldBack({ progress }: TaskState, state: RunState): boolean {
  if (progress.kind !== 'queued') return false;
  const heldBy = state.queue.changes.get(progress.change)?.standing.heldBy ?? null;
  return heldBy !== null;
}
