/** What surfaces call: start, resume and steer runs of one repository. Every function here leads or is led. */
import { Failure } from '../kit/failure.ts';
import type { BranchName, ChangeId, RunId } from '../core/ids.ts';
import type { Plan } from '../core/plan/model.ts';
import type { RunEvent, RunOptions } from '../core/run/events.ts';
import type { EntryWish } from '../core/run/queue-orders.ts';
import { fold } from '../core/run/reduce.ts';
import type { RunState } from '../core/run/state.ts';
import { outcomesUpTo } from '../core/schedule/queue-memory.ts';
import type { Fact } from '../core/schedule/snapshot.ts';
import type { Leadership } from '../ports/store.ts';
import type { Deps, Observer } from './deps.ts';
import { Journal } from './journal.ts';
import { loadLatest, noteRunStart } from './load-latest.ts';
import { RunLoop } from './loop.ts';
import { pruneState } from './retention.ts';
import { settleRemoteTarget, settleTarget } from './target.ts';

export { loadLatest };

/** Becomes the leader of the repository. Failure `leader-held` names who leads it. */
export async function lead(
  deps: Deps,
  who: { address: string | null; takeover: boolean },
): Promise<Leadership> {
  const outcome = await deps.store.lead(who);
  if (outcome.kind === 'leading') return outcome.leadership;
  const { pid, host, sinceMs } = outcome.by;
  const age = Math.round((deps.clock.now() - sinceMs) / 1_000);
  throw new Failure(
    'leader-held',
    `another Copse process leads this repository: pid ${pid} on ${host}, for ${age} s`,
    {
      hint: 'copse status    # or: copse run --takeover, which fences it off',
    },
  );
}

export interface NewRun {
  readonly run: RunId;
  readonly mode: 'plan' | 'merge';
  readonly plan: Plan;
  readonly target: BranchName;
  readonly options: RunOptions;
  /** Branches to land, in merge mode. */
  readonly branches: readonly BranchName[];
  /** What is wished for some of them. */
  readonly wishes?: ReadonlyMap<BranchName, EntryWish>;
}

/** Records a new run durably and answers with its loop, not yet running. */
export async function startRun(
  deps: Deps,
  leadership: Leadership,
  request: NewRun,
  observer: Observer,
): Promise<RunLoop> {
  const { remote } = request.options;
  const base =
    remote === undefined
      ? await settleTarget(deps, request.target, request.plan.workspace.base)
      : await settleRemoteTarget(deps, { remote, branch: request.target });
  const atMs = deps.clock.now();
  await pruneState(deps, request.run);
  const firstSeq = (await deps.store.lastSeq()) + 1;
  const journal = new Journal(deps.store, leadership.epoch, firstSeq - 1);
  const { run, mode, plan, target, options } = request;
  const entries: RunEvent[] = request.branches.map((branch) => ({
    kind: 'queue.entered',
    change: branch as string as ChangeId,
    task: null,
    wave: null,
    branch,
    head: null,
    title: branch,
    paths: [],
    ...wishOf(branch, request.wishes),
    atMs,
  }));
  const outcomes = outcomesUpTo(await loadLatest(deps.store));
  const learned = outcomes.length === 0 ? {} : { outcomes };
  const events: RunEvent[] = [
    { kind: 'run.started', run, mode, plan, target, base, options, ...learned, atMs },
    ...entries,
  ];
  await journal.append(run, events);
  await noteRunStart(deps.store, firstSeq);
  const state = fold(events);
  if (state === null)
    throw new Failure('run-unreadable', 'the run that was just recorded cannot be read back');
  observer({ events, state });
  return new RunLoop(deps, journal, leadership, state, observer);
}

function wishOf(branch: BranchName, wishes: NewRun['wishes']): { readonly wish?: EntryWish } {
  const wish = wishes?.get(branch);
  return wish === undefined ? {} : { wish };
}

/** The newest run again, from the log: what was intended and not settled is settled first. null when there is none. */
export async function resumeRun(
  deps: Deps,
  leadership: Leadership,
  observer: Observer,
): Promise<RunLoop | null> {
  const state = await loadLatest(deps.store);
  if (state === null) return null;
  const journal = new Journal(deps.store, leadership.epoch, await deps.store.lastSeq());
  return new RunLoop(deps, journal, leadership, state, observer);
}

/** Records facts on the newest run without running it. */
export async function recordFacts(
  deps: Deps,
  leadership: Leadership,
  facts: readonly Fact[],
): Promise<RunState> {
  const state = await loadLatest(deps.store);
  if (state === null)
    throw new Failure('no-run', 'there is no run yet in this repository', { hint: 'copse run' });
  const journal = new Journal(deps.store, leadership.epoch, await deps.store.lastSeq());
  const atMs = deps.clock.now();
  await journal.append(
    state.id,
    facts.map((fact) => ({ ...fact, atMs })),
  );
  return (await loadLatest(deps.store)) ?? state;
}
