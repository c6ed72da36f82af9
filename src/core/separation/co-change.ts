/** Which files change together, counted over past commits. */

export interface CoChange {
  /** Commits that changed a file; only files that were counted. */
  readonly changes: ReadonlyMap<string, number>;
  readonly together: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export interface Companion {
  readonly path: string;
  /** P(this file changes | the other one does), as counted. */
  readonly chance: number;
  readonly together: number;
  readonly of: number;
}

/** A commit that touches more files than this is a sweep (a rename, a formatter) and says nothing about single files. */
const MAX_FILES_OF_A_COMMIT = 50;
/** Fewer changes of a file than this are no history. */
const MIN_CHANGES = 3;
const MIN_CHANCE = 0.3;
const MAX_COMPANIONS = 20;

/** Counts for the files of `interest` alone: all pairs of a large repository would be too many. */
export function coChangeOf(commits: readonly (readonly string[])[], interest: ReadonlySet<string>): CoChange {
  const changes = new Map<string, number>();
  const together = new Map<string, Map<string, number>>();
  for (const paths of commits) {
    if (paths.length > MAX_FILES_OF_A_COMMIT) continue;
    for (const path of paths) {
      if (!interest.has(path)) continue;
      changes.set(path, (changes.get(path) ?? 0) + 1);
      const row = together.get(path) ?? new Map<string, number>();
      together.set(path, row);
      for (const other of paths) if (other !== path) row.set(other, (row.get(other) ?? 0) + 1);
    }
  }
  return { changes, together };
}

/** Files that usually change when `path` does, likeliest first; none without enough history. */
export function companionsOf(path: string, history: CoChange): readonly Companion[] {
  const of = history.changes.get(path) ?? 0;
  if (of < MIN_CHANGES) return [];
  return [...(history.together.get(path) ?? [])]
    .map(([other, together]) => ({ path: other, chance: together / of, together, of }))
    .filter(({ chance }) => chance >= MIN_CHANCE)
    .toSorted((x, y) => y.chance - x.chance || (x.path < y.path ? -1 : 1))
    .slice(0, MAX_COMPANIONS);
}
