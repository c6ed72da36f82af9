/** Digits with `,` or `_` between groups of three, or none; fraction (`5.` too, as at the end of a sentence); exponent; `%` at the end. */
const NUMBER = /^[+-]?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:_\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?%?$/;
const MAX_NUMBER_CHARS = 64;

/** `1,234.5`, `12%` and `1e6` as people's tools print them; NaN for everything else. */
export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (trimmed.length > MAX_NUMBER_CHARS || !NUMBER.test(trimmed) || !/\d/.test(trimmed)) return Number.NaN;
  const value = Number(trimmed.replace('%', '').replaceAll(/[,_]/g, ''));
  return Number.isFinite(value) ? value : Number.NaN;
}
