/** Which areas a change touches, from its paths: files that meet, and folders as long as they tell changes apart. */
import type { ChangeId } from '../ids.ts';
import type { ChangeState } from '../run/state.ts';

/** A folder that more of the changes touch than this says nothing about a pair of them. */
const COMMON_FOLDER = 0.9;
/** Files and folders of one change that are looked at. */
const MAX_AREAS = 400;

/**
 * Files, and the folder each is in. Folders stand for themselves alone: that everything lies somewhere below `src` is no
 * reason to expect a conflict. Only prior knowledge about pairs, never proof.
 */
export function areasOf(
  changes: readonly ChangeState[],
  isWaiting: (change: ChangeState) => boolean,
): ReadonlyMap<ChangeId, readonly string[]> {
  const folders = new Map<ChangeId, ReadonlySet<string>>();
  const touched = new Map<string, number>();
  for (const change of changes) {
    const own = new Set(change.paths.slice(0, MAX_AREAS).map(folderOf));
    folders.set(change.id, own);
    if (isWaiting(change)) for (const folder of own) touched.set(folder, (touched.get(folder) ?? 0) + 1);
  }
  const waiting = changes.filter(isWaiting).length;
  const tells = (folder: string): boolean =>
    folder !== '' &&
    ((touched.get(folder) ?? 0) <= 2 || (touched.get(folder) ?? 0) <= waiting * COMMON_FOLDER);
  return new Map(
    changes.map((change) => [
      change.id,
      [
        ...change.paths.slice(0, MAX_AREAS).map(flat),
        ...[...(folders.get(change.id) ?? [])].filter(tells).map((folder) => `${flat(folder)}:`),
      ],
    ]),
  );
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === -1 ? '' : path.slice(0, slash);
}

/** Without separators: areas of the planner contain one another by their separators, files and folders here do not. */
function flat(path: string): string {
  return path.replaceAll('/', '\u2215');
}
