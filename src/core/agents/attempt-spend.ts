/** What an attempt used, with what earlier attempts of the same conversation had used taken off. */
import type { AttemptState, RunState } from '../run/state.ts';
import { type Spend, spendOf, type ThreadTotals } from './spend.ts';
import type { StreamFacts } from './stream-facts.ts';

export function attemptSpend(state: RunState, attempt: AttemptState, stream: StreamFacts): Spend {
  const spec = state.plan.agents[attempt.agent];
  const client = spec?.kind === 'command' ? (spec.client ?? null) : null;
  const model = client?.model ?? client?.pricedAs ?? null;
  return spendOf(stream, totalsBefore(state, attempt, stream), { prices: state.plan.prices ?? {}, model });
}

/** The newest totals that earlier attempts told of the conversation; null when it is new. */
function totalsBefore(state: RunState, attempt: AttemptState, stream: StreamFacts): ThreadTotals | null {
  const sessions = new Set([stream.session, attempt.session].filter((one) => one !== null));
  const told = (state.tasks.get(attempt.task)?.attempts ?? []).flatMap((id) => {
    const earlier = id === attempt.id ? undefined : state.attempts.get(id)?.facts?.stream;
    const session = earlier?.session ?? null;
    return earlier !== undefined && session !== null && sessions.has(session) ? [earlier] : [];
  });
  if (told.length === 0) return null;
  const priced = told.findLast((one) => one.threadUsd !== null);
  return {
    tokens: told.findLast((one) => one.threadTokens !== null)?.threadTokens ?? null,
    usd: priced?.threadUsd ?? null,
    usdTokens: priced?.threadUsdTokens ?? null,
  };
}
