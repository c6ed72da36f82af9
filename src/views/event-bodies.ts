/** Public fields of task, worktree, attempt and queue events. Written out by hand: renaming a field inside must not rename it outside. */
import { assertNever } from '../kit/assert.ts';
import { originView } from './conflict-bodies.ts';
import type { AttemptEvent, LimitEvent, TaskEvent, WorkspaceEvent } from '../core/run/events.ts';
import type { QueueEvent } from '../core/run/queue-events.ts';
import type { Tokens } from '../core/agents/events.ts';
import type { StreamFacts } from '../core/agents/stream-facts.ts';
import { timeOf } from './words.ts';

export function taskBody(event: TaskEvent) {
  switch (event.kind) {
    case 'task.added':
      return { type: event.kind, task: event.task.id, title: event.task.title };
    case 'task.held':
      return { type: event.kind, task: event.task, reason: event.why };
    case 'task.retry':
      return {
        type: event.kind,
        task: event.task,
        cause: event.cause,
        agent: event.agent,
        not_before: timeOf(event.notBeforeMs),
        reason: event.feedback.summary,
        logs: event.feedback.logs,
        ...(event.onto === null ? {} : { onto: event.onto }),
      };
    case 'task.failed':
      return { type: event.kind, task: event.task, cause: event.cause, reason: event.detail };
    case 'task.needs_person': {
      const { task, cause, detail, files } = event;
      return { type: event.kind, task, cause, reason: detail, files };
    }
    case 'task.skipped':
      return { type: event.kind, task: event.task, reason: event.why };
    case 'task.stopped':
    case 'task.stop_requested':
    case 'task.skip_requested':
    case 'task.update_requested':
      return { type: event.kind, task: event.task, by: event.by };
    case 'task.reopened': {
      const { task, by, fresh, wave } = event;
      return { type: event.kind, task, by, fresh, ...(wave === null ? {} : { wave }) };
    }
    case 'wave.completed':
      return { type: event.kind, task: event.task, wave: event.wave, head: event.head };
    case 'task.verified':
      return { type: event.kind, task: event.task, head: event.head };
    default:
      return assertNever(event);
  }
}

export function workspaceBody(event: WorkspaceEvent) {
  switch (event.kind) {
    case 'workspace.prepared': {
      const { branch, path, base, isolation, ports } = event.workspace;
      const place = { branch, worktree: path, base, isolation, ports };
      return {
        type: event.kind,
        task: event.task,
        ...place,
        technique: event.technique,
        missing: event.missing,
      };
    }
    case 'workspace.failed':
      return {
        type: event.kind,
        task: event.task,
        cause: event.what,
        reason: event.detail,
        ...(event.log === null ? {} : { log: event.log }),
      };
    case 'workspace.updated':
      return { type: event.kind, task: event.task, head: event.head, onto: event.onto };
    case 'workspace.conflicted':
      return { type: event.kind, task: event.task, onto: event.onto, files: event.files };
    case 'workspace.removed': {
      const { task, outcome, unsaved, branch } = event;
      return { type: event.kind, task, outcome, unsaved, branch_outcome: branch };
    }
    default:
      return assertNever(event);
  }
}

export function attemptBody(event: AttemptEvent) {
  switch (event.kind) {
    case 'attempt.started': {
      const { task, attempt, wave, agent, headBefore, session, messages } = event;
      const resumed = session === undefined || session === null ? {} : { session };
      const told = messages === undefined ? {} : { messages };
      return { type: event.kind, task, attempt, wave, agent, head_before: headBefore, ...resumed, ...told };
    }
    case 'attempt.exited': {
      const { code, signal, cause, detail, durationMs, outputBytes, survivors } = event.exit;
      return {
        type: event.kind,
        task: event.task,
        attempt: event.attempt,
        cause,
        exit_code: code,
        signal,
        ...(detail === null ? {} : { reason: detail }),
        duration_ms: Math.round(durationMs),
        output_bytes: outputBytes,
        survivors,
      };
    }
    case 'attempt.collected':
      return collectedBody(event);
    case 'attempt.judged': {
      const { task, attempt, verdict, because } = event;
      return { type: event.kind, task, attempt, verdict, reason: because };
    }
    case 'attempt.stop_sent':
      return { type: event.kind, task: event.task, attempt: event.attempt };
    default:
      return assertNever(event);
  }
}

