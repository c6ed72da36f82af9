/**
 * A reviewer's turn at one exact head. It works in a checkout of our own, which is thrown away: what it writes reaches
 * nothing, and is told. Its process has a run folder like every agent's, so a turn that outlived its leader is found and
 * read, not repeated. What comes after each turn is `core/review/next-ask`'s to say.
 */
import type { TurnFacts } from '../../core/agents/turns.ts';
import type { RepoPath } from '../../core/ids.ts';
import type { AgentSpec } from '../../core/plan/model.ts';
import { type AskTerms, firstAsk, MAX_ASKS, nextAsk } from '../../core/review/next-ask.ts';
import { verdictRequest } from '../../core/review/verdict.ts';
import { MAX_RECORDED_PATHS } from '../../core/run/events.ts';
import type { ReviewEvent, ReviewOutcome } from '../../core/run/review-events.ts';
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import { isLeaderEnd } from '../cancel.ts';
import type { ActContext } from '../deps.ts';
import { type ReviewSubject, reviewSubject } from './review-subject.ts';
import { endReviewTurns, takeReviewTurn } from './review-turn.ts';
import { requireTask } from './workspace-spec.ts';

type RunReview = Extract<Step, { kind: 'run-review' }>;
type Finished = Extract<ReviewEvent, { kind: 'review.finished' }>;

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
  const { review } = requireTask(context.state, step.task);
  const { head: commit, number, session } = step;
  const request = verdictRequest(review, { commit, minScore: subject.minScore, isFirst: number === 1 });
  const terms: AskTerms = { request, session, canResume: canResume(agent) };
  const turns: TurnFacts[] = [];
  const written = new Set<RepoPath>();
  let ask = firstAsk(terms);
  for (;;) {
    const { exit, facts, answers, wrote, log } = await takeReviewTurn(agent, subject, ask, { step, context });
    turns.push(facts);
    for (const path of wrote) written.add(path);
    const reading = context.deps.verdicts.read(answers);
    const next = nextAsk(ask, { exit, stream: facts.stream, reading }, terms);
    if (next.kind === 'end')
      return { outcome: next.outcome, session: next.session, turns, wrote: [...written], log };
    ask = next.ask;
  }
}

function canResume(agent: AgentSpec): boolean {
  return agent.kind === 'command' && (agent.client?.resume ?? null) !== null;
}
