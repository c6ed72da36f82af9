/** Lines about worktrees and attempts. */
import { assertNever } from '../kit/assert.ts';
import { formatDuration } from '../kit/duration.ts';
import type { AttemptEvent, WorkspaceEvent } from '../core/run/events.ts';
import type { RunState } from '../core/run/state.ts';
import { tryOf } from './attempts.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { counted, listed, shortId } from './words.ts';

export function narrateWorkspace(event: WorkspaceEvent): Narration {
  switch (event.kind) {
    case 'workspace.prepared': {
      const { path, branch } = event.workspace;
      if (event.missing.length > 0) {
        const missing = `${counted(event.missing.length, 'file')} to copy or link not found: ${listed(event.missing)}`;
        return say(0, 'warn', `${event.task}  worktree made at ${path} on ${branch}; ${missing}`);
      }
      return say(1, 'done', `${event.task}  worktree made at ${path} on ${branch}`);
    }
    case 'workspace.failed':
      return say(
        0,
        'fail',
        event.what === 'occupied'
          ? `${event.task}  worktree not made, its place is taken: ${event.detail}`
          : `${event.task}  set-up failed: ${event.detail}`,
      );
    case 'workspace.updated':
      return say(1, 'done', `${event.task}  took ${shortId(event.onto)} of the target into its branch`);
    case 'workspace.conflicted':
      return say(
        0,
        'warn',
        `${event.task}  conflicts with the target at ${shortId(event.onto)} in ${listed(event.files)}`,
      );
    case 'workspace.removed':
      return removed(event);
    default:
      return assertNever(event);
  }
}

function removed(event: Extract<WorkspaceEvent, { kind: 'workspace.removed' }>): Narration {
  switch (event.outcome) {
    case 'removed':
      return say(1, 'info', `${event.task}  worktree removed, branch ${event.branch}`);
    case 'absent':
      return say(2, 'info', `${event.task}  worktree was gone already`);
    case 'refused':
      return say(0, 'warn', `${event.task}  worktree kept, unsaved files in it: ${listed(event.unsaved)}`);
    default:
      return assertNever(event.outcome);
  }
}

export function narrateAttempt(event: AttemptEvent, state: RunState): Narration | null {
  switch (event.kind) {
    case 'attempt.started': {
      const task = state.tasks.get(event.task);
      const attempt = task === undefined ? null : tryOf(task);
      const waves = task?.task.waves.length ?? 1;
      const parts = [
        ...(waves > 1 ? [`wave ${event.wave} of ${waves}`] : []),
        ...(attempt === null ? [] : [attempt]),
      ];
      const tail = parts.length === 0 ? '' : ` (${parts.join(', ')})`;
      return say(0, 'busy', `${event.task}  ${event.agent} started${tail}`);
    }
    case 'attempt.exited': {
      const { durationMs, survivors } = event.exit;
      const left =
        survivors.length === 0 ? '' : `; ${counted(survivors.length, 'process', 'processes')} survived it`;
      const text = `${event.task}  ${event.attempt} ended after ${formatDuration(durationMs)}${left}`;
      return survivors.length === 0 ? say(2, 'info', text) : say(0, 'warn', text);
    }
    case 'attempt.collected':
      return collected(event);
    case 'attempt.judged':
      return event.verdict === 'committed'
        ? say(0, 'done', `${event.task}  committed: ${event.because}`)
        : say(
            1,
            'warn',
            `${event.task}  ended without a result (${event.verdict.replace('_', ' ')}): ${event.because}`,
          );
    case 'attempt.stop_sent':
      return say(1, 'info', `${event.task}  ${event.attempt} was told to stop`);
    default:
      return assertNever(event);
  }
}

function collected(event: Extract<AttemptEvent, { kind: 'attempt.collected' }>): Narration {
  const { facts, task } = event;
  const broken = facts.violations.filter(({ tolerated }) => !tolerated);
  if (broken.length > 0) {
    const all = broken.map(({ what, repaired }) => (repaired ? `${what} (repaired)` : what));
    return say(0, 'warn', `${task}  broke rules of its worktree: ${listed(all)}`);
  }
  if (facts.outOfScope.length > 0) {
    return say(0, 'warn', `${task}  changed files outside its scope: ${listed(facts.outOfScope)}`);
  }
  if (facts.salvageRef !== null)
    return say(0, 'info', `${task}  unfinished work saved as ${facts.salvageRef}`);
  return say(
    2,
    'info',
    `${task}  ${counted(facts.newCommits, 'commit')} taken in, ${counted(facts.changedCount, 'file')} changed`,
  );
}
