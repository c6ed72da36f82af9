/** Accounts that have to wait, and budgets that were passed. */
import type { LimitEvent } from './events.ts';
import { accountOf, agentsOf } from '../agents/accounts.ts';
import type { PassedBudget, RunState, TaskState } from './state.ts';

/** Key of the run's own budget; no task has an empty id. */
export const RUN_BUDGET = '';

export function reduceLimit(state: RunState, event: LimitEvent & { readonly atMs: number }): RunState {
  if (event.kind === 'account.parked') {
    const { because, untilMs, why } = event;
    return { ...state, accounts: new Map(state.accounts).set(event.account, { because, untilMs, why }) };
  }
  const key = event.task ?? RUN_BUDGET;
  const { atMs, what, spent, limit, action } = event;
  const grants = state.budgets.get(key)?.grants ?? 0;
  const passed: PassedBudget = { isOpen: true, atMs, what, spent, limit, action, grants };
  return { ...state, budgets: new Map(state.budgets).set(key, passed) };
}

/** A person lets the run go on: its budget is granted again, and accounts that waited for a login are tried. */
export function letGoOn(state: RunState): RunState {
  const accounts = new Map([...state.accounts].filter(([, parked]) => parked.because !== 'auth'));
  return { ...state, accounts, budgets: granted(state, RUN_BUDGET) };
}

/** A person asks for another try of the task: the same for it and for the accounts of its agents. */
export function letTaskGoOn(state: RunState, task: TaskState): RunState {
  const accounts = new Map(state.accounts);
  for (const { account } of agentsOf(task, state.plan)) accounts.delete(account);
  const reviewer = state.plan.agents[task.task.review?.agent ?? ''];
  if (reviewer !== undefined) accounts.delete(accountOf(reviewer));
  return { ...state, accounts, budgets: granted(state, task.task.id) };
}

function granted(state: RunState, key: string): RunState['budgets'] {
  const passed = state.budgets.get(key);
  if (passed === undefined || !passed.isOpen) return state.budgets;
  return new Map(state.budgets).set(key, { ...passed, isOpen: false, grants: passed.grants + 1 });
}
