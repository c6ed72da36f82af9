/** Turns of agents beside the attempts: at a review, at a conflict. They cost the same money and count in the same budgets. */
import type { TaskId } from '../ids.ts';
import type { RunState } from '../run/state.ts';
import { type Spend, spendOf, type ThreadTotals } from './spend.ts';
import type { StreamFacts } from './stream-facts.ts';

export type SidePhase = 'review' | 'resolve';

/** What its effect reports of one turn; several when an answer was asked for again. */
export interface TurnFacts {
  readonly agent: string;
  readonly durationMs: number;
  /** null: nothing is read out of its output. */
  readonly stream: StreamFacts | null;
}

export interface SideTurn {
  readonly phase: SidePhase;
  /** null: for a branch that no task stands for. */
  readonly task: TaskId | null;
  readonly agent: string;
  readonly endedAtMs: number;
  readonly exit: { readonly durationMs: number };
  readonly spend: Spend | null;
  readonly session: string | null;
  /** Totals of its conversation when it ended. */
  readonly thread: ThreadTotals;
}

/** The turns of one effect, added to what the run has used. */
export function withTurns(
  state: RunState,
  of: { readonly phase: SidePhase; readonly task: TaskId | null; readonly atMs: number },
  turns: readonly TurnFacts[],
): RunState {
  const sideTurns = [...state.sideTurns];
  for (const turn of turns) sideTurns.push(sideTurn(sideTurns, state, of, turn));
  return { ...state, sideTurns };
}

function sideTurn(
  before: readonly SideTurn[],
  state: RunState,
  of: { readonly phase: SidePhase; readonly task: TaskId | null; readonly atMs: number },
  { agent, durationMs, stream }: TurnFacts,
): SideTurn {
  const session = stream?.session ?? null;
  const known = session === null ? undefined : before.findLast((one) => one.session === session);
  const spec = state.plan.agents[agent];
  const client = spec?.kind === 'command' ? (spec.client ?? null) : null;
  const pricing = { prices: state.plan.prices ?? {}, model: client?.model ?? client?.pricedAs ?? null };
  return {
    phase: of.phase,
    task: of.task,
    agent,
    endedAtMs: of.atMs,
    exit: { durationMs },
    spend: stream === null ? null : spendOf(stream, known?.thread ?? null, pricing),
    session,
    thread: {
      tokens: stream?.threadTokens ?? known?.thread.tokens ?? null,
      usd: stream?.threadUsd ?? known?.thread.usd ?? null,
      usdTokens:
        (stream?.threadUsd === null ? null : stream?.threadUsdTokens) ?? known?.thread.usdTokens ?? null,
    },
  };
}
