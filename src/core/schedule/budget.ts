/**
 * Budgets in money, tokens and time, of a task and of the run. What an attempt used is known when it ends, so a budget stops
 * what comes next: never more is used than the budget and the turns that were under way. Near the end of a budget turns
 * are started only as far as the largest one seen so far fits in, so that then it is one turn beyond at most.
 */
import { assertNever } from '../../kit/assert.ts';
import { type LedgerTurn, ledgerTurns, type Spending, spendingOf, tokensSpent } from '../agents/spending.ts';
import type { Budget } from '../plan/model.ts';
import type { BudgetMeasure } from '../run/events.ts';
import { RUN_BUDGET } from '../run/reduce-limit.ts';
import type { RunState, TaskState } from '../run/state.ts';
import type { Decided, Decision, Fact, Snapshot } from './snapshot.ts';
import { earliest } from './wake.ts';

const MEASURES: readonly BudgetMeasure[] = ['usd', 'tokens', 'time'];

/** How the word of who stopped a task begins when a budget did. */
export const BY_BUDGET = 'budget: ';

interface Ledger {
  /** null: of the run. */
  readonly task: TaskState | null;
  readonly budget: Budget;
  readonly turns: readonly LedgerTurn[];
}

/** Records each budget that was passed, and what follows from it. */
export function decideBudgets(snapshot: Snapshot): Decided {
  const decisions: Decision[] = [];
  let wakeAtMs: number | null = null;
  for (const ledger of ledgersOf(snapshot.state)) {
    const passed = passedMeasure(ledger, snapshot);
    if (passed !== null) decisions.push(...consequences(ledger, passed, snapshot.state));
    else wakeAtMs = earliest(wakeAtMs, timeRunsOutAt(ledger, snapshot.state));
  }
  return { decisions, wakeAtMs };
}

/** Why no attempt of the task may start for the sake of a budget; null when it may. */
export function budgetHold(task: TaskState, snapshot: Snapshot): string | null {
  const passed = runHold(snapshot.state);
  if (passed !== null) return passed;
  for (const ledger of ledgersOf(snapshot.state)) {
    if (ledger.task !== null && ledger.task !== task) continue;
    if (ledger.budget.onExceed === 'warn') continue;
    const full = reservedMeasure(ledger, snapshot);
    if (full !== null) return `budget: turns under way may use up the ${full} that are left`;
  }
  return null;
}

function ledgersOf(state: RunState): readonly Ledger[] {
  const own = [...state.tasks.values()].flatMap((task) =>
    task.task.budget === null
      ? []
      : [{ task, budget: task.task.budget, turns: ledgerTurns(state, task.task.id) }],
  );
  const { budget } = state.plan;
  return budget === null ? own : [{ task: null, budget, turns: ledgerTurns(state, null) }, ...own];
}

function keyOf(ledger: Ledger): string {
  return ledger.task?.task.id ?? RUN_BUDGET;
}

/** The amount, as often as it was granted. */
function limitOf(ledger: Ledger, what: BudgetMeasure, state: RunState): number | null {
  const { usd, tokens, timeMs } = ledger.budget;
  const amount = what === 'usd' ? usd : what === 'tokens' ? tokens : timeMs;
  return amount === null ? null : amount * (1 + (state.budgets.get(keyOf(ledger))?.grants ?? 0));
}

function spentOn(
  ledger: Ledger,
  what: BudgetMeasure,
  { state, nowMs }: Snapshot,
  spending: Spending,
): number {
  switch (what) {
    case 'usd':
      return spending.usd ?? 0;
    case 'tokens':
      return tokensSpent(spending);
    case 'time':
      return ledger.task === null
        ? nowMs - state.startedAtMs
        : spending.timeMs + runningMs(ledger.turns, nowMs);
    default:
      return assertNever(what);
  }
}

function runningMs(turns: readonly LedgerTurn[], nowMs: number): number {
  return turns.reduce((sum, { exit, startedAtMs }) => sum + (exit === null ? nowMs - startedAtMs : 0), 0);
}

interface Passed {
  readonly what: BudgetMeasure;
  readonly spent: number;
  readonly limit: number;
}

/** null while nothing was passed, and once it was recorded. */
function passedMeasure(ledger: Ledger, snapshot: Snapshot): Passed | null {
  const { state } = snapshot;
  if (state.budgets.get(keyOf(ledger))?.isOpen === true || isOver(ledger, state)) return null;
  const spending = spendingOf(ledger.turns);
  for (const what of MEASURES) {
    const limit = limitOf(ledger, what, state);
    const spent = spentOn(ledger, what, snapshot, spending);
    if (limit !== null && spent >= limit) return { what, spent, limit };
  }
  return null;
}

/** Nothing more can be spent. */
function isOver({ task }: Ledger, state: RunState): boolean {
  if (task === null) return state.life.kind !== 'running' || [...state.tasks.values()].every(isSettled);
  return isSettled(task);
}

const SETTLED: ReadonlySet<TaskState['progress']['kind']> = new Set([
  'queued',
  'needs-person',
  'awaiting-approval',
  'verified',
  'landed',
  'failed',
  'stopped',
  'skipped',
]);

function isSettled(task: TaskState): boolean {
  return SETTLED.has(task.progress.kind);
}

