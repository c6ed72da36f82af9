import type { Plan, Task } from '../plan/model.ts';
import type { ReadScope } from '../separation/scope.ts';
import { overlapOf, readScope } from '../separation/scope.ts';

/** Which task may run beside the running ones: agent limits, locks and, with `serialize`, scopes. */
export interface Admission {
  start(task: Task): void;
  end(task: Task): void;
  /** Forgets what was refused; between two calls tasks with equal scopes are compared once. */
  beginScan(): void;
  mayStart(task: Task): boolean;
}

export function newAdmission(plan: Plan): Admission {
  const serializes = plan.conflicts.onOverlap === 'serialize';
  const held = new Set<string>();
  const perAgent = new Map<string, number>();
  const scopes = new Map<string, ReadScope>();
  const running = new Map<string, number>();
  const refused = new Map<string, boolean>();
  const known = new Map<string, boolean>();

  const scopeKey = (task: Task): string => {
    const key = [...task.scope.include, '!', ...task.scope.exclude].join('\n');
    if (!scopes.has(key)) scopes.set(key, readScope(task.scope, plan.conflicts.ignore));
    return key;
  };
  const overlaps = (a: string, b: string): boolean => {
    const pair = a < b ? `${a}\0${b}` : `${b}\0${a}`;
    const [left, right] = [scopes.get(a), scopes.get(b)];
    const result =
      known.get(pair) ?? (left !== undefined && right !== undefined && overlapOf(left, right) !== null);
    // A bounded memory: plans with thousands of scopes have millions of pairs.
    if (known.size < 200_000) known.set(pair, result);
    return result;
  };
  const meetsRunning = (task: Task): boolean => {
    if (!serializes || task.scope.include.length === 0) return false;
    const key = scopeKey(task);
    const before = refused.get(key);
    if (before !== undefined) return before;
    const meets = [...running.keys()].some((other) => overlaps(key, other));
    refused.set(key, meets);
    return meets;
  };

  return {
    start(task) {
      for (const lock of task.locks) held.add(lock);
      perAgent.set(task.agent, (perAgent.get(task.agent) ?? 0) + 1);
      if (task.scope.include.length > 0) running.set(scopeKey(task), (running.get(scopeKey(task)) ?? 0) + 1);
    },
    end(task) {
      for (const lock of task.locks) held.delete(lock);
      perAgent.set(task.agent, (perAgent.get(task.agent) ?? 1) - 1);
      if (task.scope.include.length === 0) return;
      const left = (running.get(scopeKey(task)) ?? 1) - 1;
      if (left === 0) running.delete(scopeKey(task));
      else running.set(scopeKey(task), left);
    },
    beginScan() {
      refused.clear();
    },
    mayStart(task) {
      if (task.locks.some((lock) => held.has(lock))) return false;
      if ((perAgent.get(task.agent) ?? 0) >= agentLimit(plan, task.agent)) return false;
      return !meetsRunning(task);
    },
  };
}

/** Most attempts of an agent at once. A limit of 0 would never end; it counts as 1 here, `run` says why it waits. */
function agentLimit(plan: Plan, agent: string): number {
  const ofPlan = Object.hasOwn(plan.limits.agents, agent) ? (plan.limits.agents[agent] ?? null) : null;
  const ofAgent = Object.hasOwn(plan.agents, agent) ? (plan.agents[agent]?.parallel ?? null) : null;
  return Math.max(1, Math.min(ofPlan ?? Number.POSITIVE_INFINITY, ofAgent ?? Number.POSITIVE_INFINITY));
}
