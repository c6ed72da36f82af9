/** What a reviewer is shown: the difference it judges, and the files in it. */
import type { CommitId, RepoPath } from '../../core/ids.ts';
import type { ReviewRequest } from '../../core/review/text.ts';
import type { Step } from '../../core/run/steps.ts';
import type { ActContext } from '../deps.ts';
import { requireTask } from './workspace-spec.ts';

/** Of the difference, in the brief; all of it is in the checkout. */
const SHOWN_DIFF_BYTES = 80_000;

export interface ReviewSubject extends ReviewRequest {
  readonly files: readonly RepoPath[];
}

export async function reviewSubject(
  step: Extract<Step, { kind: 'run-review' }>,
  { deps, state }: ActContext,
): Promise<ReviewSubject> {
  const { head, number } = step;
  const base = await deps.git.mergeBase(state.queue.tip, head);
  const since = number === 1 && step.wave === 1 ? (base ?? step.since) : step.since;
  const [diff, delta, own] = await Promise.all([
    deps.git.diff(since, head, SHOWN_DIFF_BYTES),
    changedFiles(since, head, deps),
    base === null || base === since ? null : changedFiles(base, head, deps),
  ]);
  // What the branch only took in from the target in between is not its own.
  const files = own === null ? delta : delta.filter((path) => own.includes(path));
  const minScore = requireTask(state, step.task).task.review?.minScore ?? 0;
  return { number, head, since, diff, files, minScore };
}

async function changedFiles(
  since: CommitId,
  head: CommitId,
  deps: ActContext['deps'],
): Promise<readonly RepoPath[]> {
  return (await deps.git.intakeFacts(since, head)).changed.map((entry) => entry.path);
}
