import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Entries looked at in one search; a larger tree is judged by its first part, breadth first. */
const ENTRIES_MAX = 100_000;
/** Written by tools at any time, and too large to walk: the change of the folder itself still counts. */
const NOT_ENTERED = new Set(['node_modules', '.git', '.venv', 'target']);

/**
 * Time of a change below `folder` that is not older than `sinceMs` (milliseconds since the epoch), null when there is
 * none. Ends at the first change found; symbolic links are not followed; what vanishes or cannot be read is skipped.
 */
export async function changeSince(
  folder: string,
  sinceMs: number,
  entriesMax = ENTRIES_MAX,
): Promise<number | null> {
  const folders = [folder];
  let seen = 0;
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    const own = await modifiedAt(next);
    if (own !== null && own >= sinceMs) return own;
    for await (const entry of entriesOf(next)) {
      seen += 1;
      if (seen > entriesMax) return null;
      const path = join(next, entry.name);
      if (entry.isDirectory()) {
        if (!NOT_ENTERED.has(entry.name)) folders.push(path);
        continue;
      }
      const changed = entry.isFile() ? await modifiedAt(path) : null;
      if (changed !== null && changed >= sinceMs) return changed;
    }
  }
  return null;
}

async function* entriesOf(folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(folder, { bufferSize: 256 });
  } catch {
    // Removed or unreadable while we look: no sign of life.
  }
}

async function modifiedAt(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch {
    return null;
  }
}
