/** The `data` of `copse.review/1`: the rounds of a task's review, and its findings, whoever made them. */
import { spendingOf } from '../core/agents/spending.ts';
import type { Finding, ReviewRound, Severity } from '../core/review/model.ts';
import { isBlocking, openFindings } from '../core/review/model.ts';
import { reviewPolicy, reviewStepOf } from '../core/schedule/reviews.ts';
import type { RunState, TaskState } from '../core/run/state.ts';
import { present } from './present.ts';
import { type UsageView, usageOf } from './usage-view.ts';
import type { Status } from './vocabulary.ts';
import { counted, shortId, timeOf } from './words.ts';

/** In `status`: where the review stands. */
export interface ReviewView {
  /** Of the present count, from 1; 0 before the first. */
  readonly round: number;
  /** Rounds allowed; absent where only people review. */
  readonly rounds?: number;
  /** Of the newest round; null before there was one. */
  readonly score: number | null;
  readonly min_score?: number;
  readonly open_findings: number;
  readonly blocking_findings: number;
  /** The head as it is needs no further round. */
  readonly accepted: boolean;
}

export interface ReviewDetail {
  readonly run: string;
  readonly task: string;
  readonly title: string;
  readonly status: Status;
  readonly reason: string;
  /** Absent where only people review. */
  readonly policy?: {
    readonly agent: string;
    readonly min_score: number;
    readonly max_iterations: number;
    readonly on_fail: 'escalate' | 'fail' | 'warn';
  };
  readonly head?: string;
  readonly accepted?: { readonly head: string; readonly tree: string; readonly by: string };
  /** The newest turns gave no verdict; absent once one did. */
  readonly no_verdict?: { readonly times: number; readonly reason: string; readonly log?: string };
  readonly rounds: readonly RoundView[];
  readonly findings: readonly FindingView[];
  /** What all turns of its reviewers used. */
  readonly usage: UsageView;
  readonly turns: number;
}

export interface RoundView {
  readonly round: number;
  readonly wave: number;
  readonly head: string;
  readonly tree: string;
  readonly since: string;
  readonly agent: string;
  readonly session?: string;
  readonly score: number;
  readonly accepted: boolean;
  readonly summary: string;
  readonly opened: readonly string[];
  readonly resolved: readonly string[];
  readonly returned: readonly string[];
  /** New findings that were not taken. */
  readonly dropped: number;
  /** What the reviewer wrote in its checkout; discarded. */
  readonly wrote?: readonly string[];
  readonly at: string;
}

export interface FindingView {
  readonly id: string;
  readonly origin: 'reviewer' | 'person';
  readonly by: string;
  readonly severity: Severity;
  readonly file: string | null;
  readonly line: number | null;
  readonly title: string;
  readonly detail: string;
  readonly wave: number;
  readonly round: number;
  readonly state: 'open' | 'resolved';
  readonly blocking: boolean;
  readonly resolved_in?: number;
  readonly resolved_by?: string;
}

/** null when nothing was ever reviewed and nothing will be. */
export function reviewView(task: TaskState): ReviewView | null {
  const policy = reviewPolicy(task);
  const { review } = task;
  if (policy === null && review.rounds.length === 0 && review.findings.length === 0) return null;
  const open = openFindings(review);
  return {
    round: countedRounds(task),
    ...(policy === null ? {} : { rounds: policy.maxIterations, min_score: policy.minScore }),
    score: review.rounds.at(-1)?.score ?? null,
    open_findings: open.length,
    blocking_findings: open.filter(isBlocking).length,
    accepted: isAccepted(task),
  };
}

/** Rounds that count towards the bound, the one under way among them. */
export function countedRounds(task: TaskState): number {
  const { rounds, countedFrom, freshFrom } = task.review;
  const done = rounds.length - Math.max(countedFrom, freshFrom);
  return done === 0 && isAccepted(task) ? (rounds.at(-1)?.number ?? 0) : done;
}

function isAccepted({ review, tree }: TaskState): boolean {
  return tree !== null && review.accepted?.tree === tree;
}

export function reviewDetail(task: TaskState, state: RunState, nowMs: number): ReviewDetail {
  const policy = reviewPolicy(task);
  const { status, reason } = present(task, state, nowMs);
  const { accepted } = task.review;
  const turns = state.sideTurns.filter((turn) => turn.phase === 'review' && turn.task === task.task.id);
  return {
    run: state.id,
    task: task.task.id,
    title: task.task.title,
    status,
    reason,
    ...(policy === null
      ? {}
      : {
          policy: {
            agent: policy.agent,
            min_score: policy.minScore,
            max_iterations: policy.maxIterations,
            on_fail: policy.onFail,
          },
        }),
    ...(task.head === null ? {} : { head: task.head }),
    ...(accepted === null ? {} : { accepted }),
    ...noVerdict(task),
    rounds: task.review.rounds.map(roundView),
    findings: task.review.findings.map(findingView),
    usage: usageOf(spendingOf(turns)),
    turns: turns.length,
  };
}

function noVerdict({ review }: TaskState): Pick<ReviewDetail, 'no_verdict'> {
  const { count, why, log } = review.errors;
  if (count === 0) return {};
  return { no_verdict: { times: count, reason: why, ...(log === undefined ? {} : { log }) } };
}

function roundView(round: ReviewRound): RoundView {
  const { number, session, isAccepted: accepted, wrote, atMs, ...rest } = round;
  const { wave, head, tree, since, agent, score, summary, opened, resolved, returned, dropped } = rest;
  return {
    round: number,
    wave,
    head,
    tree,
    since,
    agent,
    ...(session === null ? {} : { session }),
    score,
    accepted,
    summary,
    opened,
    resolved,
    returned,
    dropped,
    ...(wrote.length === 0 ? {} : { wrote }),
    at: timeOf(atMs),
  };
}

export function findingView(finding: Finding): FindingView {
  const { id, origin, by, severity, file, line, title, detail, wave, round, state } = finding;
  return {
    id,
    origin,
    by,
    severity,
    file,
    line,
    title,
    detail,
    wave,
    round,
    state: state.kind,
    blocking: isBlocking(finding),
    ...(state.kind === 'resolved' ? { resolved_in: state.round, resolved_by: state.by } : {}),
  };
}

/** `round 2/5 by checker on 1a2b3c4; 6/10 before, 2 open`, or why no reviewer starts; null when the task is not at review. */
export function reviewingReason(task: TaskState, state: RunState): string | null {
  const policy = reviewPolicy(task);
  if (task.progress.kind !== 'green' || policy === null) return null;
  const isAtWork = [...state.intents.values()].some(
    ({ step }) => step.kind === 'run-review' && step.task === task.task.id,
  );
  if (!isAtWork && reviewStepOf(task).kind !== 'review') return null;
  const round = `round ${countedRounds(task) + 1}/${policy.maxIterations}`;
  const last = task.review.rounds.at(-1);
  const open = openFindings(task.review).length;
  const before = last === undefined ? '' : `; ${last.score}/10 before, ${counted(open, 'finding')} open`;
  if (!isAtWork && task.hold !== null) return `${round}: ${task.hold}`;
  return `${round} by ${policy.agent} on ${shortId(task.progress.head)}${before}`;
}
