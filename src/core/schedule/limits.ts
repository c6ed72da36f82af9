/** What the machine and the plan allow to run at once, each refusal as a readable reason. */
import type { Limits, Task } from '../plan/model.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { Step } from '../run/steps.ts';
import type { MachineFacts } from './snapshot.ts';

/** Attempts at once: the command line's word, the plan's, else one per processor, 2 to 8. */
export function parallelLimit(state: RunState, machine: MachineFacts): number {
  return state.options.parallel ?? state.plan.limits.parallel ?? Math.min(8, Math.max(2, machine.cpuCount));
}

/** Checkouts for task gates at once; gates are heavy, agents mostly wait. */
export function gateSlots(machine: MachineFacts): number {
  return Math.max(1, Math.floor(machine.cpuCount / 2));
}

/**
 * True while the task's agent runs or is being started: it uses up one of the parallel slots. A task that could go on
 * but was not chosen uses none, or two of them would wait for each other for ever.
 */
export function usesSlot(task: TaskState, state: RunState): boolean {
  if (task.progress.kind === 'working') return true;
  return [...state.intents.values()].some(
    ({ step }) => STARTING.has(step.kind) && 'task' in step && step.task === task.task.id,
  );
}

const STARTING: ReadonlySet<Step['kind']> = new Set([
  'prepare-workspace',
  'start-attempt',
  'update-workspace',
]);

/** Why nothing new may start on this machine now; null when it may. */
export function machineHold(limits: Limits, machine: MachineFacts): string | null {
  if (limits.diskFreeBytes !== null && machine.diskFreeBytes < limits.diskFreeBytes) {
    return `disk: ${gigabytes(machine.diskFreeBytes)} free, needs ${gigabytes(limits.diskFreeBytes)} (limits.disk_free)`;
  }
  const memoryUsed = 1 - machine.memoryAvailableBytes / machine.memoryTotalBytes;
  if (limits.memory !== null && memoryUsed > limits.memory) {
    return `memory: ${percent(memoryUsed)} used, at most ${percent(limits.memory)} (limits.memory)`;
  }
  if (limits.cpu !== null && machine.cpuBusy > limits.cpu) {
    return `cpu: ${percent(machine.cpuBusy)} busy, at most ${percent(limits.cpu)} (limits.cpu)`;
  }
  return null;
}

/** Why `task` may not run beside the ones in `running`; null when it may. */
export function besideHold(
  task: Task,
  running: readonly TaskState[],
  limits: Limits,
  agent: string,
  overlap: (a: Task, b: Task) => string | null,
): string | null {
  for (const other of running) {
    if (other.task.exclusive) return `${other.task.id} runs alone (exclusive)`;
    if (task.exclusive) return `runs alone and ${other.task.id} is running`;
    const lock = task.locks.find((name) => other.task.locks.includes(name));
    if (lock !== undefined) return `lock ${lock} is held by ${other.task.id}`;
    const clash = overlap(task, other.task);
    if (clash !== null) return `overlaps ${other.task.id}: ${clash}`;
  }
  const most = limits.agents[agent];
  if (most !== undefined && running.filter((other) => other.agent === agent).length >= most) {
    return `${most} of ${most} ${agent} agents are running (limits.agents)`;
  }
  return null;
}

function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
