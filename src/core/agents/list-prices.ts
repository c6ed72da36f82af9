/** List prices in dollars per million tokens, as remembered in late 2025; a plan's `prices` go before them. */
import type { Price } from './prices.ts';

function price(input: number, output: number, cacheRead = input / 10, cacheWrite = input): Price {
  return { input, cacheRead, cacheWrite, output };
}

export const LIST_PRICES: Readonly<Record<string, Price>> = {
  'claude-opus-4-5': price(5, 25, 0.5, 6.25),
  'claude-opus': price(15, 75, 1.5, 18.75),
  'claude-sonnet': price(3, 15, 0.3, 3.75),
  'claude-haiku': price(1, 5, 0.1, 1.25),
  'gpt-5-nano': price(0.05, 0.4),
  'gpt-5-mini': price(0.25, 2),
  'gpt-5': price(1.25, 10),
  'gpt-4.1-mini': price(0.4, 1.6, 0.1),
  'gpt-4.1': price(2, 8, 0.5),
  'o4-mini': price(1.1, 4.4, 0.275),
  'gemini-2.5-pro': price(1.25, 10),
  'gemini-2.5-flash-lite': price(0.1, 0.4),
  'gemini-2.5-flash': price(0.3, 2.5),
  'qwen3-coder-plus': price(1, 5),
  'qwen3-coder-flash': price(0.3, 1.5),
};
