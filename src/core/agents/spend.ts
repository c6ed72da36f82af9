/** What one process of an agent used: told by itself, or what its conversation grew by since the process before. */
import type { Tokens } from './events.ts';
import { totalTokens } from './events.ts';
import { estimateUsd, type PriceTable } from './prices.ts';
import type { StreamFacts } from './stream-facts.ts';

export interface Spend {
  /** null: nobody knows. */
  readonly tokens: Tokens | null;
  readonly usd: number | null;
  /** The client told no price: worked out from tokens and a price table. */
  readonly isEstimated: boolean;
  /** The true figures are higher. */
  readonly isPartial: boolean;
}

/** Totals of a conversation at one moment; null where its client tells none. */
export interface ThreadTotals {
  readonly tokens: Tokens | null;
  readonly usd: number | null;
  /** Tokens that `usd` is the price of; null: not told. */
  readonly usdTokens: number | null;
}

/** `before`: totals of the same conversation when this process took it up; null for a new one. */
export function spendOf(
  facts: StreamFacts,
  before: ThreadTotals | null,
  pricing: { readonly prices: PriceTable; readonly model: string | null },
): Spend {
  const tokens = facts.tokens ?? grownBy(facts.threadTokens, before?.tokens ?? null);
  const told =
    roundedOrNull(facts.usd) ??
    grownUsd(facts.threadUsd, startsAnew(facts, tokens, before) ? null : (before?.usd ?? null));
  const { isPartial } = facts;
  if (told !== null || tokens === null) return { tokens, usd: told, isEstimated: false, isPartial };
  const usd = estimateUsd(tokens, facts.model ?? pricing.model, pricing.prices);
  return { tokens, usd, isEstimated: usd !== null, isPartial };
}

/**
 * A price that covers fewer tokens than the conversation had before and this process used together is that of the process
 * alone: clients of one name differ in this from version to version.
 */
function startsAnew(facts: StreamFacts, own: Tokens | null, before: ThreadTotals | null): boolean {
  const { threadUsdTokens } = facts;
  const earlier = before?.usdTokens ?? null;
  if (threadUsdTokens === undefined || earlier === null || own === null) return false;
  return threadUsdTokens < earlier + totalTokens(own);
}

/** Totals only grow: a smaller one means that the client began to count anew, so all of it is new. */
function grownBy(now: Tokens | null, before: Tokens | null): Tokens | null {
  if (now === null || before === null || totalTokens(now) < totalTokens(before)) return now;
  return {
    input: Math.max(0, now.input - before.input),
    cacheRead: Math.max(0, now.cacheRead - before.cacheRead),
    cacheWrite: Math.max(0, now.cacheWrite - before.cacheWrite),
    output: Math.max(0, now.output - before.output),
  };
}

/** Below this two amounts differ by rounding alone. */
const ROUNDING_USD = 1e-9;

function grownUsd(now: number | null, before: number | null): number | null {
  if (now === null) return null;
  if (before === null || now < before - ROUNDING_USD) return rounded(now);
  return rounded(Math.max(0, now - before));
}

function roundedOrNull(usd: number | null): number | null {
  return usd === null ? null : rounded(usd);
}

/** To a billionth of a dollar, so that differences of decimals look like what they are. */
function rounded(usd: number): number {
  return Math.round(usd * 1e9) / 1e9;
}
