/** Which tasks get a worktree or an agent now, and why the others do not. */
import { resolversAtWork } from './conflicts.ts';
import { accountOf, freeAgent } from '../agents/accounts.ts';
import { budgetHold } from './budget.ts';
import { newestMessage, waitingClause, waitingMessages } from '../inbox/messages.ts';
import { besideHold, machineHold, parallelLimit, usesSlot } from './limits.ts';
import { needsState, wantedTasks } from './needs.ts';
import { urgency } from './order.ts';
import { reviewersAtWork } from './reviews.ts';
import { overlapRule, unlandedHold } from './overlap-rule.ts';
import type { Decided, Decision, Policy, Snapshot } from './snapshot.ts';
import type { AbsolutePath, AttemptId, BranchName } from '../ids.ts';
import type { RunState, TaskState } from '../run/state.ts';
import { targetTaking } from './take-target.ts';
import { taskIntent } from './tasks.ts';
import { earliest } from './wake.ts';

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
  let wakeAtMs = full === null ? null : snapshot.nowMs + MACHINE_RECHECK_MS;
  for (const task of candidates) {
    const free = freeAgent(task, state, snapshot.nowMs);
    if (free.kind === 'agent' && isInDoubt(accountOfName(state, free.agent), state)) continue;
    if (free.kind === 'held') wakeAtMs = earliest(wakeAtMs, free.wakeAtMs);
    const budget = budgetHold(task, snapshot);
    const agent = free.kind === 'agent' ? free.agent : task.agent;
    const others = running.filter((other) => other !== task);
    const hold =
      full ??
      budget ??
      (free.kind === 'held' ? free.why : null) ??
      (others.length + resolversAtWork(state) + reviewersAtWork(state) >= most
        ? `${most} of ${most} slots are in use`
        : null) ??
      besideHold(task.task, others, state.plan.limits, agent, overlap) ??
      unlandedHold(task, state, overlap);
    if (hold === null) {
      decisions.push(startOf({ task, agent }, state, policy));
      if (!running.includes(task)) running.push(task);
    } else if (hold !== task.hold) {
      decisions.push({ kind: 'record', event: { kind: 'task.held', task: task.task.id, why: hold } });
    }
  }
  return { decisions, wakeAtMs };
}

/** An attempt on the account ended badly, and whether the account is to blame is just being looked at. */
function isInDoubt(account: string, state: RunState): boolean {
  return [...state.tasks.values()].some(({ progress }) => {
    if (progress.kind !== 'collecting' && progress.kind !== 'judging' && progress.kind !== 'judged')
      return false;
    const attempt = state.attempts.get(progress.attempt);
    if (attempt === undefined || accountOfName(state, attempt.agent) !== account) return false;
    return attempt.exit?.cause !== 'exited' || attempt.exit.code !== 0;
  });
}

function accountOfName(state: RunState, agent: string): string {
  const spec = state.plan.agents[agent];
  return spec === undefined ? agent : accountOf(spec);
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

function startOf(
  { task, agent }: { readonly task: TaskState; readonly agent: string },
  state: RunState,
  policy: Policy,
): Decision {
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
  const messages = newestMessage(state, id);
  const waiting = waitingMessages(state, id);
  const first = task.attempts.length === 0;
  return {
    kind: 'act',
    step: {
      kind: 'start-attempt',
      task: id,
      wave: task.wave,
      attempt,
      agent,
      ...(messages === 0 ? {} : { messages }),
    },
    because: first
      ? 'its worktree is ready'
      : waiting.length > 0
        ? waitingClause(waiting)
        : task.feedback === null
          ? `wave ${task.wave} is next`
          : task.feedback.summary,
  };
}
