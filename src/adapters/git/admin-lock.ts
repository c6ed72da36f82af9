import { join } from 'node:path';
import type { GitContext } from './context.ts';
import { withFileLock } from './lock.ts';

/**
 * Serialises what changes the user's repository's list of worktrees, within this process and across processes: parallel
 * changes are what makes git's own `worktree add` fail.
 */
export function withAdminLock<T>(context: GitContext, work: () => Promise<T>): Promise<T> {
  const path = join(context.places.state, 'locks', 'admin');
  return context.mutexes.run('admin', () => withFileLock(path, work));
}
