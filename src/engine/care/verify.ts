/** Runs gates now, on whatever commit, and answers with their results. Lands nothing and decides nothing. */
import type { CommitId, IntentId } from '../../core/ids.ts';
import type { GateResult } from '../../core/gates/model.ts';
import type { RunEvent } from '../../core/run/events.ts';
import { fold } from '../../core/run/reduce.ts';
import type { RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { Leadership } from '../../ports/store.ts';
import { runGates } from '../act/run-gates.ts';
import type { Deps } from '../deps.ts';

export interface Verification {
  readonly verdict: 'green' | 'red' | 'cancelled';
  readonly commit: CommitId;
  readonly results: readonly GateResult[];
}

export interface VerifyRequest {
  /** Its plan's gates are run, each of them whatever its stage. */
  readonly started: Extract<RunEvent, { kind: 'run.started' }>;
  readonly commit: CommitId;
  /** Where metrics against the base are measured. */
  readonly base: CommitId;
  /** Recorded results of the same tree are not reused. */
  readonly fresh: boolean;
  readonly slot: string;
}

export async function verifyCommit(
  deps: Deps,
  leadership: Leadership,
  request: VerifyRequest,
  signal: AbortSignal,
): Promise<Verification> {
  const { commit, base, fresh, slot } = request;
  const results: GateResult[] = [];
  const collect = (fact: Fact): void => {
    if (fact.kind === 'gate.finished') results.push(fact.result);
  };
  const intent = `verify-${commit.slice(0, 12)}-${deps.clock.now().toString(36)}` as IntentId;
  const facts = await runGates(
    { kind: 'run-gates', subject: { kind: 'end' }, commit, tree: null, base, slot, fresh },
    {
      deps,
      leadership,
      state: stateOf(request),
      intent,
      emit: collect,
      signal,
      pickedPorts: new Set(),
    },
  );
  // The last result comes with the verdict, those before it came on the way.
  for (const fact of facts) collect(fact);
  const finished = facts.find((fact) => fact.kind === 'gates.finished');
  if (finished === undefined) throw new Failure('gate-lost', 'the gates ended without a verdict');
  return { verdict: finished.verdict, commit, results };
}

function stateOf({ started }: VerifyRequest): RunState {
  const { plan } = started;
  const gates = Object.fromEntries(
    Object.entries(plan.gates).map(([name, gate]) => [name, { ...gate, at: ['end'] as const }]),
  );
  const state = fold([{ ...started, plan: { ...plan, gates } }]);
  if (state === null) throw new Failure('run-unreadable', 'a run cannot be made of this plan');
  return state;
}
