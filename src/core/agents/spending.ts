/** Sums of what attempts used. */
import type { AttemptState, RunState } from '../run/state.ts';
import type { Spend } from './spend.ts';
import { addTokens, NO_TOKENS, totalTokens, type Tokens } from './events.ts';

export interface Spending {
  readonly attempts: number;
  /** Of the attempts that told theirs; null when none did. */
  readonly tokens: Tokens | null;
  readonly usd: number | null;
  /** Part of the money is worked out from a price table. */
  readonly isEstimated: boolean;
  /** The true figures are higher: some attempts told less than all, or nothing. */
  readonly isPartial: boolean;
  readonly timeMs: number;
}

/** One turn of an agent, at a task, a review or a conflict. */
export interface CountedTurn {
  readonly spend: Spend | null;
  /** null while it runs. */
  readonly exit: { readonly durationMs: number } | null;
}

/** A turn as budgets see it. */
export interface LedgerTurn extends CountedTurn {
  readonly startedAtMs: number;
  /** What it used is known, as far as it ever will be. */
  readonly isCounted: boolean;
}

export function spendingOf(attempts: readonly CountedTurn[]): Spending {
  let tokens: Tokens | null = null;
  let usd: number | null = null;
  let isEstimated = false;
  let isPartial = false;
  let timeMs = 0;
  for (const { spend, exit } of attempts) {
    timeMs += exit?.durationMs ?? 0;
    if (exit !== null && (spend === null || spend.tokens === null || spend.usd === null || spend.isPartial))
      isPartial = true;
    if (spend === null) continue;
    if (spend.tokens !== null) tokens = addTokens(tokens ?? NO_TOKENS, spend.tokens);
    if (spend.usd !== null) usd = Math.round(((usd ?? 0) + spend.usd) * 1e9) / 1e9;
    isEstimated ||= spend.isEstimated;
  }
  return { attempts: attempts.length, tokens, usd, isEstimated, isPartial, timeMs };
}

/** Every turn that counts in the budget of the task, or of the run when it is null. */
export function ledgerTurns(state: RunState, task: string | null): readonly LedgerTurn[] {
  const attempts = task === null ? [...state.attempts.values()] : attemptsOfTask(state, task);
  const beside = state.sideTurns.filter((turn) => task === null || turn.task === task);
  return [
    ...attempts.map(({ spend, exit, startedAtMs, facts }) => ({
      spend,
      exit,
      startedAtMs,
      isCounted: facts !== null,
    })),
    ...beside.map(({ spend, exit, endedAtMs }) => ({
      spend,
      exit,
      startedAtMs: endedAtMs - exit.durationMs,
      isCounted: true,
    })),
    ...besideUnderWay(state, task),
  ];
}

/** Reviewers and resolvers at work. */
function besideUnderWay(state: RunState, task: string | null): readonly LedgerTurn[] {
  return [...state.intents.values()].flatMap(({ step, sinceMs }) => {
    const of =
      step.kind === 'run-review'
        ? step.task
        : step.kind === 'resolve-conflict' && step.stage === 'agent'
          ? (state.queue.changes.get(step.change)?.task ?? null)
          : undefined;
    if (of === undefined || (task !== null && of !== task)) return [];
    return [{ spend: null, exit: null, startedAtMs: sinceMs, isCounted: false }];
  });
}

export function attemptsOfTask(state: RunState, task: string): readonly AttemptState[] {
  return [...state.attempts.values()].filter((attempt) => attempt.task === task);
}

export function tokensSpent(spending: Spending): number {
  return spending.tokens === null ? 0 : totalTokens(spending.tokens);
}
