/**
 * What earlier queues of a project teach the next one. Outcomes are folded, oldest first, into counts that fade (a project
 * changes its habits) and into a pass rate for every agent that was judged often enough. Pure; the caller keeps the list.
 */
import type { ChangeId } from '../ids.ts';
import type { QueueChange, QueueHistory, QueueSnapshot } from './model.ts';

/** How one change left a queue. */
export interface QueueOutcome {
  readonly change: ChangeId;
  /** Which queue it was in; pairs are counted within one queue only. */
  readonly queue: string;
  /** Who wrote it; null when unknown. */
  readonly agent: string | null;
  readonly result: 'landed' | 'broken' | 'conflict' | 'withdrawn';
  readonly scopes: readonly string[];
}

export interface QueueMemory {
  readonly history: QueueHistory;
  /** Probability that a change of this agent is green alone; only agents with enough outcomes. */
  readonly passByAgent: ReadonlyMap<string, number>;
}

/** Only the newest outcomes count. */
const MOST_OUTCOMES = 1_000;
/** After this many younger outcomes one counts half. */
const HALF_LIFE = 50;
/** Outcomes an agent needs before its own rate replaces that of the project. */
const LEAST_SAMPLES = 20;
/** How many outcomes of its own outweigh the rate of the project. */
const PRIOR_SAMPLES = 10;
/** Landed changes of one queue a new one is paired with. */
const MOST_PARTNERS = 200;

/** Folds outcomes, oldest first, into what the next queue of the project should believe. */
export function rememberOutcomes(outcomes: readonly QueueOutcome[]): QueueMemory {
  const newest = outcomes.slice(-MOST_OUTCOMES).filter((outcome) => outcome.result !== 'withdrawn');
  const fade = 0.5 ** (1 / HALF_LIFE);
  const sums = { changes: 0, broken: 0, overlappingPairs: 0, conflicts: 0 };
  const agents = new Map<string, { samples: number; weight: number; passed: number }>();
  const landed = new Map<string, QueueOutcome[]>();
  for (const outcome of newest) {
    for (const key of ['changes', 'broken', 'overlappingPairs', 'conflicts'] as const) sums[key] *= fade;
    sums.changes += 1;
    if (outcome.result === 'broken') sums.broken += 1;
    const before = landed.get(outcome.queue) ?? [];
    if (outcome.result === 'landed') {
      sums.overlappingPairs += before.slice(-MOST_PARTNERS).filter((other) => doTouch(outcome, other)).length;
      landed.set(outcome.queue, [...before.slice(-MOST_PARTNERS), outcome]);
    }
    if (outcome.result === 'conflict') {
      sums.overlappingPairs += 1;
      sums.conflicts += 1;
    }
    if (outcome.agent !== null) {
      const own = agents.get(outcome.agent) ?? { samples: 0, weight: 0, passed: 0 };
      agents.set(outcome.agent, {
        samples: own.samples + 1,
        weight: own.weight * fade + 1,
        passed: own.passed * fade + (outcome.result === 'broken' ? 0 : 1),
      });
    }
  }
  const project = (sums.changes - sums.broken + 9) / (sums.changes + 10);
  const rates = [...agents].flatMap(([agent, own]): [string, number][] =>
    own.samples < LEAST_SAMPLES
      ? []
      : [[agent, (own.passed + PRIOR_SAMPLES * project) / (own.weight + PRIOR_SAMPLES)]],
  );
  return { history: sums, passByAgent: new Map(rates) };
}

/** The snapshot with what is remembered; a prediction a change brings along is kept. */
export function withMemory(
  snapshot: QueueSnapshot,
  memory: QueueMemory,
  agentOf: (change: ChangeId) => string | null,
): QueueSnapshot {
  const predicted = (change: QueueChange): number | null => {
    const agent = agentOf(change.id);
    return change.predictedPass ?? (agent === null ? null : (memory.passByAgent.get(agent) ?? null));
  };
  return {
    ...snapshot,
    history: memory.history,
    pending: snapshot.pending.map((change) => ({ ...change, predictedPass: predicted(change) })),
  };
}

/** The outcomes of everything that left this queue, in no particular order but landed ones first. */
export function outcomesOf(
  snapshot: QueueSnapshot,
  queue: string,
  agentOf: (change: ChangeId) => string | null,
): readonly QueueOutcome[] {
  const scopes = new Map((snapshot.departed ?? []).map((change) => [change.id, change.scopes]));
  const outcome = (change: ChangeId, result: QueueOutcome['result']): QueueOutcome => ({
    change,
    queue,
    agent: agentOf(change),
    result,
    scopes: scopes.get(change) ?? [],
  });
  return [
    ...snapshot.landed.map((id) => outcome(id, 'landed')),
    ...snapshot.ejected.map(({ id, because }) => outcome(id, because)),
  ];
}

function doTouch(a: QueueOutcome, b: QueueOutcome): boolean {
  return a.scopes.some((scope) => b.scopes.includes(scope));
}
