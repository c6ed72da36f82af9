/** What a reviewer answers, and whether the answer can be taken. */
import type { RepoPath } from '../ids.ts';
import { openFindings, type ReviewState, type Severity } from './model.ts';

export interface Verdict {
  /** The commit it says it judged; null: the answer was the verdict and nothing else, without one. */
  readonly commit: string | null;
  readonly score: number;
  readonly summary: string;
  readonly findings: readonly RawFinding[];
  /** Its word on findings of earlier rounds. */
  readonly earlier: readonly { readonly id: string; readonly status: 'open' | 'resolved' }[];
}

/** Reads answers as a verdict; the likeliest place comes first. */
export type VerdictReading =
  | { readonly kind: 'read'; readonly verdict: Verdict }
  | { readonly kind: 'unreadable'; readonly why: string };

export interface RawFinding {
  readonly severity: Severity;
  readonly file: RepoPath | null;
  readonly line: number | null;
  readonly title: string;
  readonly detail: string;
}

/** What a verdict has to answer. */
export interface VerdictRequest {
  readonly commit: string;
  /** Ids of the findings that are open. */
  readonly open: readonly string[];
  /** Those of them that are remarks of people. */
  readonly ofPeople: readonly string[];
  readonly minScore: number;
  readonly isFirst: boolean;
}

/** What a verdict on a review in this state has to answer. */
export function verdictRequest(
  review: ReviewState,
  asked: Pick<VerdictRequest, 'commit' | 'minScore' | 'isFirst'>,
): VerdictRequest {
  const open = openFindings(review);
  const ofPeople = open.filter((finding) => finding.origin !== 'reviewer');
  return {
    ...asked,
    open: open.map((finding) => finding.id),
    ofPeople: ofPeople.map((finding) => finding.id),
  };
}

/** Content, and nothing to say: what a reviewer had found before is resolved; what people asked for it has to name. */
export function isCleanSheet(verdict: Verdict, minScore: number): boolean {
  return verdict.score >= minScore && verdict.findings.length === 0 && verdict.earlier.length === 0;
}

/** Shortest abbreviation of a commit that is taken for it. */
const LEAST_ABBREVIATION = 7;

/**
 * Why the verdict answers another question than was asked; null when it can be taken. The commit is asked for because the
 * text of a change cannot hold its own id: a verdict that was planted in the change is never taken for the reviewer's.
 */
export function verdictFault(verdict: Verdict, request: VerdictRequest): string | null {
  const { commit } = verdict;
  if (commit !== null && (commit.length < LEAST_ABBREVIATION || !request.commit.startsWith(commit)))
    return `"commit" must be ${request.commit}, the commit under review`;
  const told = new Set(verdict.earlier.map((entry) => entry.id));
  const asked = isCleanSheet(verdict, request.minScore) ? request.ofPeople : request.open;
  const silent = asked.filter((id) => !told.has(id));
  if (silent.length > 0) return `"earlier" says nothing about ${silent.join(', ')}`;
  const isUnexplained =
    request.isFirst &&
    verdict.score < request.minScore &&
    verdict.findings.length === 0 &&
    request.open.length === 0;
  if (isUnexplained)
    return `a score of ${verdict.score} needs at least one finding: what has to change for ${request.minScore}`;
  return null;
}
