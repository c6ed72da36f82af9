/** A user's pattern. Only checked and taken apart here: running one needs a time limit, see `RegexPort`. */
import { err, ok, type Result } from '../../kit/result.ts';
import { parseNumber } from './numbers.ts';
import { MAX_VALUES, type Reading } from './reading.ts';

const MAX_PATTERN_CHARS = 2_000;

export interface Pattern {
  readonly source: string;
  readonly flags: string;
}

/**
 * `^` and `$` match at lines. `(?i)` and `(?s)` at the start are taken as flags, because plans written for other tools
 * have them. The error is one clause.
 */
export function parsePattern(text: string): Result<Pattern, string> {
  if (text.length === 0) return err('the pattern is empty');
  if (text.length > MAX_PATTERN_CHARS)
    return err(`the pattern has more than ${MAX_PATTERN_CHARS} characters`);
  const inline = /^\(\?([ims]+)\)/.exec(text);
  const source = inline === null ? text : text.slice(inline[0].length);
  const flags = [...new Set(`gm${inline?.[1] ?? ''}`)].join('');
  if (source.length === 0) return err('the pattern is empty');
  try {
    return ok({ source: new RegExp(source, flags).source, flags });
  } catch (error) {
    return err(`the pattern is invalid: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Each match counts with its captured number; a match of a pattern without a group counts as 1. */
export function valuesOfMatches(matches: readonly (string | null)[]): Reading {
  if (matches.length > MAX_VALUES) return err(`more than ${MAX_VALUES} matches`);
  return ok(matches.map((match) => (match === null ? 1 : parseNumber(match))));
}
