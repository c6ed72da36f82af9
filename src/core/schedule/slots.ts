/** Checkouts that gates run in, and the mutual exclusions between gates. */
import { gatesAt } from '../gates/stages.ts';
import type { GateSubject } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import { gateSlots } from './limits.ts';
import type { MachineFacts } from './snapshot.ts';

/** The lowest slot `<prefix>-<n>` that no gate run uses and that is not in `taken`; null when all `count` are busy. */
export function freeSlot(
  state: RunState,
  prefix: 'task' | 'queue',
  count: number,
  taken: ReadonlySet<string> = new Set(),
): string | null {
  const used = new Set(
    [...state.intents.values()].map(({ step }) => (step.kind === 'run-gates' ? step.slot : null)),
  );
  for (let number = 1; number <= count; number += 1) {
    const slot = `${prefix}-${number}`;
    if (!used.has(slot) && !taken.has(slot)) return slot;
  }
  return null;
}

/**
 * A checkout for the gates of a task; null while the machine is taken. Tasks get what the merge queue leaves of it, at
 * least one: a suite of a task can wait, a build in the queue holds up everything behind it.
 */
export function taskGateSlot(state: RunState, machine: MachineFacts): string | null {
  const running = [...state.intents.values()].flatMap(({ step }) =>
    step.kind === 'run-gates' ? [step.subject.kind] : [],
  );
  const ofTasks = running.filter((kind) => kind === 'task').length;
  const most = gateSlots(machine);
  const left = Math.max(1, most - (running.length - ofTasks));
  return ofTasks >= left ? null : freeSlot(state, 'task', most);
}

/** True while another run of gates holds a lock that these gates need. */
export function lockTaken(state: RunState, subject: GateSubject): boolean {
  const wanted = new Set(gatesAt(state, subject).flatMap((gate) => (gate.lock === null ? [] : [gate.lock])));
  if (wanted.size === 0) return false;
  return [...state.intents.values()].some(
    ({ step }) =>
      step.kind === 'run-gates' &&
      gatesAt(state, step.subject).some((gate) => gate.lock !== null && wanted.has(gate.lock)),
  );
}
