/**
 * The `data` of `copse.status/1`: what `status --json` prints, `/api/status` serves and the screens draw. A field that
 * is absent does not apply; null means that nobody knows. Times are RFC 3339, in UTC. Texts may come from outside.
 */
import type { Condition } from '../core/agents/condition.ts';
import { STATUSES } from './vocabulary.ts';
import type { Evidence, Status } from './vocabulary.ts';
import { present } from './present.ts';
import { overlapViews } from './overlap-view.ts';
import type { OverlapView } from './overlap-view.ts';
import { type BudgetView, budgetView } from './cost-view.ts';
import { queueView } from './queue-view.ts';
import type { QueueView } from './queue-view.ts';
import { type UsageView, usageView } from './usage-view.ts';
import { type ReviewView, reviewView } from './review-view.ts';
import { timeOf } from './words.ts';
import { attemptsOf, besideOf } from './attempts.ts';
import type { GateResult } from '../core/gates/model.ts';
import type { Need } from '../core/plan/model.ts';
import type { RunState, TaskState } from '../core/run/state.ts';

export interface StatusView {
  readonly run: RunView;
  readonly tasks: readonly TaskView[];
  readonly queue: QueueView;
  /** Work that does not merge as it is now, oldest first. */
  readonly overlaps: readonly OverlapView[];
  readonly counts: CountsView;
  /** Absent once the run has finished. */
  readonly eta?: { readonly p50_at: string | null; readonly p80_at: string | null };
}

export interface RunView {
  readonly id: string;
  readonly mode: 'plan' | 'merge';
  readonly name: string;
  readonly goal?: string;
  /** `interrupted`: not finished, and no process leads it. */
  readonly state: 'running' | 'paused' | 'interrupted' | 'finished';
  /** Why it is paused. */
  readonly reason?: string;
  readonly outcome?: string;
  readonly target: { readonly branch: string; readonly commit: string };
  readonly base: string;
  readonly started_at: string;
  readonly updated_at: string;
  readonly finished_at?: string;
  /** null: decided by the machine. */
  readonly parallel: number | null;
  readonly merges: boolean;
  readonly end_gates: 'pending' | 'green' | 'red';
  /** Absent while no attempt told what it used. */
  readonly usage?: UsageView;
  readonly budget?: BudgetView;
  /** Accounts on which nothing is started now. */
  readonly accounts?: readonly AccountView[];
}

export interface AccountView {
  readonly account: string;
  readonly cause: 'rate_limit' | 'auth';
  /** Absent: until a person has seen to it. */
  readonly until?: string;
  readonly reason: string;
}

export interface TaskView {
  readonly id: string;
  readonly title: string;
  readonly phase?: string;
  readonly status: Status;
  readonly since: string;
  readonly reason: string;
  readonly evidence: Evidence;
  /** What its agent is doing at this moment, looked at for this answer; absent: nobody looked. */
  readonly condition?: Condition;
  /** Number of the newest attempt, from 1. */
  readonly attempt?: number;
  readonly wave: number;
  readonly waves: number;
  readonly branch?: string;
  readonly worktree?: string;
  readonly agent: string;
  readonly priority: number;
  readonly estimate_minutes: number;
  readonly needs?: readonly NeedView[];
  /** null: the agent does not report it. */
  readonly usage?: UsageView | null;
  readonly gates: readonly GateView[];
  readonly review?: ReviewView;
  readonly changed?: {
    readonly files: number;
    readonly insertions: number;
    readonly deletions: number;
    readonly out_of_scope: readonly string[];
  };
  readonly head?: string;
  readonly landed_commit?: string | null;
  /** Refs of the control repository that keep work which is not on the branch. */
  readonly salvage?: readonly string[];
  readonly violations?: readonly string[];
  readonly worktree_kept?: string;
}

export interface NeedView {
  readonly task: string;
  readonly wave?: number;
  readonly when: Need['when'];
}

export interface GateView {
  readonly name: string;
  readonly verdict: 'pass' | 'warn' | 'fail';
  readonly reason: string;
  readonly tree: string;
  readonly flaky: boolean;
  readonly duration_ms: number;
  readonly metrics: readonly {
    readonly name: string;
    readonly status: 'pass' | 'warn' | 'fail';
    readonly value: number | null;
    readonly baseline?: number;
    readonly detail: string;
  }[];
  /** Relative to the state folder. */
  readonly log?: string;
}

/** Tasks per status; each status is there, also with 0. */
export type CountsView = Readonly<Record<Status | 'total', number>>;

/** What the state of a run does not hold. */
export interface StatusContext {
  readonly nowMs: number;
  /** Whether a process leads the repository now; null when that was not looked up. */
  readonly isLed: boolean | null;
  /** null when no estimate can be given. */
  readonly eta: { readonly p50AtMs: number; readonly p80AtMs: number } | null;
}

/** Tasks come in the order of the plan. */
export function statusView(state: RunState, context: StatusContext): StatusView {
  const tasks = [...state.tasks.values()].map((task) => taskView(task, state, context));
  return {
    run: runView(state, context),
    tasks,
    queue: queueView(state),
    overlaps: overlapViews(state),
    counts: countsOf(tasks),
    ...(state.life.kind === 'finished' ? {} : { eta: etaOf(context) }),
  };
}

