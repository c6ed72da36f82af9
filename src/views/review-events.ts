/** Events of reviews in public, and as lines of the story of a run. */
import { assertNever } from '../kit/assert.ts';
import type { ReviewEvent } from '../core/run/review-events.ts';
import type { RunState } from '../core/run/state.ts';
import { say } from './narration.ts';
import type { Narration } from './narration.ts';
import { counted, listed } from './words.ts';

export function reviewBody(event: ReviewEvent) {
  switch (event.kind) {
    case 'review.finished':
      return finishedBody(event);
    case 'review.commented': {
      const { task, by, severity, file, line, text } = event;
      return { type: event.kind, task, by, severity, file, line, text };
    }
    case 'review.settled':
      return { type: event.kind, task: event.task, by: event.by, findings: event.findings };
    case 'review.accepted': {
      const { task, by, head, tree, because } = event;
      return { type: event.kind, task, by, head, tree, reason: because };
    }
    default:
      return assertNever(event);
  }
}

function finishedBody(event: Extract<ReviewEvent, { kind: 'review.finished' }>) {
  const { intent, task, wave, head, tree, since, agent, session, outcome, wrote, turns, log } = event;
  return {
    type: event.kind,
    intent,
    task,
    wave,
    head,
    tree,
    since,
    agent,
    ...(session === null ? {} : { session }),
    outcome: outcome.kind,
    ...(outcome.kind === 'verdict'
      ? {
          score: outcome.verdict.score,
          summary: outcome.verdict.summary,
          findings: outcome.verdict.findings,
          earlier: outcome.verdict.earlier,
        }
      : {}),
    ...(outcome.kind === 'invalid' || outcome.kind === 'crash' ? { reason: outcome.why } : {}),
    ...(outcome.kind === 'limit' ? { reason: outcome.error.message } : {}),
    wrote,
    turns: turns.length,
    log,
  };
}

/** `state` is the run with the event applied. */
export function narrateReview(event: ReviewEvent, state: RunState): Narration | null {
  const { task } = event;
  switch (event.kind) {
    case 'review.finished':
      return finishedText(event, state);
    case 'review.commented': {
      const id = state.tasks.get(task)?.review.findings.at(-1)?.id ?? '';
      const place =
        event.file === null ? '' : ` on ${event.file}${event.line === null ? '' : `:${event.line}`}`;
      return say(0, 'info', `${task}  ${id} of ${event.by}${place}: ${event.text.split('\n')[0] ?? ''}`);
    }
    case 'review.settled':
      return say(0, 'info', `${task}  ${listed(event.findings)} settled by ${event.by}`);
    case 'review.accepted':
      return say(0, 'warn', `${task}  taken as it is by ${event.by}: ${event.because}`);
    default:
      return assertNever(event);
  }
}

function finishedText(
  event: Extract<ReviewEvent, { kind: 'review.finished' }>,
  state: RunState,
): Narration | null {
  const { task, agent, outcome } = event;
  switch (outcome.kind) {
    case 'verdict':
      return verdictText(event, state);
    case 'invalid':
      return say(0, 'warn', `${task}  ${agent} gave no verdict: ${outcome.why}`);
    case 'crash':
      return say(0, 'warn', `${task}  its reviewer ${agent} failed: ${outcome.why}`);
    case 'limit':
      return say(0, 'warn', `${task}  its reviewer ${agent} has to wait: ${outcome.error.message}`);
    case 'cancelled':
      return say(1, 'info', `${task}  its review was stopped`);
    default:
      return assertNever(outcome);
  }
}

function verdictText(
  event: Extract<ReviewEvent, { kind: 'review.finished' }>,
  state: RunState,
): Narration | null {
  const task = state.tasks.get(event.task);
  const round = task?.review.rounds.at(-1);
  const { outcome } = event;
  if (task === undefined || outcome.kind !== 'verdict') return null;
  if (round === undefined || round.head !== event.head)
    return say(0, 'info', `${event.task}  review: ${outcome.verdict.score}/10`);
  const parts = [
    ...(round.opened.length === 0
      ? []
      : [`${counted(round.opened.length, 'finding')} (${listed(round.opened)})`]),
    ...(round.resolved.length === 0 ? [] : [`${listed(round.resolved)} resolved`]),
    ...(round.returned.length === 0 ? [] : [`${listed(round.returned)} came back`]),
    ...(round.dropped === 0 ? [] : [`${round.dropped} not taken`]),
    ...(round.wrote.length === 0
      ? []
      : [`it wrote ${counted(round.wrote.length, 'file')} in its checkout, discarded`]),
  ];
  const most = task.task.review?.maxIterations;
  const bound = most === undefined ? '' : ` (at most ${most})`;
  const head = `${event.task}  review round ${round.number}${bound}: ${round.score}/10${round.isAccepted ? ', accepted' : ''}`;
  const text = parts.length === 0 ? head : `${head}; ${parts.join(', ')}`;
  return say(0, round.isAccepted ? 'done' : 'warn', text);
}
