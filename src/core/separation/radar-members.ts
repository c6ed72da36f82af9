/** Whose work is compared while agents run. */
import type { AbsolutePath, CommitId, TaskId } from '../ids.ts';
import type { RunState } from '../run/state.ts';

export interface RadarMember {
  readonly task: TaskId;
  /** Its agent runs: the worktree changes under the look. Only then is it looked at. */
  readonly isRunning: boolean;
  readonly worktree: AbsolutePath;
  /** As last taken in. */
  readonly head: CommitId;
}

/** Tasks with work that is neither on the target nor given up. */
export function radarMembers(state: RunState): readonly RadarMember[] {
  return [...state.tasks.values()].flatMap(({ task, progress, workspace, head }) =>
    workspace === null || OVER.has(progress.kind)
      ? []
      : [
          {
            task: task.id,
            isRunning: progress.kind === 'working',
            worktree: workspace.path,
            head: head ?? workspace.base,
          },
        ],
  );
}

const OVER: ReadonlySet<string> = new Set(['landed', 'failed', 'stopped', 'skipped']);
