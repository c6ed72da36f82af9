/** What tokens cost, for clients that do not say. List prices change: the table is a guess that a plan may correct (`prices`). */
import type { Tokens } from './events.ts';
import { LIST_PRICES } from './list-prices.ts';

/** Dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

/** By the beginning of the model's name. */
export type PriceTable = Readonly<Record<string, Price>>;

/** null when no price is known for the model. */
export function estimateUsd(tokens: Tokens, model: string | null, own: PriceTable): number | null {
  const price = model === null ? null : (priceOf(model, own) ?? priceOf(model, LIST_PRICES));
  if (price === null) return null;
  const sum =
    tokens.input * price.input +
    tokens.cacheRead * price.cacheRead +
    tokens.cacheWrite * price.cacheWrite +
    tokens.output * price.output;
  return Math.round(sum * 1_000) / 1e9;
}

/** The longest name that the model's begins with, with or without its provider before a slash. */
function priceOf(model: string, table: PriceTable): Price | null {
  const name = model.toLowerCase();
  const bare = name.slice(name.lastIndexOf('/') + 1);
  const best = Object.keys(table)
    .filter((key) => key !== '' && (name.startsWith(key.toLowerCase()) || bare.startsWith(key.toLowerCase())))
    .toSorted((a, b) => b.length - a.length)[0];
  return best === undefined ? null : (table[best] ?? null);
}
