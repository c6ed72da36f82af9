/**
 * Conflicts noticed while work is being done: pairs of tasks, or a task and the target, whose work does not merge as it is
 * now. Kept after they are gone, for the report.
 */
import type { CommitId, RepoPath, TaskId } from '../ids.ts';
import type { OverlapEvent } from './events.ts';
import type { RunState, TaskState } from './state.ts';

export interface Overlap {
  readonly a: TaskId;
  /** null: what is on the target. */
  readonly b: TaskId | null;
  /** What was merged on trial when it was last recorded. */
  readonly tips: { readonly a: CommitId; readonly b: CommitId };
  /** In conflict, at most `MAX_OVERLAP_FILES`. */
  readonly files: readonly RepoPath[];
  readonly fileCount: number;
  /** When this conflict began. */
  readonly sinceMs: number;
  readonly recordedAtMs: number;
  /** Times the pair was recorded as conflicting. */
  readonly records: number;
  /** null: it conflicts now. */
  readonly goneAtMs: number | null;
  readonly goneBecause: GoneCause | null;
}

/** clean: the two merge again · ended: one of the two has landed or ended. */
export type GoneCause = 'clean' | 'ended';

/** Pairs that conflict at one time; more are not recorded until some are gone. */
export const MAX_OVERLAPS = 1_000;
/** Files of one pair that are named; all are counted. */
export const MAX_OVERLAP_FILES = 20;

export function overlapKey(a: TaskId, b: TaskId | null): string {
  if (b === null) return a;
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}

/** The conflicts of this moment, oldest first. */
export function liveOverlaps(state: RunState): readonly Overlap[] {
  return [...state.overlaps.values()]
    .filter(({ goneAtMs }) => goneAtMs === null)
    .toSorted((x, y) => x.sinceMs - y.sinceMs);
}

export function reduceOverlap(state: RunState, event: OverlapEvent & { readonly atMs: number }): RunState {
  if (event.kind === 'overlap.expected') {
    const expected = new Map(event.pairs.map((pair) => [overlapKey(pair.a, pair.b), pair]));
    return { ...state, expected };
  }
  const key = overlapKey(event.a, event.b);
  const before = state.overlaps.get(key);
  if (event.kind === 'overlap.gone') {
    if (before === undefined || before.goneAtMs !== null) return state;
    const gone = { ...before, goneAtMs: event.atMs, goneBecause: event.because };
    return { ...state, overlaps: new Map(state.overlaps).set(key, gone) };
  }
  const { a, b, tips, files, fileCount, atMs } = event;
  const isNew = before === undefined || before.goneAtMs !== null;
  const overlap: Overlap = {
    a,
    b,
    tips,
    files,
    fileCount,
    sinceMs: isNew ? atMs : before.sinceMs,
    recordedAtMs: atMs,
    records: (before?.records ?? 0) + 1,
    goneAtMs: null,
    goneBecause: null,
  };
  return { ...state, overlaps: new Map(state.overlaps).set(key, overlap) };
}

/** Conflicts of work that has landed or ended: they are gone whether or not anybody looks again. */
export function endedOverlaps(state: RunState): readonly OverlapEvent[] {
  return liveOverlaps(state).flatMap(({ a, b }): readonly OverlapEvent[] =>
    [a, b].some((id) => id !== null && isOver(state.tasks.get(id)))
      ? [{ kind: 'overlap.gone', a, b, because: 'ended' }]
      : [],
  );
}

function isOver(task: TaskState | undefined): boolean {
  return task === undefined || ['landed', 'failed', 'stopped', 'skipped'].includes(task.progress.kind);
}
