/** Sums of what attempts used. */
import type { AttemptState, RunState } from '../run/state.ts';
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

export function spendingOf(attempts: readonly AttemptState[]): Spending {
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

export function attemptsOfTask(state: RunState, task: string): readonly AttemptState[] {
  return [...state.attempts.values()].filter((attempt) => attempt.task === task);
}

export function tokensSpent(spending: Spending): number {
  return spending.tokens === null ? 0 : totalTokens(spending.tokens);
}
