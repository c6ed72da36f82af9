/** Small values of the plan file. Messages complete the sentence "<key> …: expected …". */
import { z } from 'zod';
import { parseDuration } from '../../kit/duration.ts';

export const ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const LONGEST_DURATION_MS = 365 * 86_400_000;

export const id = z.string({ error: 'expected an id' }).regex(ID_PATTERN, {
  error: 'expected an id of lower-case letters, digits, ".", "_" and "-", at most 64 characters',
});

export const text = z.string({ error: 'expected text' }).min(1, { error: 'expected text that is not empty' });

export const line = text.regex(/^[^\n\r]*$/, { error: 'expected text on one line' });

export const duration = z
  .string({ error: 'expected a duration such as 30s, 20m or 4h' })
  .regex(DURATION, { error: 'expected a duration such as 30s, 20m or 4h' })
  .refine(isUsableDuration, { error: 'expected a duration above zero and at most 365d' });

export const count = z.int({ error: 'expected a whole number' }).min(0, { error: 'expected 0 or more' });

export const positive = z.int({ error: 'expected a whole number' }).min(1, { error: 'expected 1 or more' });

export const flag = z.boolean({ error: 'expected true or false' });

export const size = z
  .string({ error: 'expected a size such as 500MB or 5GB' })
  .regex(/^\d+(?:\.\d+)? ?(?:B|[KMGT]i?B)$/, { error: 'expected a size such as 500MB or 5GB' });

const SHARE = { error: 'expected a share such as 80%' };

export const share = z.union(
  [z.string().regex(/^\d+(?:\.\d+)? ?%$/, SHARE), z.number(SHARE).min(0, SHARE).max(1, SHARE)],
  SHARE,
);

/** Relative, inside the repository, `/` between the parts. */
export const repoPath = line.refine(isInsideRepository, {
  error: 'expected a path inside the repository: relative, without "..", with "/" between its parts',
});

export const glob = line.refine((value) => isInsideRepository(value.replace(/^!/, '')), {
  error: 'expected a path pattern inside the repository: relative, without "..", with "/" between its parts',
});

export const variableName = z
  .string({ error: 'expected the name of an environment variable' })
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of an environment variable' });

export const environment = z.record(
  variableName,
  z.union([z.string(), z.number(), z.boolean()], { error: 'expected text, a number, true or false' }),
  { error: 'expected a map of variable names to values' },
);

/** One value or a list of them. */
export function oneOrMany<T extends z.ZodType>(item: T, what: string): z.ZodUnion<[T, z.ZodArray<T>]> {
  return z.union([item, z.array(item)], { error: `expected ${what} or a list` });
}

/** A word of a closed list. */
export function word<const T extends readonly [string, ...string[]]>(
  words: T,
): z.ZodEnum<{ [K in T[number]]: K }> {
  return z.enum(words, {
    error: `expected ${words.slice(0, -1).join(', ')} or ${String(words.at(-1))}`,
  });
}

/** A map with these keys and no others. */
export function settings<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'invalid_type' ? 'expected a map' : undefined),
  });
}

export function isInsideRepository(path: string): boolean {
  if (path === '' || path.startsWith('/') || /^[A-Za-z]:/.test(path) || path.includes('\\')) return false;
  return !path.split('/').includes('..') && !/[\n\r]/.test(path);
}

function isUsableDuration(value: string): boolean {
  const ms = parseDuration(value);
  return ms === null || (ms > 0 && ms <= LONGEST_DURATION_MS);
}