function runView(state: RunState, context: StatusContext): RunView {
  const { life } = state;
  const isInterrupted = life.kind !== 'finished' && context.isLed === false;
  return {
    id: state.id,
    mode: state.mode,
    name: state.plan.name,
    ...(state.plan.goal === null ? {} : { goal: state.plan.goal }),
    state: isInterrupted ? 'interrupted' : life.kind,
    ...(life.kind === 'paused' ? { reason: life.why } : {}),
    ...(life.kind === 'finished' ? { outcome: life.outcome, finished_at: timeOf(life.atMs) } : {}),
    target: { branch: state.target, commit: state.queue.tip },
    base: state.base,
    started_at: timeOf(state.startedAtMs),
    updated_at: timeOf(state.lastAtMs),
    parallel: state.options.parallel ?? state.plan.limits.parallel,
    merges: !state.options.noMerge,
    end_gates: state.endGates,
    ...spendingFields(state, context),
  };
}

function spendingFields(state: RunState, { nowMs }: StatusContext): Partial<RunView> {
  const usage = usageView([...state.attempts.values(), ...state.sideTurns]);
  const budget = budgetView(state, '', state.plan.budget);
  const accounts = [...state.accounts].flatMap(([account, parked]): readonly AccountView[] => {
    const { because, untilMs, why } = parked;
    if (untilMs !== null && untilMs <= nowMs) return [];
    return [
      { account, cause: because, ...(untilMs === null ? {} : { until: timeOf(untilMs) }), reason: why },
    ];
  });
  return {
    ...(usage === null ? {} : { usage }),
    ...(budget === null ? {} : { budget }),
    ...(accounts.length === 0 ? {} : { accounts }),
  };
}

/** One task; also what `status ID` shows. */
export function taskView(task: TaskState, state: RunState, context: StatusContext): TaskView {
  const shown = present(task, state, context.nowMs);
  const isUnwatched = context.isLed === false && shown.zone === 'working' && state.life.kind !== 'finished';
  const { workspace } = task;
  return {
    id: task.task.id,
    title: task.task.title,
    status: shown.status,
    since: timeOf(shown.since),
    reason: shown.reason,
    // Nobody has watched the process since the leader went: that it still works is the last thing known, not a fact.
    evidence: isUnwatched ? 'inferred' : shown.evidence,
    ...(task.attempts.length === 0
      ? {}
      : {
          attempt: task.attempts.length,
          usage: usageView([...attemptsOf(task, state), ...besideOf(task, state)]),
        }),
    wave: task.wave,
    waves: task.task.waves.length,
    ...(workspace === null ? {} : { branch: workspace.branch, worktree: workspace.path }),
    agent: task.agent,
    priority: task.task.priority,
    estimate_minutes: task.task.estimate.likelyMinutes,
    ...(task.task.needs.length === 0 ? {} : { needs: task.task.needs.map(needView) }),
    gates: task.gates.map(gateView),
    ...reviewOf(task),
    ...changedOf(task, state),
    ...(task.head === null ? {} : { head: task.head }),
    ...(task.progress.kind === 'landed' ? { landed_commit: task.landedCommit } : {}),
    ...(task.salvage.length === 0 ? {} : { salvage: task.salvage }),
    ...(task.violations.length === 0 ? {} : { violations: task.violations }),
    ...(task.workspaceKept === null ? {} : { worktree_kept: task.workspaceKept }),
  };
}

function reviewOf(task: TaskState): Pick<TaskView, 'review'> {
  const review = reviewView(task);
  return review === null ? {} : { review };
}

function needView(need: Need): NeedView {
  return { task: need.task, ...(need.wave === null ? {} : { wave: need.wave }), when: need.when };
}

export function gateView(gate: GateResult): GateView {
  return {
    name: gate.gate,
    verdict: gate.verdict,
    reason: gate.reason,
    tree: gate.tree,
    flaky: gate.flaky,
    duration_ms: Math.round(gate.durationMs),
    metrics: gate.metrics.map(({ name, status, value, baseline, detail }) => ({
      name,
      status,
      value,
      ...(baseline === null ? {} : { baseline }),
      detail,
    })),
    ...(gate.logPath === null ? {} : { log: gate.logPath }),
  };
}

function changedOf(task: TaskState, state: RunState): Pick<TaskView, 'changed'> {
  const facts = attemptsOf(task, state).findLast((attempt) => attempt.facts !== null)?.facts ?? null;
  if (facts === null) return {};
  const { changedCount, insertions, deletions, outOfScope } = facts;
  return { changed: { files: changedCount, insertions, deletions, out_of_scope: outOfScope } };
}

function countsOf(tasks: readonly TaskView[]): CountsView {
  const zeros = STATUSES.map((status) => [status, 0] as const);
  const counts: Record<string, number> = { total: tasks.length, ...Object.fromEntries(zeros) };
  for (const { status } of tasks) counts[status] = (counts[status] ?? 0) + 1;
  return counts as CountsView;
}

function etaOf({ eta }: StatusContext): { p50_at: string | null; p80_at: string | null } {
  return eta === null
    ? { p50_at: null, p80_at: null }
    : { p50_at: timeOf(eta.p50AtMs), p80_at: timeOf(eta.p80AtMs) };
}
