/**
 * Which merges need not be made: two sides that share no path merge clean. That is exact only under guards, each of which
 * has a known counterexample. Changes must have been listed without rename detection, against one common merge base.
 *
 * - A renamed folder moves files that the other side adds to the old folder. Git sees such a rename only where one side
 *   deleted files, so a deletion meets whatever the other side adds below the same top folder.
 * - The file `p` meets anything below `p/`.
 * - Names that differ only by case are one file on many disks.
 *
 * A meeting is not a conflict: it says that git has to be asked. What is absent here: two merge bases. A pair with more
 * than one has no single list of changes and must always be merged.
 */

export interface PathChange {
  readonly path: string;
  readonly kind: 'added' | 'deleted' | 'changed';
}

/** Changes read for many comparisons. */
export interface ReadChanges {
  /** Folded path to the path as it is spelled. */
  readonly paths: ReadonlyMap<string, string>;
  /** Folded folders above the paths. */
  readonly folders: ReadonlySet<string>;
  /** Folded top folders; '' stands for the root's own files. */
  readonly deletedBelow: ReadonlySet<string>;
  readonly addedBelow: ReadonlySet<string>;
}

export interface Meeting {
  readonly why: 'same path' | 'file against folder' | 'deleted folder';
  /** Sorted; of a deleted folder its name. */
  readonly paths: readonly string[];
}

export function readChanges(changes: readonly PathChange[]): ReadChanges {
  const paths = new Map<string, string>();
  const folders = new Set<string>();
  const deletedBelow = new Set<string>();
  const addedBelow = new Set<string>();
  for (const { path, kind } of changes) {
    const folded = foldCase(path);
    paths.set(folded, path);
    for (let at = folded.lastIndexOf('/'); at > 0; at = folded.lastIndexOf('/', at - 1)) {
      const folder = folded.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
    const top = folded.slice(0, Math.max(0, folded.indexOf('/')));
    if (kind === 'deleted') deletedBelow.add(top);
    if (kind === 'added') addedBelow.add(top);
  }
  return { paths, folders, deletedBelow, addedBelow };
}

/** Why git has to be asked about two sides; null proves that their merge is clean. */
export function meetingOf(a: ReadChanges, b: ReadChanges): Meeting | null {
  const [few, many] = a.paths.size <= b.paths.size ? [a, b] : [b, a];
  const same: string[] = [];
  const nested = new Set<string>();
  for (const [folded, path] of few.paths) {
    if (many.paths.has(folded)) same.push(path);
    if (many.folders.has(folded)) nested.add(path);
  }
  if (same.length > 0) return { why: 'same path', paths: same.toSorted() };
  for (const folder of smaller(few.folders, many.paths)) {
    const file = many.paths.get(folder);
    if (file !== undefined && few.folders.has(folder)) nested.add(file);
  }
  if (nested.size > 0) return { why: 'file against folder', paths: [...nested].toSorted() };
  const moved = [...common(a.deletedBelow, b.addedBelow), ...common(b.deletedBelow, a.addedBelow)];
  if (moved.length === 0) return null;
  const names = [...new Set(moved)].map((top) => (top === '' ? '.' : top));
  return { why: 'deleted folder', paths: names.toSorted() };
}

/** Paths that both sides changed, folded case apart; sorted, spelled as in `a`. */
export function commonPaths(a: ReadChanges, b: ReadChanges): readonly string[] {
  const found: string[] = [];
  for (const [folded, path] of a.paths) if (b.paths.has(folded)) found.push(path);
  return found.toSorted();
}

/**
 * The same for changes that come in legs: what happened from a base to a tip is contained in what happened from the base
 * to some commit together with what happened from there to the tip.
 */
export function meetingOfLegs(a: readonly ReadChanges[], b: readonly ReadChanges[]): Meeting | null {
  for (const left of a) {
    for (const right of b) {
      const meeting = meetingOf(left, right);
      if (meeting !== null) return meeting;
    }
  }
  return null;
}

/** Upper case first: it joins more spellings (ß and SS, the Greek sigmas) than lower case alone. */
function foldCase(path: string): string {
  return path.normalize('NFC').toUpperCase().toLowerCase();
}

function smaller(folders: ReadonlySet<string>, paths: ReadonlyMap<string, string>): Iterable<string> {
  return folders.size <= paths.size ? folders : paths.keys();
}

function* common(a: ReadonlySet<string>, b: ReadonlySet<string>): Iterable<string> {
  const [few, many] = a.size <= b.size ? [a, b] : [b, a];
  for (const one of few) if (many.has(one)) yield one;
}
