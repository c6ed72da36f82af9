/** Which tasks get a worktree or an agent now, and why the others do not. */
import { resolversAtWork } from './conflicts.ts';
import { besideHold, machineHold, parallelLimit, usesSlot } from './limits.ts';
import { needsState, wantedTasks } from './needs.ts';
import { urgency } from './order.ts';
import { overlapRule, unlandedHold } from './overlap-rule.ts';
import type { Decided, Decision, Policy, Snapshot } from './snapshot.ts';
import type { AbsolutePath, AttemptId, BranchName } from '../ids.ts';
import type { RunState, TaskState } from '../run/state.ts';
import { targetTaking } from './take-target.ts';
import { taskIntent } from './tasks.ts';

/** How soon a full machine is looked at again. */
const MACHINE_RECHECK_MS = 2_000;

export function decideStarts(snapshot: Snapshot, policy: Policy): Decided {
  const { state } = snapshot;
  if (state.life.kind !== 'running' || snapshot.isDraining) return { decisions: [], wakeAtMs: null };
  const wanted = wantedTasks(state);
  const candidates = [...state.tasks.values()]
    .filter((task) => wanted.has(task.task.id) && isStartable(task, snapshot))
    .toSorted(urgency(state));
  if (candidates.length === 0) return { decisions: [], wakeAtMs: null };
  const full = machineHold(state.plan.limits, snapshot.machine);
  const most = parallelLimit(state, snapshot.machine);
  const running = [...state.tasks.values()].filter((task) => usesSlot(task, state));
  const overlap = overlapRule(state);
  const decisions: Decision[] = [];
  for (const task of candidates) {
    const others = running.filter((other) => other !== task);
    const hold =
      full ??
      (others.length + resolversAtWork(state) >= most ? `${most} of ${most} slots are in use` : null) ??
      besideHold(task.task, others, state.plan.limits, task.agent, overlap) ??
      unlandedHold(task, state, overlap);
    if (hold === null) {
      decisions.push(startOf(task, state, policy));
      if (!running.includes(task)) running.push(task);
    } else if (hold !== task.hold) {
      decisions.push({ kind: 'record', event: { kind: 'task.held', task: task.task.id, why: hold } });
    }
  }
  return { decisions, wakeAtMs: full === null ? null : snapshot.nowMs + MACHINE_RECHECK_MS };
}

/** Needs met, nothing under way, not waiting for a moment in the future. */
function isStartable(task: TaskState, snapshot: Snapshot): boolean {
  if (task.stopRequested !== null || task.skipRequested !== null) return false;
  if (taskIntent(task.task.id, snapshot.state) !== null) return false;
  if (task.trouble !== null && task.trouble.notBeforeMs > snapshot.nowMs) return false;
  switch (task.progress.kind) {
    case 'waiting':
      return task.task.mode === 'agent' && needsState(task, snapshot.state).kind === 'met';
    case 'prepared':
      return !snapshot.state.options.prepareOnly;
    case 'backing-off':
    case 'updating':
      return task.progress.notBeforeMs <= snapshot.nowMs;
    default:
      return false;
  }
}

function startOf(task: TaskState, state: RunState, policy: Policy): Decision {
  const id = task.task.id;
  if (task.workspace === null) {
    const place = policy.place(state, task);
    return {
      kind: 'act',
      step: {
        kind: 'prepare-workspace',
        task: id,
        branch: place.branch as BranchName,
        path: place.path as AbsolutePath,
        base: task.head ?? state.queue.tip,
      },
      because: task.task.needs.length === 0 ? 'nothing else is needed' : 'everything it needs is there',
    };
  }
  if (task.progress.kind === 'updating') {
    return {
      kind: 'act',
      step: { kind: 'update-workspace', task: id, onto: task.progress.onto },
      because: 'the agent has to see what its work clashed with',
    };
  }
  const taking = targetTaking(task, state);
  if (taking !== null) {
    const { onto, because } = taking;
    return { kind: 'act', step: { kind: 'update-workspace', task: id, onto }, because };
  }
  const attempt = `${id}.${task.attempts.length + 1}` as AttemptId;
  const first = task.attempts.length === 0;
  return {
    kind: 'act',
    step: { kind: 'start-attempt', task: id, wave: task.wave, attempt, agent: task.agent },
    because: first
      ? 'its worktree is ready'
      : task.feedback === null
        ? `wave ${task.wave} is next`
        : task.feedback.summary,
  };
}
