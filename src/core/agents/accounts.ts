/** Which account an agent works on, and whether anything may start there. */
import type { AgentSpec, Plan } from '../plan/model.ts';
import type { ParkedAccount, RunState, TaskState } from '../run/state.ts';

export interface AgentChoice {
  readonly agent: string;
  readonly account: string;
}

export function accountOf(agent: AgentSpec): string {
  return agent.kind === 'command' ? (agent.client?.account ?? agent.name) : agent.name;
}

/** The agent whose turn it is, then those that may stand in for it. */
export function agentsOf(task: TaskState, plan: Plan): readonly AgentChoice[] {
  const names = new Set([task.agent, ...task.task.fallback]);
  return [...names].flatMap((agent) => {
    const spec = plan.agents[agent];
    return spec === undefined ? [] : [{ agent, account: accountOf(spec) }];
  });
}

/** Why nothing may start on the account now; null when it may. */
export function parkedNow(state: RunState, account: string, nowMs: number): ParkedAccount | null {
  const parked = state.accounts.get(account);
  if (parked === undefined || (parked.untilMs !== null && parked.untilMs <= nowMs)) return null;
  return parked;
}

export type Spill =
  | { readonly kind: 'agent'; readonly agent: string }
  /** `wakeAtMs`: when the first of its accounts is free again; null: when a person has seen to it. */
  | { readonly kind: 'held'; readonly why: string; readonly wakeAtMs: number | null };

/** The agent of the task that may start now; its own when none is defined, which the start then says. */
export function freeAgent(task: TaskState, state: RunState, nowMs: number): Spill {
  let held: Extract<Spill, { kind: 'held' }> | null = null;
  for (const { agent, account } of agentsOf(task, state.plan)) {
    const parked = parkedNow(state, account, nowMs);
    if (parked === null) return { kind: 'agent', agent };
    const wakeAtMs = parked.untilMs;
    const isSooner = held === null || (wakeAtMs !== null && (held.wakeAtMs ?? Infinity) > wakeAtMs);
    if (isSooner) held = { kind: 'held', why: parkedWhy(account, parked), wakeAtMs };
  }
  return held ?? { kind: 'agent', agent: task.agent };
}

function parkedWhy(account: string, parked: ParkedAccount): string {
  return parked.because === 'auth'
    ? `account ${account} needs a login: ${parked.why}`
    : `account ${account} is at its limit: ${parked.why}`;
}
