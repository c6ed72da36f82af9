/** Folds reviews: verdicts, remarks of people, their word on findings, and what a reviewer's trouble means for its account. */
import { assertNever } from '../../kit/assert.ts';
import { accountOf } from '../agents/accounts.ts';
import type { AgentError } from '../agents/events.ts';
import { withTurns } from '../agents/turns.ts';
import type { Finding, ReviewState } from '../review/model.ts';
import { NO_REVIEW, openFindings } from '../review/model.ts';
import { settleVerdict } from '../review/settle.ts';
import type { TaskId } from '../ids.ts';
import { resolutionRefused } from './reduce-conflict.ts';
import { progressed } from './progressed.ts';
import type { ReviewEvent } from './review-events.ts';
import type { RunState, TaskState } from './state.ts';

type Timed<E> = E & { readonly atMs: number };
type Finished = Timed<Extract<ReviewEvent, { kind: 'review.finished' }>>;

/** Pause of an account whose limit does not say when it ends; each next one in a row is twice as long. */
const LIMIT_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 30 * 60_000;
/** After the moment a limit is said to end: clocks differ. */
const MARGIN_MS = 1_000;

export function reduceReview(state: RunState, event: Timed<ReviewEvent>): RunState {
  const task = state.tasks.get(event.task);
  if (task === undefined) return state;
  switch (event.kind) {
    case 'review.finished':
      // Told twice after a crash: what was counted once stays as it is.
      return state.intents.has(event.intent) ? finished(state, task, event) : state;
    case 'review.commented':
      return commented(state, task, event);
    case 'review.settled':
      return settled(state, task, event);
    case 'review.accepted':
      return accepted(state, task, event);
    default:
      return assertNever(event);
  }
}

function finished(state: RunState, task: TaskState, event: Finished): RunState {
  const { outcome, turns, atMs } = event;
  const next = withTurns(state, { phase: 'review', task: event.task, atMs }, turns);
  const { review } = task;
  switch (outcome.kind) {
    case 'verdict':
      return afterVerdict(withReview(next, task, judged(review, task, event, outcome.verdict)), event);
    case 'invalid':
    case 'crash':
      return withReview(next, task, failedTurn(review, outcome.why, event.log));
    case 'limit':
      return withReview(parked(next, event, { error: outcome.error, inARow: review.limits }), task, {
        ...review,
        limits: review.limits + 1,
      });
    case 'cancelled':
      return next;
    default:
      return assertNever(outcome);
  }
}

function judged(
  review: ReviewState,
  task: TaskState,
  event: Finished,
  verdict: Parameters<typeof settleVerdict>[1]['verdict'],
): ReviewState {
  const { wave, head, tree, since, agent, session, slot, wrote, delta, atMs } = event;
  const minScore = task.task.review?.minScore ?? 0;
  return settleVerdict(
    review,
    { wave, head, tree, since, agent, session, slot, wrote, delta, atMs, verdict },
    { minScore },
  );
}

/** A resolution that was not accepted goes back to the chain of its conflict. */
function afterVerdict(state: RunState, event: Finished): RunState {
  const review = state.tasks.get(event.task)?.review;
  const round = review?.rounds.at(-1);
  if (event.change === undefined || review === undefined || round === undefined || round.isAccepted)
    return state;
  const open = openFindings(review).map((finding) => `${finding.id} ${finding.severity}: ${finding.title}`);
  return resolutionRefused(
    state,
    event.change,
    `reviewed ${round.score}/10${open.length === 0 ? '' : `: ${open.slice(0, 5).join('; ')}`}`,
  );
}

/** The world refused the turn, and the task itself is not at fault. */
export function reviewRefused(state: RunState, id: TaskId, why: string): RunState {
  const task = state.tasks.get(id);
  return task === undefined ? state : withReview(state, task, failedTurn(task.review, why));
}

function failedTurn(review: ReviewState, why: string, log?: string): ReviewState {
  const count = review.errors.count + 1;
  return { ...review, errors: { count, why, ...(log === undefined ? {} : { log }) } };
}

function parked(
  state: RunState,
  { agent, atMs }: Finished,
  { error, inARow }: { readonly error: AgentError; readonly inARow: number },
): RunState {
  const spec = state.plan.agents[agent];
  const account = spec === undefined ? agent : accountOf(spec);
  const isAuth = error.class === 'auth';
  const pauseMs = Math.min(LONGEST_PAUSE_MS, LIMIT_PAUSE_MS * 2 ** Math.min(20, inARow));
  const saidMs = error.resetsAtMs ?? atMs + (error.resetInMs ?? pauseMs);
  const untilMs = isAuth ? null : Math.max(saidMs, atMs) + MARGIN_MS;
  const because = isAuth ? ('auth' as const) : ('rate_limit' as const);
  return {
    ...state,
    accounts: new Map(state.accounts).set(account, { because, untilMs, why: error.message }),
  };
}

