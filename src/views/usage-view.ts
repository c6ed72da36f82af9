/** Tokens and money as every surface shows them. */
import { type CountedTurn, type Spending, spendingOf } from '../core/agents/spending.ts';

export interface UsageView {
  /** Without what was read from or written to the cache. */
  readonly input_tokens: number | null;
  readonly cache_read_tokens: number | null;
  readonly cache_write_tokens: number | null;
  readonly output_tokens: number | null;
  readonly usd: number | null;
  /** Some of the money is worked out from a price table. */
  readonly estimated: boolean;
  /** The true figures are higher: not every attempt told all of its own. */
  readonly partial: boolean;
}

/** null when no attempt told anything. */
export function usageView(attempts: readonly CountedTurn[]): UsageView | null {
  const spending = spendingOf(attempts);
  return spending.tokens === null && spending.usd === null ? null : usageOf(spending);
}

export function usageOf({ tokens, usd, isEstimated, isPartial }: Spending): UsageView {
  return {
    input_tokens: tokens?.input ?? null,
    cache_read_tokens: tokens?.cacheRead ?? null,
    cache_write_tokens: tokens?.cacheWrite ?? null,
    output_tokens: tokens?.output ?? null,
    usd,
    estimated: isEstimated,
    partial: isPartial,
  };
}

/** `1.2M tokens, $0.42 (estimated)`; empty when nothing is known. */
export function usageText(usage: UsageView): string {
  const tokens =
    usage.input_tokens === null
      ? []
      : [
          `${shortCount(
            usage.input_tokens +
              (usage.cache_read_tokens ?? 0) +
              (usage.cache_write_tokens ?? 0) +
              (usage.output_tokens ?? 0),
          )} tokens`,
        ];
  const money = usage.usd === null ? [] : [moneyText(usage.usd, usage.estimated)];
  const text = [...tokens, ...money].join(', ');
  return usage.partial && text !== '' ? `${text}, or more` : text;
}

export function moneyText(usd: number, isEstimated: boolean): string {
  const digits = usd > 0 && usd < 0.1 ? 4 : 2;
  return `$${usd.toFixed(digits)}${isEstimated ? ' (estimated)' : ''}`;
}

export function shortCount(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 1_000_000) return `${(count / 1_000).toFixed(1)}k`;
  return `${(count / 1_000_000).toFixed(2)}M`;
}
