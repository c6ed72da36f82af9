/** The `data` of `copse.cost/1`: what a run used, by task, agent and attempt, and what of it was thrown away. */
import { type CountedTurn, type Spending, spendingOf } from '../core/agents/spending.ts';
import type { SideTurn } from '../core/agents/turns.ts';
import type { AttemptState, RunState, TaskState } from '../core/run/state.ts';
import { type UsageView, usageOf } from './usage-view.ts';

/** implement: towards the first commit of a wave · fix: after a red gate, an ejection or findings · review, resolve: beside the attempts. */
export type CostPhase = 'implement' | 'fix' | 'review' | 'resolve';

export interface CostRow extends UsageView {
  readonly attempts: number;
  /** Attempts, and turns of reviewers and of resolvers of conflicts. */
  readonly turns: number;
  readonly duration_ms: number;
}

export interface CostView {
  readonly run: string;
  readonly total: CostRow;
  readonly by_task: readonly (CostRow & { readonly task: string })[];
  readonly by_agent: readonly (CostRow & { readonly agent: string })[];
  /** Phases in which anything was used, in the order of the work. */
  readonly by_phase: readonly (CostRow & { readonly phase: CostPhase })[];
  /** In the order in which they began. */
  readonly by_attempt: readonly (CostRow & {
    readonly attempt: string;
    readonly task: string;
    readonly wave: number;
    readonly agent: string;
    readonly phase: CostPhase;
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
  const beside = state.sideTurns;
  const all: readonly Turn[] = [...attempts, ...beside];
  const wasted = attempts.filter((attempt) => isThrownAway(attempt, state));
  return {
    run: state.id,
    total: row(all),
    by_task: [...state.tasks.values()]
      .filter((task) => task.attempts.length > 0)
      .map((task) => ({ task: task.task.id, ...row(all.filter((one) => one.task === task.task.id)) })),
    by_agent: [...new Set(all.map((one) => one.agent))].map((agent) => ({
      agent,
      ...row(all.filter((one) => one.agent === agent)),
    })),
    by_phase: PHASES.flatMap((phase) => {
      const own = all.filter((one) => phaseOf(one, state) === phase);
      return own.length === 0 ? [] : [{ phase, ...row(own) }];
    }),
    by_attempt: attempts.map((attempt) => ({
      attempt: attempt.id,
      task: attempt.task,
      wave: attempt.wave,
      agent: attempt.agent,
      phase: phaseOf(attempt, state),
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

type Turn = CountedTurn & (AttemptState | SideTurn);

const PHASES = ['implement', 'fix', 'review', 'resolve'] as const;

/** An attempt puts something right once an earlier one of the wave had committed. */
function phaseOf(turn: Turn, state: RunState): CostPhase {
  if (!('id' in turn)) return turn.phase;
  const before = state.tasks.get(turn.task)?.attempts ?? [];
  const isFix = before.slice(0, before.indexOf(turn.id)).some((id) => {
    const earlier = state.attempts.get(id);
    return earlier?.wave === turn.wave && earlier.verdict === 'committed';
  });
  return isFix ? 'fix' : 'implement';
}

function row(turns: readonly Turn[]): CostRow {
  const spending: Spending = spendingOf(turns);
  const attempts = turns.filter((turn) => 'id' in turn).length;
  return { attempts, turns: turns.length, ...usageOf(spending), duration_ms: Math.round(spending.timeMs) };
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