function commented(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<ReviewEvent, { kind: 'review.commented' }>>,
): RunState {
  const { review } = task;
  const { by, severity, file, line, text } = event;
  const [title = '', ...more] = text.trim().split('\n');
  const finding: Finding = {
    id: `F${review.findings.length + 1}`,
    origin: 'person',
    by,
    severity,
    file,
    line,
    title,
    detail: more.join('\n').trim(),
    wave: task.wave,
    round: review.rounds.at(-1)?.number ?? 0,
    state: { kind: 'open', isTold: false },
  };
  // There is work again, so the run goes on.
  const isWork = waitsForPerson(task) || task.progress.kind === 'verified';
  const life = isWork && state.life.kind === 'finished' ? ({ kind: 'running' } as const) : state.life;
  return withReview({ ...state, life }, task, { ...review, findings: [...review.findings, finding] });
}

function settled(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<ReviewEvent, { kind: 'review.settled' }>>,
): RunState {
  const { review } = task;
  const round = review.rounds.at(-1)?.number ?? 0;
  const findings = review.findings.map((finding): Finding =>
    finding.state.kind === 'open' && event.findings.includes(finding.id)
      ? { ...finding, state: { kind: 'resolved', round, by: event.by } }
      : finding,
  );
  const next = { ...review, findings };
  if (openFindings(next).length > 0 || !waitsForPerson(task)) return withReview(state, task, next);
  // The last one, while a person was asked: nothing is in the way of what lies there.
  return goOn(state, task, next, event);
}

function accepted(
  state: RunState,
  task: TaskState,
  event: Timed<Extract<ReviewEvent, { kind: 'review.accepted' }>>,
): RunState {
  const { review } = task;
  if (event.head !== task.head) return state;
  // Its author was given findings and changed nothing: what was green before is what goes on.
  if (waitsForPerson(task) || task.progress.kind === 'judged') return goOn(state, task, review, event);
  return withReview(state, task, asAccepted(task, review, event.by));
}

/** A person's word ends the wait: the head is taken as it is, once its gates say the same as before. */
function goOn(
  state: RunState,
  task: TaskState,
  review: ReviewState,
  { by, atMs }: { readonly by: string; readonly atMs: number },
): RunState {
  const { head, tree } = task;
  if (head === null || tree === null) return withReview(state, task, review);
  const next = { ...asAccepted(task, review, by), errors: NO_REVIEW.errors, limits: 0 };
  const life = state.life.kind === 'finished' ? ({ kind: 'running' } as const) : state.life;
  return withReview({ ...state, life }, progressed(task, { kind: 'verifying', head, tree }, atMs), next);
}

function asAccepted(task: TaskState, review: ReviewState, by: string): ReviewState {
  const { head, tree } = task;
  if (head === null || tree === null) return review;
  return {
    ...review,
    accepted: { head, tree, by },
    acceptedTrees: [...review.acceptedTrees, tree],
    countedFrom: review.rounds.length,
  };
}

/** Asked because of a review, or failed by one. */
export function waitsForPerson(task: TaskState): boolean {
  const { progress } = task;
  return (progress.kind === 'needs-person' || progress.kind === 'failed') && progress.cause === 'review';
}

function withReview(state: RunState, task: TaskState, review: ReviewState): RunState {
  return { ...state, tasks: new Map(state.tasks).set(task.task.id, { ...task, review }) };
}

/** Every open finding was put before the author. */
export function told(review: ReviewState): ReviewState {
  return {
    ...review,
    findings: review.findings.map((finding): Finding =>
      finding.state.kind === 'open' ? { ...finding, state: { kind: 'open', isTold: true } } : finding,
    ),
  };
}

/** Another try on a person's word: the bound counts anew; a new worktree begins without the findings of the old one. */
export function reviewReopened(review: ReviewState, by: string, isFresh: boolean): ReviewState {
  const next = { ...review, countedFrom: review.rounds.length, errors: NO_REVIEW.errors, limits: 0 };
  if (!isFresh) return next;
  return {
    ...next,
    freshFrom: review.rounds.length,
    accepted: null,
    acceptedTrees: [],
    findings: review.findings.map((finding): Finding =>
      finding.state.kind === 'open' && finding.origin === 'reviewer'
        ? { ...finding, state: { kind: 'resolved', round: 0, by } }
        : finding,
    ),
  };
}