/** What the turns under way may use up if each is as large as the largest one so far. */
function reservedMeasure(ledger: Ledger, snapshot: Snapshot): string | null {
  const underWay =
    ledger.turns.filter((turn) => !turn.isCounted).length + startsUnderWay(ledger, snapshot.state);
  if (underWay === 0) return null;
  const spending = spendingOf(ledger.turns);
  for (const what of ['usd', 'tokens'] as const) {
    const limit = limitOf(ledger, what, snapshot.state);
    if (limit === null) continue;
    const largest = Math.max(
      0,
      ...ledger.turns.map((one) => spentOn(ledger, what, snapshot, spendingOf([one]))),
    );
    if (spentOn(ledger, what, snapshot, spending) + underWay * largest >= limit) return what;
  }
  return null;
}

function startsUnderWay({ task }: Ledger, state: RunState): number {
  return [...state.intents.values()].filter(
    ({ step }) => step.kind === 'start-attempt' && (task === null || step.task === task.task.id),
  ).length;
}

/** When time alone passes it; null when that cannot happen now. */
function timeRunsOutAt(ledger: Ledger, state: RunState): number | null {
  const limit = limitOf(ledger, 'time', state);
  if (limit === null || state.budgets.get(keyOf(ledger))?.isOpen === true || isOver(ledger, state))
    return null;
  if (ledger.task === null) return state.startedAtMs + limit;
  const running = ledger.turns.find((turn) => turn.exit === null);
  return running === undefined ? null : running.startedAtMs + limit - spendingOf(ledger.turns).timeMs;
}

function consequences(ledger: Ledger, passed: Passed, state: RunState): readonly Decision[] {
  const action = ledger.budget.onExceed;
  const task = ledger.task?.task.id ?? null;
  const facts: Fact[] = [{ kind: 'budget.exceeded', task, ...passed, action }];
  const why = `${BY_BUDGET}${amountOf(passed.what, passed.spent)} of ${amountOf(passed.what, passed.limit)} spent`;
  if (action !== 'warn')
    facts.push(...(ledger.task === null ? onRun(action, why, state) : onTask(action, why, ledger.task)));
  return facts.map((event) => ({ kind: 'record', event }));
}

/** stop: what runs is ended too. With pause nothing new starts, see `budgetHold`, and `pausedByBudget` once all is quiet. */
function onRun(action: 'pause' | 'stop', why: string, state: RunState): readonly Fact[] {
  if (action === 'pause') return [];
  return [...state.tasks.values()]
    .filter((task) => !isSettled(task))
    .map((task) => ({ kind: 'task.stop_requested', task: task.task.id, by: why }));
}

/** Nothing is left to do but what the budget of the run does not allow; null when that is not so. */
export function pausedByBudget(state: RunState): Fact | null {
  const why = runHold(state);
  const isWanted = [...state.tasks.values()].some((task) => task.hold !== null && task.hold === why);
  return why === null || !isWanted ? null : { kind: 'run.paused', by: 'budget', why };
}

function runHold(state: RunState): string | null {
  const passed = state.budgets.get(RUN_BUDGET);
  if (passed === undefined || !passed.isOpen || passed.action !== 'pause') return null;
  return `${BY_BUDGET}${amountOf(passed.what, passed.spent)} of ${amountOf(passed.what, passed.limit)} spent`;
}

/** What it has committed already is still judged. */
function onTask(action: 'pause' | 'stop', why: string, task: TaskState): readonly Fact[] {
  const id = task.task.id;
  if (task.progress.kind === 'working')
    return action === 'stop' ? [{ kind: 'task.stop_requested', task: id, by: why }] : [];
  if (!MAY_START.has(task.progress.kind)) return [];
  return [endOf(action, why, task)];
}

const MAY_START: ReadonlySet<TaskState['progress']['kind']> = new Set([
  'waiting',
  'prepared',
  'backing-off',
  'updating',
  'judged',
]);

/** Once its work so far was judged: a task whose budget was passed while its turn ran starts no other. */
export function passedTaskBudget(task: TaskState, state: RunState): Fact | null {
  return MAY_START.has(task.progress.kind) ? budgetEnd(task, state) : null;
}

/** What a passed budget of the task means now that another turn at it would begin; null when one may. */
export function budgetEnd(task: TaskState, state: RunState): Fact | null {
  const passed = state.budgets.get(task.task.id);
  if (passed === undefined || !passed.isOpen || passed.action === 'warn') return null;
  const why = `${BY_BUDGET}${amountOf(passed.what, passed.spent)} of ${amountOf(passed.what, passed.limit)} spent`;
  return endOf(passed.action, why, task);
}

function endOf(action: 'pause' | 'stop', why: string, task: TaskState): Fact {
  const id = task.task.id;
  if (action === 'pause')
    return { kind: 'task.needs_person', task: id, cause: 'budget', detail: why, files: [] };
  return { kind: 'task.failed', task: id, cause: 'budget', detail: why };
}

export function amountOf(what: BudgetMeasure, amount: number): string {
  switch (what) {
    case 'usd':
      return `$${amount.toFixed(2)}`;
    case 'tokens':
      return `${amount} tokens`;
    case 'time':
      return `${Math.round(amount / 1_000)} s`;
    default:
      return assertNever(what);
  }
}
