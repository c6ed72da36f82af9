import type { Progress, TaskState } from './state.ts';

/** Replaces the progress and notes since when. */
export function progressed(task: TaskState, progress: Progress, atMs: number): TaskState {
  return { ...task, progress, sinceMs: atMs, hold: null, trouble: null };
}