/** What its client told; `thread`: totals of the whole conversation, of which earlier attempts used a part. */
function streamFields(stream: StreamFacts | undefined) {
  if (stream === undefined) return {};
  const { session, model, tokens, usd, threadTokens, threadUsd, tools, denied } = stream;
  return {
    ...(session === null ? {} : { session }),
    ...(model === null ? {} : { model }),
    tools,
    denied,
    told: { tokens: tokensBody(tokens), usd, thread_tokens: tokensBody(threadTokens), thread_usd: threadUsd },
  };
}

function tokensBody(tokens: Tokens | null) {
  if (tokens === null) return null;
  const { input, cacheRead, cacheWrite, output } = tokens;
  return { input, cache_read: cacheRead, cache_write: cacheWrite, output };
}

function collectedBody(event: Extract<AttemptEvent, { kind: 'attempt.collected' }>) {
  const { facts } = event;
  return {
    type: event.kind,
    task: event.task,
    attempt: event.attempt,
    head: facts.head,
    new_commits: facts.newCommits,
    changed: { files: facts.changedCount, insertions: facts.insertions, deletions: facts.deletions },
    ...(facts.refusal === null ? {} : { refusal: facts.refusal }),
    ...(facts.committedOnBehalf === null ? {} : { committed_on_behalf: facts.committedOnBehalf }),
    ...(facts.salvageRef === null ? {} : { salvage: facts.salvageRef }),
    violations: facts.violations,
    out_of_scope: facts.outOfScope,
    conflict_markers: facts.conflictMarkers,
    unsafe: facts.unsafe,
    ...streamFields(facts.stream),
  };
}

export function limitBody(event: LimitEvent) {
  switch (event.kind) {
    case 'account.parked': {
      const { account, because, untilMs, why, task, attempt } = event;
      const until = untilMs === null ? {} : { until: timeOf(untilMs) };
      return { type: event.kind, account, cause: because, ...until, reason: why, task, attempt };
    }
    case 'budget.exceeded': {
      const { task, what, spent, limit, action } = event;
      return { type: event.kind, ...(task === null ? {} : { task }), measure: what, spent, limit, action };
    }
    default:
      return assertNever(event);
  }
}

export function queueBody(event: QueueEvent) {
  switch (event.kind) {
    case 'queue.entered': {
      const { change, task, branch, head, title, wave } = event;
      const owner = { ...(task === null ? {} : { task }), ...(wave === null ? {} : { wave }) };
      const from = event.origin === undefined ? {} : { origin: originView(event.origin) };
      return {
        type: event.kind,
        change,
        ...owner,
        branch,
        title,
        ...(head === null ? {} : { head }),
        ...from,
      };
    }
    case 'queue.taken_in': {
      const { change, outcome, head, detail } = event;
      return { type: event.kind, change, outcome, head, reason: detail };
    }
    case 'build.made': {
      const { build, tip, tree, commits } = event;
      return { type: event.kind, build, tip, tree, commits };
    }
    case 'build.conflicted': {
      const { build, tip, change, withChange, files } = event;
      return {
        type: event.kind,
        build,
        tip,
        change,
        ...(withChange === null ? {} : { with: withChange }),
        files,
      };
    }
    case 'build.cancelled':
      return { type: event.kind, build: event.build, reason: event.because };
    case 'landed': {
      const { build, from, to, changes, checkout } = event;
      return { type: event.kind, build, from, to, changes, checkout };
    }
    case 'landing.void':
      return { type: event.kind, build: event.build, reason: event.because };
    case 'landing.held':
      return { type: event.kind, build: event.build, checkout: event.checkout, commit: event.to };
    case 'target.moved':
      return { type: event.kind, from: event.from, to: event.to, how: event.how };
    case 'change.ejected': {
      const { change, because, detail, red, green, files } = event;
      const evidence = { ...(red === null ? {} : { red }), ...(green === null ? {} : { green }) };
      return { type: event.kind, change, reason: because, evidence: detail, ...evidence, files };
    }
    default:
      return assertNever(event);
  }
}
