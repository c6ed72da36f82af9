/**
 * Work that meets while it is being done: which pairs of running work git has to be asked about, and what of the answers is
 * news. A pair is asked only when both sides changed a common path, under the guards of `prefilter.ts`; uncommitted work
 * is one more leg of a side, so that a look at names comes before any merge.
 */
import type { CommitId, RepoPath, TaskId } from '../ids.ts';
import type { OverlapEvent } from '../run/events.ts';
import { MAX_OVERLAP_FILES, MAX_OVERLAPS, overlapKey } from '../run/overlaps.ts';
import type { Overlap } from '../run/overlaps.ts';
import { matchesAny } from './glob.ts';
import { rangeKey } from './pair-plan.ts';
import { meetingOfLegs, type ReadChanges } from './prefilter.ts';

/** One piece of work at one look; `task` null: what is on the target. */
export interface RadarSide {
  readonly task: TaskId | null;
  readonly head: CommitId;
  /** What is in the worktree and in no commit; null when nothing is. */
  readonly uncommitted: ReadChanges | null;
}

/** What the filter knows of history. */
export interface RadarHistory {
  /** Merge bases of two different commits; undefined when that was not asked. */
  readonly basesOf: (a: CommitId, b: CommitId) => readonly CommitId[] | undefined;
  /** Where each head left the target; heads without exactly one such place have no entry. */
  readonly ownBases: ReadonlyMap<CommitId, CommitId>;
  /** By `rangeKey`. */
  readonly changes: ReadonlyMap<string, ReadChanges>;
}

/** Whether the two have to be merged to know; `unknown`: they cannot be. */
export function questionOf(a: RadarSide, b: RadarSide, history: RadarHistory): 'apart' | 'ask' | 'unknown' {
  const bases = a.head === b.head ? [a.head] : history.basesOf(a.head, b.head);
  const [base] = bases ?? [];
  if (bases === undefined || base === undefined) return 'unknown';
  if (bases.length > 1) return 'ask';
  const [left, right] = [a, b].map((side) => legsOf(side, base, history));
  if (left === null || left === undefined || right === null || right === undefined) return 'ask';
  return meetingOfLegs(left, right) === null ? 'apart' : 'ask';
}

/** null: not known, so that git has to be asked. */
function legsOf(side: RadarSide, base: CommitId, history: RadarHistory): readonly ReadChanges[] | null {
  const legs: ReadChanges[] = side.uncommitted === null ? [] : [side.uncommitted];
  if (side.head === base) return legs;
  const own = history.ownBases.get(side.head);
  if (own === undefined) return null;
  for (const range of [
    { from: base, to: own },
    { from: own, to: side.head },
  ]) {
    if (range.from === range.to) continue;
    const leg = history.changes.get(rangeKey(range));
    if (leg === undefined) return null;
    legs.push(leg);
  }
  return legs;
}

export interface RadarFinding {
  readonly a: TaskId;
  /** null: what is on the target. */
  readonly b: TaskId | null;
  readonly tips: { readonly a: CommitId; readonly b: CommitId };
  /** `unknown` says nothing: what was known of the pair stays. */
  readonly result: 'clean' | 'conflict' | 'unknown';
  readonly files: readonly RepoPath[];
}

/** A conflict in nothing but ignored paths does not count, as the plan wants it. */
export function withoutIgnored(finding: RadarFinding, ignore: readonly string[]): RadarFinding {
  const files = finding.files.filter((path) => !matchesAny(ignore, path));
  return finding.result === 'conflict' && files.length === 0 && finding.files.length > 0
    ? { ...finding, result: 'clean', files: [] }
    : finding;
}

/** Changes of one pair that are recorded at once; after that each waits twice as long as the one before. */
const RECORDS_AT_ONCE = 8;
const FIRST_PAUSE_MS = 5_000;
const MAX_PAUSE_MS = 10 * 60_000;

/** What is new against `known`: a conflict that began or is in other files now, and one that is gone. */
export function overlapNews(
  known: ReadonlyMap<string, Overlap>,
  findings: readonly RadarFinding[],
  nowMs: number,
): readonly OverlapEvent[] {
  let live = [...known.values()].filter(({ goneAtMs }) => goneAtMs === null).length;
  return findings.flatMap((finding): readonly OverlapEvent[] => {
    const { a, b, tips } = finding;
    const before = known.get(overlapKey(a, b));
    const isLive = before !== undefined && before.goneAtMs === null;
    if (finding.result === 'unknown') return [];
    if (finding.result === 'clean') return isLive ? [{ kind: 'overlap.gone', a, b, because: 'clean' }] : [];
    const files = finding.files.slice(0, MAX_OVERLAP_FILES);
    const fileCount = finding.files.length;
    if (isLive && before.fileCount === fileCount && before.files.join('\0') === files.join('\0')) return [];
    if (before !== undefined && nowMs < before.recordedAtMs + pauseMs(before.records)) return [];
    if (!isLive && live >= MAX_OVERLAPS) return [];
    if (!isLive) live += 1;
    return [{ kind: 'overlap.seen', a, b, tips, files, fileCount }];
  });
}

/** Work that goes back and forth must not fill the log. */
function pauseMs(records: number): number {
  if (records < RECORDS_AT_ONCE) return 0;
  return Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(20, records - RECORDS_AT_ONCE));
}
