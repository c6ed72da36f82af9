import type { z } from 'zod';
import { valueAt } from './values.ts';

/** One thing the schema objects to. `path` is from the root; `words` are the values a closed list allows. */
export type FlatIssue =
  | {
      readonly kind: 'unknown-keys';
      readonly path: readonly PropertyKey[];
      readonly keys: readonly string[];
      readonly message: string;
      readonly words: readonly string[];
    }
  | {
      readonly kind: 'bad-key' | 'bad-value';
      readonly path: readonly PropertyKey[];
      readonly message: string;
      readonly words: readonly string[];
    };

type Issue = z.core.$ZodIssue;

/**
 * Takes unions apart: of several alternatives the one that was meant is the one whose kind (text, map, list) the value
 * has; if there is none, the message of the whole union is used.
 */
export function flattenIssues(issues: readonly Issue[], root: unknown): readonly FlatIssue[] {
  return issues.flatMap((issue) => flatten(issue, [], root));
}

function flatten(issue: Issue, base: readonly PropertyKey[], root: unknown): readonly FlatIssue[] {
  const path = [...base, ...issue.path];
  switch (issue.code) {
    case 'unrecognized_keys':
      return [{ kind: 'unknown-keys', path, keys: issue.keys, message: issue.message, words: [] }];
    case 'invalid_key':
      return [{ kind: 'bad-key', path, message: issue.issues[0]?.message ?? issue.message, words: [] }];
    case 'invalid_union':
      return flattenUnion(issue, path, root);
    case 'invalid_value':
      return [{ kind: 'bad-value', path, message: issue.message, words: issue.values.map(String) }];
    default:
      return [{ kind: 'bad-value', path, message: issue.message, words: [] }];
  }
}

function flattenUnion(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  root: unknown,
): readonly FlatIssue[] {
  const meant = issue.errors.find((branch) => !branch.some(isOtherKind));
  const words = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) =>
      inner.code === 'invalid_value' && inner.path.length === 0 ? inner.values.map(String) : [],
    ),
  );
  const whole: FlatIssue = { kind: 'bad-value', path, message: issue.message, words };
  if (meant === undefined) return [whole];
  const isMap = typeof valueAt(root, path) === 'object';
  const flat = meant.flatMap((inner) => flatten(inner, path, root));
  // Of a text that fits no alternative, the union says more than its first alternative does.
  const isVague = !isMap && (words.length > 0 || flat.some((inner) => !inner.message.startsWith('expected')));
  return isVague ? [whole] : flat;
}

/** True when the value is not even of the alternative's kind. */
function isOtherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isOtherKind));
  return issue.code === 'invalid_type';
}
