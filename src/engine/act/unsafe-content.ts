/** What a branch must not bring to the target, whatever its gates say. */
import type { IntakeFacts } from '../../ports/git.ts';

const GITLINK = '160000';

/** One entry each, for people. A repository inside the worktree would land as a pointer to commits nobody else has. */
export function unsafeContent(intake: IntakeFacts): readonly string[] {
  const isSubmoduleChange = intake.changed.some((entry) => entry.path === '.gitmodules');
  const pointers = intake.changed
    .filter((entry) => entry.newMode === GITLINK && entry.oldMode !== GITLINK && !isSubmoduleChange)
    .map((entry) => `${entry.path} (a repository of its own)`);
  return [...intake.escapingSymlinks, ...intake.unsafeNames, ...pointers];
}
