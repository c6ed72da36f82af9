/** The `data` of `copse.cost/1`: what a run used, by task, agent and attempt, and what of it was thrown away. */
import { type Spending, spendingOf } from '../core/agents/spending.ts';
import type { AttemptState, RunState, TaskState } from '../core/run/state.ts';
import { type UsageView, usageOf } from './usage-view.ts';

export interface CostRow extends UsageView {
  readonly attempts: number;
  readonly duration_ms: number;
}

export interface CostView {
  readonly run: string;
  readonly total: CostRow;
  readonly by_task: readonly (CostRow & { readonly task: string })[];
  readonly by_agent: readonly (CostRow & { readonly agent: string })[];
  /** In the order in which they began. */
  readonly by_attempt: readonly (CostRow & {
    readonly attempt: string;
    readonly task: string;
    readonly wave: number;
    readonly agent: string;
    /** Absent while it runs. */
    readonly verdict?: string;
    readonly session?: string;
    readonly thrown_away: boolean;
  })[];
  /** Attempts whose work is on no branch that landed or still may. */
  readonly thrown_away: CostRow;
  readonly budget?: BudgetView;
  readonly task_budgets?: readonly (BudgetView & { readonly task: string })[];
}

export interface BudgetView {
  readonly usd?: number;
  readonly tokens?: number;
  readonly time_ms?: number;
  readonly on_exceed: 'pause' | 'stop' | 'warn';
  readonly exceeded: boolean;
  /** How often a person granted the same amount again. */
  readonly grants: number;
}

export function costView(state: RunState): CostView {
  const attempts = [...state.attempts.values()];
  const wasted = attempts.filter((attempt) => isThrownAway(attempt, state));
  return {
    run: state.id,
    total: row(attempts),
    by_task: [...state.tasks.values()]
      .filter((task) => task.attempts.length > 0)
      .map((task) => ({ task: task.task.id, ...row(of(attempts, (one) => one.task === task.task.id)) })),
    by_agent: [...new Set(attempts.map((one) => one.agent))].map((agent) => ({
      agent,
      ...row(of(attempts, (one) => one.agent === agent)),
    })),
    by_attempt: attempts.map((attempt) => ({
      attempt: attempt.id,
      task: attempt.task,
      wave: attempt.wave,
      agent: attempt.agent,
      ...(attempt.verdict === null ? {} : { verdict: attempt.verdict }),
      ...sessionOf(attempt),
      thrown_away: wasted.includes(attempt),
      ...row([attempt]),
    })),
    thrown_away: row(wasted),
    ...budgetsOf(state),
  };
}

const LOST: ReadonlySet<TaskState['progress']['kind']> = new Set(['failed', 'stopped', 'skipped']);

/** Its task ended without landing, or it added nothing and no later attempt went on with its conversation. */
function isThrownAway(attempt: AttemptState, state: RunState): boolean {
  const task = state.tasks.get(attempt.task);
  if (task === undefined || attempt.facts === null) return false;
  if (LOST.has(task.progress.kind)) return true;
  if (attempt.facts.newCommits > 0 || attempt.facts.committedOnBehalf !== null) return false;
  const session = attempt.facts.stream?.session ?? null;
  const later = task.attempts.slice(task.attempts.indexOf(attempt.id) + 1);
  return session === null || !later.some((id) => state.attempts.get(id)?.session === session);
}

function of(
  attempts: readonly AttemptState[],
  isWanted: (attempt: AttemptState) => boolean,
): readonly AttemptState[] {
  return attempts.filter(isWanted);
}

function row(attempts: readonly AttemptState[]): CostRow {
  const spending: Spending = spendingOf(attempts);
  return { attempts: spending.attempts, ...usageOf(spending), duration_ms: Math.round(spending.timeMs) };
}

function sessionOf(attempt: AttemptState): { readonly session?: string } {
  const session = attempt.facts?.stream?.session ?? attempt.session;
  return session === null ? {} : { session };
}

function budgetsOf(state: RunState): Pick<CostView, 'budget' | 'task_budgets'> {
  const run = budgetView(state, '', state.plan.budget);
  const tasks = [...state.tasks.values()].flatMap(({ task }) => {
    const view = budgetView(state, task.id, task.budget);
    return view === null ? [] : [{ task: task.id, ...view }];
  });
  return { ...(run === null ? {} : { budget: run }), ...(tasks.length === 0 ? {} : { task_budgets: tasks }) };
}

export function budgetView(
  state: RunState,
  key: string,
  budget: RunState['plan']['budget'],
): BudgetView | null {
  if (budget === null) return null;
  const passed = state.budgets.get(key);
  return {
    ...(budget.usd === null ? {} : { usd: budget.usd }),
    ...(budget.tokens === null ? {} : { tokens: budget.tokens }),
    ...(budget.timeMs === null ? {} : { time_ms: budget.timeMs }),
    on_exceed: budget.onExceed,
    exceeded: passed?.isOpen ?? false,
    grants: passed?.grants ?? 0,
  };
}
