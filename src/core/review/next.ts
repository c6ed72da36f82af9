/** What comes after green gates: another round, the author once more, the end of the review, or nothing more. */
import type { CommitId, TreeId } from '../ids.ts';
import type { Finding, ReviewPolicy, ReviewRound, ReviewState } from './model.ts';
import { isAcceptedTree, isBlocking, openFindings, roundsOfWave } from './model.ts';

/** Turns in a row without a verdict. */
export const MAX_ERRORS = 3;
/** Times in a row that the account of the reviewer had to wait. */
const MAX_LIMITS = 50;

export interface Subject {
  readonly wave: number;
  readonly head: CommitId;
  readonly tree: TreeId;
  /** Where the wave began. */
  readonly base: CommitId;
}

export type ReviewStep =
  /** Nothing (more) stands in the way. */
  | { readonly kind: 'pass' }
  | { readonly kind: 'review'; readonly number: number; readonly since: CommitId }
  /** The author has findings to put right. */
  | { readonly kind: 'fix'; readonly because: string }
  /** It ends without agreement; `on_fail` says what that means. */
  | { readonly kind: 'stop'; readonly because: string }
  /** The reviewer gave no verdict: never a pass, whatever `on_fail` says. */
  | { readonly kind: 'error'; readonly because: string }
  /** Remarks of people that no reviewer will look at. */
  | { readonly kind: 'look'; readonly because: string };

/** `policy` null: the task is not reviewed, and only remarks of people count. */
export function nextReviewStep(
  review: ReviewState,
  subject: Subject,
  policy: ReviewPolicy | null,
): ReviewStep {
  const open = openFindings(review);
  const untold = open.filter((finding) => finding.origin === 'person' && !isTold(finding));
  if (untold.length > 0)
    return { kind: 'fix', because: `${named(untold)} of ${untold[0]?.by ?? 'a person'}` };
  const isAccepted = isAcceptedTree(review, subject.tree);
  if (policy === null || isAccepted) {
    const remarks = open.filter((finding) => finding.origin === 'person');
    if (remarks.length === 0) return { kind: 'pass' };
    if (policy === null)
      return {
        kind: 'look',
        because: `${named(remarks)} of ${remarks[0]?.by ?? 'a person'}: was it put right?`,
      };
  }
  const counted = review.rounds.slice(Math.max(review.countedFrom, review.freshFrom));
  const last = counted.at(-1);
  if (last !== undefined && last.tree === subject.tree && last.wave === subject.wave)
    return afterRound(last, counted.length, open, policy);
  const seen = counted.find((round) => round.tree === subject.tree);
  if (seen !== undefined)
    return { kind: 'stop', because: `oscillation: the files are again as in round ${seen.number}` };
  if (review.errors.count >= MAX_ERRORS) {
    const { count, why } = review.errors;
    return { kind: 'error', because: `the reviewer gave no verdict, ${count} times in a row: ${why}` };
  }
  if (review.limits > MAX_LIMITS)
    return { kind: 'error', because: `its account had to wait ${review.limits} times in a row` };
  if (counted.length >= policy.maxIterations) return { kind: 'stop', because: boundReached(policy) };
  const before = roundsOfWave(review, subject.wave).at(-1);
  const since = before === undefined || before.tree === subject.tree ? subject.base : before.head;
  return { kind: 'review', number: (before?.number ?? 0) + 1, since };
}

/** The tree was judged and not accepted. */
function afterRound(
  round: ReviewRound,
  count: number,
  open: readonly Finding[],
  policy: ReviewPolicy,
): ReviewStep {
  const score = `${round.score}/10`;
  if (round.returned.length > 0)
    return {
      kind: 'stop',
      because: `oscillation: ${round.returned.join(', ')} came back after it was resolved`,
    };
  if (open.length === 0)
    return { kind: 'stop', because: `${score} is below ${policy.minScore}, and nothing is left to fix` };
  if (count >= policy.maxIterations) return { kind: 'stop', because: boundReached(policy) };
  return { kind: 'fix', because: `round ${round.number}: ${score}, ${named(open)}` };
}

function boundReached({ maxIterations }: ReviewPolicy): string {
  return `no agreement after ${maxIterations} ${maxIterations === 1 ? 'round' : 'rounds'} (review.max_iterations)`;
}

function isTold(finding: Finding): boolean {
  return finding.state.kind !== 'open' || finding.state.isTold;
}

/** Remarks of people that the author has not been given yet. */
export function hasUntoldRemarks(review: ReviewState): boolean {
  return openFindings(review).some((finding) => finding.origin === 'person' && !isTold(finding));
}

/** `F1 (major), F2 (minor)`. */
export function named(findings: readonly Finding[]): string {
  const shown = findings.slice(0, 4).map((finding) => `${finding.id} (${finding.severity})`);
  const more = findings.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** One line per round and one about what is open: what a person is told when the review ends. */
export function reviewSummary(review: ReviewState): string {
  const counted = review.rounds.slice(Math.max(review.countedFrom, review.freshFrom));
  const scores = counted.map((round) => `${round.score}/10`).join(', ');
  const open = openFindings(review);
  const blocking = open.filter(isBlocking).length;
  const parts = [
    ...(scores === '' ? [] : [`scores ${scores}`]),
    open.length === 0 ? 'no finding is open' : `open: ${named(open)}`,
    ...(blocking > 0 && blocking < open.length ? [`${blocking} of them blocking`] : []),
  ];
  return parts.join('; ');
}
