/**
 * A review is a conversation between an author and a reviewer about one task, in rounds. A round judges one exact tree:
 *
 *   green gates ──► round n ──► accepted ──► the wave is complete
 *        ▲             │
 *        │             ├─ findings are open ──► the author fixes them in its own session ─┐
 *        │             └─ bound, oscillation, nothing left to fix ──► what `on_fail` says │
 *        └───────────────────────────────────────────────────────────────────────────────┘
 *
 * It converges by rule, not by goodwill: after the first round of a wave only the difference to the tree judged before and
 * the findings still open are judged, no new small findings are taken, and rounds are counted. A review never turns a red
 * gate green; it is asked only after they are. Remarks of people are findings too: they block until they are resolved.
 */
import type { CommitId, RepoPath, TreeId } from '../ids.ts';

/** blocker: must not land · major: a real fault · minor: worth changing · nit: a matter of taste. */
export const SEVERITIES = ['blocker', 'major', 'minor', 'nit'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const MIN_SCORE = 1;
export const MAX_SCORE = 10;

export interface ReviewPolicy {
  /** Key of `Plan.agents`: who judges. */
  readonly agent: string;
  /** A lower score is not accepted. */
  readonly minScore: number;
  /** Rounds before the review ends without agreement; a person who says "again" grants as many. */
  readonly maxIterations: number;
  /** escalate: a person is asked · fail: the task has failed · warn: it goes on, and the findings stay on record. */
  readonly onFail: 'escalate' | 'fail' | 'warn';
}

export interface Finding {
  /** `F1`, `F2`, … within the task; never used twice. */
  readonly id: string;
  readonly origin: 'reviewer' | 'person';
  /** Name of the agent or the person. */
  readonly by: string;
  readonly severity: Severity;
  /** null: about the change as a whole. */
  readonly file: RepoPath | null;
  readonly line: number | null;
  readonly title: string;
  readonly detail: string;
  readonly wave: number;
  /** Round that opened it; of a remark by a person: rounds there were before. */
  readonly round: number;
  readonly state:
    | {
        readonly kind: 'open';
        /** The author was given it to fix. */
        readonly isTold: boolean;
      }
    | { readonly kind: 'resolved'; readonly round: number; readonly by: string };
}

export interface ReviewRound {
  /** From 1 in each wave. */
  readonly number: number;
  readonly wave: number;
  readonly head: CommitId;
  readonly tree: TreeId;
  /** What was judged is the difference from here to `head`. */
  readonly since: CommitId;
  readonly agent: string;
  readonly session: string | null;
  readonly slot: string;
  readonly score: number;
  readonly summary: string;
  readonly isAccepted: boolean;
  /** Ids of findings. */
  readonly opened: readonly string[];
  readonly resolved: readonly string[];
  /** Resolved before, and there again. */
  readonly returned: readonly string[];
  /** New findings that were not taken: small ones, or outside of what was judged. */
  readonly dropped: number;
  /** What the reviewer wrote in its checkout; all of it was discarded. */
  readonly wrote: readonly RepoPath[];
  readonly atMs: number;
}

export interface ReviewState {
  readonly rounds: readonly ReviewRound[];
  readonly findings: readonly Finding[];
  /** The newest tree that needs no further round. */
  readonly accepted: { readonly head: CommitId; readonly tree: TreeId; readonly by: string } | null;
  /** Every tree that was accepted: of the work itself, and of resolutions of its conflicts. */
  readonly acceptedTrees: readonly TreeId[];
  /** Rounds before this place do not count towards the bound. */
  readonly countedFrom: number;
  /** Rounds before this place judged another worktree. */
  readonly freshFrom: number;
  /** Turns in a row that gave no verdict, and why the last did not. */
  readonly errors: {
    readonly count: number;
    readonly why: string;
    /** Of the last one, relative to the state folder; absent when there is none. */
    readonly log?: string;
  };
  /** Times in a row that its account had to wait. */
  readonly limits: number;
}

export const NO_REVIEW: ReviewState = {
  rounds: [],
  findings: [],
  accepted: null,
  acceptedTrees: [],
  countedFrom: 0,
  freshFrom: 0,
  errors: { count: 0, why: '' },
  limits: 0,
};

export function openFindings(review: ReviewState): readonly Finding[] {
  return review.findings.filter((finding) => finding.state.kind === 'open');
}

/** A person's remark, or what must not land by the reviewer's own word. */
export function isBlocking(finding: Finding): boolean {
  if (finding.state.kind !== 'open') return false;
  return finding.origin === 'person' || finding.severity === 'blocker' || finding.severity === 'major';
}

/** Whether the tree needs no further round. */
export function isAcceptedTree(review: ReviewState, tree: TreeId): boolean {
  return review.acceptedTrees.includes(tree);
}

/** Rounds of the wave on its present worktree, oldest first. */
export function roundsOfWave(review: ReviewState, wave: number): readonly ReviewRound[] {
  return review.rounds.slice(review.freshFrom).filter((round) => round.wave === wave);
}
