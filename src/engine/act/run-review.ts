/**
 * A reviewer's turn at one exact head. It works in a checkout of our own, which is thrown away: what it writes reaches
 * nothing, and is told. Its process has a run folder like every agent's, so a turn that outlived its leader is found and
 * read, not repeated. An answer that cannot be taken is asked for again in the same conversation, a few times.
 */
import type { AgentError } from '../../core/agents/events.ts';
import type { TurnFacts } from '../../core/agents/turns.ts';
import type { RepoPath } from '../../core/ids.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import { openFindings } from '../../core/review/model.ts';
import { type Verdict, verdictFault } from '../../core/review/verdict.ts';
import { MAX_RECORDED_PATHS } from '../../core/run/events.ts';
import type { ReviewEvent, ReviewOutcome } from '../../core/run/review-events.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { ProcessExit } from '../../ports/processes.ts';
import { isLeaderEnd } from '../cancel.ts';
import type { ActContext } from '../deps.ts';
import { type ReviewSubject, reviewSubject } from './review-subject.ts';
import { endReviewTurns, type ReviewAsk, type ReviewTurn, takeReviewTurn } from './review-turn.ts';
import { requireTask } from './workspace-spec.ts';

type RunReview = Extract<Step, { kind: 'run-review' }>;
type Finished = Extract<ReviewEvent, { kind: 'review.finished' }>;

/** Times one answer is asked for. */
export const MAX_ASKS = 3;

export async function runReview(step: RunReview, context: ActContext): Promise<readonly Fact[]> {
  try {
    return [await review(step, context)];
  } catch (error) {
    // The world refused, and the intent is given up: a turn of it that a leader before this one began must not go on alone.
    if (error instanceof Failure && !isLeaderEnd(error)) await endReviewTurns(MAX_ASKS, context);
    throw error;
  }
}

async function review(step: RunReview, context: ActContext): Promise<Finished> {
  const agent = context.state.plan.agents[step.agent];
  if (agent === undefined) throw new Failure('agent-unknown', `the plan defines no agent ${step.agent}`);
  const subject = await reviewSubject(step, context);
  const asked = await askUntilAnswered(agent, subject, step, context);
  const { intent } = context;
  const { task, wave, head, tree, slot } = step;
  return {
    kind: 'review.finished',
    intent,
    task,
    wave,
    head,
    tree,
    ...(step.change === undefined ? {} : { change: step.change }),
    since: subject.since,
    agent: step.agent,
    slot,
    session: asked.session,
    outcome: asked.outcome,
    delta: subject.files.slice(0, MAX_RECORDED_PATHS),
    wrote: asked.wrote.slice(0, MAX_RECORDED_PATHS),
    turns: asked.turns,
    log: asked.log,
  };
}

interface Asked {
  readonly outcome: ReviewOutcome;
  readonly session: string | null;
  readonly turns: readonly TurnFacts[];
  readonly wrote: Finished['wrote'];
  readonly log: string;
}

async function askUntilAnswered(
  agent: AgentSpec,
  subject: ReviewSubject,
  step: RunReview,
  context: ActContext,
): Promise<Asked> {
  const turns: TurnFacts[] = [];
  const written = new Set<RepoPath>();
  let ask: ReviewAsk = { number: 1, session: step.session, fault: null };
  for (;;) {
    const turn = await takeReviewTurn(agent, subject, ask, { step, context });
    turns.push(turn.facts);
    for (const path of turn.wrote) written.add(path);
    const { log } = turn;
    const session = sessionAfter(agent, turn, ask);
    const end = (outcome: ReviewOutcome): Asked => ({ outcome, session, turns, wrote: [...written], log });
    if (turn.exit === null) return end({ kind: 'cancelled' });
    const limit = limitOf(turn);
    if (limit !== null) return { ...end({ kind: 'limit', error: limit }), session: step.session };
    if (isLostSession(turn) && ask.session !== null && ask.number < MAX_ASKS) {
      ask = { number: ask.number + 1, session: null, fault: null };
      continue;
    }
    const crash = crashOf(turn.exit);
    if (crash !== null) return end({ kind: 'crash', why: crash });
    const answer = answerOf(turn, subject, step, context);
    if (answer.kind === 'verdict') return end(answer);
    if (ask.number >= MAX_ASKS)
      return end({ kind: 'invalid', why: `asked ${MAX_ASKS} times, and the last answer: ${answer.fault}` });
    ask = { number: ask.number + 1, session, fault: answer.fault };
  }
}

type Answer =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'fault'; readonly fault: string };

function answerOf(turn: ReviewTurn, subject: ReviewSubject, step: RunReview, context: ActContext): Answer {
  const { review } = requireTask(context.state, step.task);
  const reading = context.deps.verdicts.read(turn.answers);
  if (reading.kind === 'unreadable') return { kind: 'fault', fault: reading.why };
  const open = openFindings(review);
  const fault = verdictFault(reading.verdict, {
    commit: step.head,
    open: open.map((finding) => finding.id),
    ofPeople: open.filter((finding) => finding.origin !== 'reviewer').map((finding) => finding.id),
    minScore: subject.minScore,
    isFirst: step.number === 1,
  });
  return fault === null ? { kind: 'verdict', verdict: reading.verdict } : { kind: 'fault', fault };
}

/** A client that tells no session cannot be gone on with; the next question then carries the whole brief. */
function sessionAfter(agent: AgentSpec, { facts }: ReviewTurn, ask: ReviewAsk): string | null {
  const canResume = agent.kind === 'command' && (agent.client?.resume ?? null) !== null;
  if (!canResume) return null;
  return facts.stream?.hasBegun === true ? facts.stream.session : ask.session;
}

function errorOf({ facts }: ReviewTurn): AgentError | null {
  const ending = facts.stream?.ending;
  return ending === undefined || ending.kind === 'ok' ? null : ending.error;
}

function limitOf(turn: ReviewTurn): AgentError | null {
  const error = errorOf(turn);
  return error !== null && (error.class === 'rate_limit' || error.class === 'auth') ? error : null;
}

function isLostSession(turn: ReviewTurn): boolean {
  return errorOf(turn)?.class === 'session';
}

/** What an agent said before it failed is not its verdict. */
function crashOf(exit: ProcessExit): string | null {
  if (exit.cause !== 'exited')
    return `it ended with ${exit.cause}${exit.detail === null ? '' : `: ${exit.detail}`}`;
  return exit.code === 0 ? null : `it exited with ${exit.code ?? exit.signal ?? 'an error'}`;
}
