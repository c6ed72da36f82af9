import { watch, type FSWatcher } from 'node:fs';
import { join } from 'node:path';
import type { GitContext } from './context.ts';

/** Loose branches and the file of packed ones. A folder that cannot be watched is left to the caller's own looking. */
export function watchBranches(context: GitContext, onChange: () => void): () => void {
  const { commonDir } = context.user;
  const watchers: FSWatcher[] = [];
  const open = (path: string, isWanted: (name: string | null) => boolean, recursive: boolean): void => {
    try {
      const watcher = watch(path, { recursive, persistent: false }, (_, name) => {
        if (isWanted(name)) onChange();
      });
      watcher.on('error', () => {
        watcher.close();
      });
      watchers.push(watcher);
    } catch {
      // Too many watches, or a file system without them: the caller looks again by itself.
    }
  };
  open(join(commonDir, 'refs', 'heads'), (name) => name?.endsWith('.lock') !== true, true);
  open(commonDir, (name) => name === 'packed-refs', false);
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
