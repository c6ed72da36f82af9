/**
 * What a plan file may be at most. They bound time and memory before any parser runs; a plan at a limit is still
 * checked in well under a second.
 */

/** Bytes of UTF-8. */
export const MAX_BYTES = 4 * 1024 * 1024;
/** Maps and lists inside each other. `yaml` 2.9.1 ends the whole process on deep nesting. */
export const MAX_DEPTH = 50;
/**
 * Map entries and list items in all. Above the 50,000 first thought of: 10,000 tasks with a prompt, a scope and two
 * needs are 60,000, and such a plan has to be checked, not refused.
 */
export const MAX_NODES = 100_000;
/** Problems of one kind of source error; a broken file repeats itself. */
export const MAX_SOURCE_PROBLEMS = 20;
/** Problems reported in all; what was left out is counted in the last one. */
export const MAX_PROBLEMS = 200;
