/** Pairs of tasks that are likely to change one file, by what they declare, what their texts name and what history shows. */
import type { TaskId } from '../ids.ts';
import type { ExpectedPair } from '../run/events.ts';
import { LIKELY } from './independent.ts';
import { matrixOf } from './matrix.ts';
import type { ReadScope } from './scope.ts';
import type { Touches } from './touches.ts';

/** With more tasks declared scopes alone decide: every pair is compared. */
export const MAX_EXPECTED_TASKS = 300;
/** Pairs kept, the likeliest first. */
export const MAX_EXPECTED_PAIRS = 1_000;
/** Letters of a reason. */
const MAX_REASON = 240;

export interface ExpectedSubject {
  readonly id: TaskId;
  readonly needs: readonly TaskId[];
  readonly scope: ReadScope | null;
  readonly touches: Touches;
}

/** Not of two of which one needs the other: they never work at one time. */
export function expectedPairs(subjects: readonly ExpectedSubject[]): {
  readonly pairs: readonly ExpectedPair[];
  readonly dropped: number;
} {
  const needs = new Map<string, ReadonlySet<string>>(subjects.map((one) => [one.id, new Set(one.needs)]));
  const cells = matrixOf(
    subjects.map((one) => ({ ...one, isGoingOn: true })),
    () => null,
  );
  const likely = cells
    .filter(({ a, b, overlap }) => overlap >= LIKELY && !needs.get(a)?.has(b) && !needs.get(b)?.has(a))
    .toSorted((x, y) => y.overlap - x.overlap);
  const pairs = likely
    .slice(0, MAX_EXPECTED_PAIRS)
    .map(({ a, b, overlap, origin, files, because }): ExpectedPair => ({
      a: a as TaskId,
      b: b as TaskId,
      chance: overlap,
      origin,
      file: files[0] ?? null,
      because: because.length <= MAX_REASON ? because : `${because.slice(0, MAX_REASON - 1)}…`,
    }));
  return { pairs, dropped: likely.length - pairs.length };
}
