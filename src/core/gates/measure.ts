import { assertNever } from '../../kit/assert.ts';
import { err, ok, type Result } from '../../kit/result.ts';
import type { MetricSpec } from '../plan/model.ts';

/** Several values as one. `count` is 0 for none; every other way needs at least one value, all of them finite. */
export function aggregate(values: readonly number[], how: MetricSpec['aggregate']): Result<number, string> {
  if (how === 'count') return ok(values.length);
  if (values.length === 0) return err('no value found');
  if (!values.every(Number.isFinite)) return err('a match is not a number');
  const value = combine(values, how);
  return Number.isFinite(value) ? ok(value) : err('the numbers are too large');
}

function combine(values: readonly number[], how: Exclude<MetricSpec['aggregate'], 'count'>): number {
  switch (how) {
    case 'sum':
      return sum(values);
    case 'mean':
      return sum(values) / values.length;
    case 'min':
      return values.reduce((least, value) => Math.min(least, value));
    case 'max':
      return values.reduce((most, value) => Math.max(most, value));
    case 'first':
      return values[0] ?? Number.NaN;
    case 'last':
      return values.at(-1) ?? Number.NaN;
    default:
      return assertNever(how);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** At most ten significant digits, which hides rounding dust but no difference anyone set a threshold on. */
export function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(10)));
}
