import { parseDuration } from '../../kit/duration.ts';
import type { PriceTable } from '../../core/agents/prices.ts';
import type { Budget, Estimate } from '../../core/plan/model.ts';
import { planDefaults } from '../../core/plan/defaults.ts';
import type { PricesFile } from './schema.ts';
import type { BudgetFile, EstimateFile } from './schema-task.ts';

/** Minutes of work: a day is 8 working hours, a week 5 such days. */
const WORK_MINUTES: Readonly<Record<string, number>> = { m: 1, h: 60, d: 8 * 60, w: 5 * 8 * 60 };

/** `kB` and the like count in thousands, `KiB` in 1024s. */
const SIZE_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/** Milliseconds of a duration that the schema has accepted. */
export function durationMs(text: string): number {
  return Math.round(parseDuration(text) ?? 0);
}

/** Bytes of a size that the schema has accepted. */
export function sizeBytes(text: string): number {
  const match = /^([\d.]+) ?([A-Za-z]+)$/.exec(text);
  return Math.round(Number(match?.[1] ?? 0) * (SIZE_UNITS[match?.[2] ?? 'B'] ?? 1));
}

/** `80%` and `0.8` as 0.8. */
export function shareOf(value: string | number): number {
  return typeof value === 'number' ? value : Number(value.replace(/ ?%$/, '')) / 100;
}

/** Minutes of an amount of work that the schema has accepted. */
export function workMinutes(text: string): number {
  let minutes = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)([mhdw])/g)) {
    minutes += Number(amount) * (WORK_MINUTES[unit ?? 'm'] ?? 1);
  }
  return minutes;
}

/** One figure counts for all three; bounds left out equal the likely one. */
export function estimateOf(value: EstimateFile | undefined): Estimate {
  if (value === undefined) {
    const minutes = planDefaults.estimateMinutes.value;
    return { lowMinutes: minutes, likelyMinutes: minutes, highMinutes: minutes, origin: 'default' };
  }
  const [low, likely, high] =
    typeof value === 'string'
      ? [value, value, value]
      : [value.low ?? value.likely, value.likely, value.high ?? value.likely];
  return {
    lowMinutes: workMinutes(low),
    likelyMinutes: workMinutes(likely),
    highMinutes: workMinutes(high),
    origin: 'declared',
  };
}

export function listOf<T>(value: T | readonly T[] | undefined): readonly T[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}

/** null when it limits nothing. `otherwise`: what the plan says about every budget that is passed. */
export function budgetOf(
  given: BudgetFile | undefined,
  otherwise: Budget['onExceed'] | undefined,
): Budget | null {
  if (given === undefined) return null;
  const { usd, tokens, time } = given;
  if (usd === undefined && tokens === undefined && time === undefined) return null;
  return {
    usd: usd ?? null,
    tokens: tokens ?? null,
    timeMs: time === undefined ? null : durationMs(time),
    onExceed: given.on_exceed ?? otherwise ?? planDefaults.onExceed.value,
  };
}

/** What the cache costs is a tenth of the input to read and the input to write, unless the plan says otherwise. */
export function pricesOf(given: PricesFile): PriceTable {
  return Object.fromEntries(
    Object.entries(given).map(([model, price]) => [
      model,
      {
        input: price.input,
        output: price.output,
        cacheRead: price.cache_read ?? price.input / 10,
        cacheWrite: price.cache_write ?? price.input,
      },
    ]),
  );
}
