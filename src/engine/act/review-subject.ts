/** What a reviewer is shown: the difference it judges, and the files in it. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import { diffOfFiles, type ReviewRequest } from '../../core/review/text.ts';
import type { Step } from '../../core/run/steps.ts';
import type { ActContext } from '../deps.ts';
import { requireTask } from './workspace-spec.ts';

/** Of the difference, in the brief; all of it is in the checkout. */
const SHOWN_DIFF_BYTES = 80_000;
/** Of a difference of which only some files are shown. */
const READ_DIFF_BYTES = 4_000_000;

export interface ReviewSubject extends ReviewRequest {
  readonly files: readonly RepoPath[];
}

export async function reviewSubject(
  step: Extract<Step, { kind: 'run-review' }>,
  { deps, state }: ActContext,
): Promise<ReviewSubject> {
  const { head, number } = step;
  const minScore = requireTask(state, step.task).task.review?.minScore ?? 0;
  const conflict = step.change === undefined ? null : state.queue.changes.get(step.change)?.conflict;
  if (conflict !== undefined && conflict !== null) {
    // An agent may change nothing but these files; what the target brought into others is not up for judgement.
    const { files, ours } = conflict;
    const whole = await deps.git.diff(step.since, head, READ_DIFF_BYTES);
    const diff = diffOfFiles(whole, files).slice(0, SHOWN_DIFF_BYTES);
    return { number, head, since: step.since, diff, files, minScore, target: ours };
  }
  const base = await deps.git.mergeBase(state.queue.tip, head);
  const since = number === 1 && step.wave === 1 ? (base ?? step.since) : step.since;
  const [diff, delta, own] = await Promise.all([
    deps.git.diff(since, head, SHOWN_DIFF_BYTES),
    changedFiles(since, head, deps),
    base === null || base === since ? null : changedFiles(base, head, deps),
  ]);
  // What the branch only took in from the target in between is not its own.
  const files = own === null ? delta : delta.filter((path) => own.includes(path));
  return { number, head, since, diff, files, minScore };
}

async function changedFiles(
  since: CommitId,
  head: CommitId,
  deps: ActContext['deps'],
): Promise<readonly RepoPath[]> {
  return (await deps.git.intakeFacts(since, head)).changed.map((entry) => entry.path);
}
