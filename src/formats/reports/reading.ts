import type { Result } from '../../kit/result.ts';

/** Values in order of appearance (NaN: a match that is no number), or one clause that says why there are none. */
export type Reading = Result<readonly number[], string>;

/** Characters of a report or log that are looked at; larger ones are unreadable rather than half read. */
export const MAX_REPORT_CHARS = 64 * 1024 * 1024;

/** Values one metric may give. */
export const MAX_VALUES = 100_000;
