/** `copse run`: understands the words, loads the plan, and runs it or goes on with the run there is. */
import { randomBytes, randomInt } from 'node:crypto';
import type { BranchName, RunId, TaskId } from '../../../core/ids.ts';
import type { RunState } from '../../../core/run/state.ts';
import type { Fact } from '../../../core/schedule/snapshot.ts';
import { loadLatest, resumeRun, startRun } from '../../../engine/api.ts';
import { Failure } from '../../../kit/failure.ts';
import { parsePlan } from '../../../formats/plan/parse.ts';
import type { Context } from '../host.ts';
import { detect, DEFAULT_TARGET } from '../planning/detected.ts';
import { findPlan, isFile, requirePlan } from '../planning/find-plan.ts';
import {
  type LoadedPlan,
  loadPlan,
  onlyTasks,
  planOfPrompts,
  requireAgent,
  withAgent,
} from '../planning/load-plan.ts';
import { requireTrust } from '../planning/trust.ts';
import { type Session, withSession } from '../session.ts';
import { driveRun, interruptedTasks } from './drive.ts';
import { showDryRun } from './dry-run.ts';
import { detachRun } from './detach.ts';
import { endRun, isUnfinished } from './ending.ts';
import { understand, type Wish } from './understand.ts';

export interface RunRequest {
  readonly words: readonly string[];
  readonly parallel: number | null;
  readonly agent: string | null;
  readonly dryRun: boolean;
  readonly noMerge: boolean;
  readonly prepareOnly: boolean;
  readonly detach: boolean;
  readonly takeover: boolean;
}

export function performRun(context: Context, request: RunRequest): Promise<number> {
  return withSession(context, async (session) => {
    const latest = await loadLatest(session.deps.store);
    if (request.words.length === 0 && !request.dryRun && canResume(latest)) {
      return request.detach ? detachRun(session) : resumeLatest(session, latest, [], request.takeover);
    }
    const { loaded, only } = await load(session, request);
    if (request.dryRun) return showDryRun(session, loaded, only);
    if (!request.prepareOnly) requireAgent(loaded);
    await requireTrust(context, session.place, loaded);
    await refuseOverUnfinished(session, latest, request);
    if (request.detach) return detachRun(session);
    introduce(session, loaded);
    return begin(session, { loaded, only, request });
  });
}

/** Not finished, or what is proven or passed still waits: for its checkout, or for a person to say yes. */
function canResume(latest: RunState | null): latest is RunState {
  if (latest === null) return false;
  return latest.life.kind !== 'finished' || latest.queue.held !== null || isLeftOpen(latest);
}

/** It has ended, and still something of it is not settled: an approval, or a message that was being sent. */
export function isLeftOpen({ tasks, intents }: RunState): boolean {
  return (
    intents.size > 0 || [...tasks.values()].some(({ progress }) => progress.kind === 'awaiting-approval')
  );
}

/** Goes on with the newest run; `facts` come first. Used by `resume` and `retry` as well. */
export async function resumeLatest(
  session: Session,
  latest: RunState,
  facts: readonly Fact[],
  takeover: boolean,
): Promise<number> {
  const { deps, by, context } = session;
  context.out.note(`going on with ${latest.id} (${latest.plan.name})`);
  const again = interruptedTasks(latest).map((task) => reopening(task, by));
  const wake: readonly Fact[] =
    (latest.life.kind === 'running' || (latest.life.kind === 'finished' && latest.queue.held === null)) &&
    again.length + facts.length === 0
      ? []
      : [{ kind: 'run.resumed', by }, ...again, ...facts];
  const end = await driveRun(
    session,
    async (leadership, observer) => {
      const loop = await resumeRun(deps, leadership, observer);
      if (loop === null) throw new Failure('no-run', 'there is no run yet in this repository');
      for (const fact of wake) loop.tell(fact);
      observer({ events: [], state: loop.state });
      return loop;
    },
    { takeover },
  );
  return endRun(session, end);
}

export function reopening(
  task: TaskId,
  by: string,
  how: { readonly fresh: boolean; readonly wave: number | null } = { fresh: false, wave: null },
): Fact {
  return { kind: 'task.reopened', task, by, ...how };
}

interface Start {
  readonly loaded: LoadedPlan;
  readonly only: readonly TaskId[] | null;
  readonly request: Pick<RunRequest, 'noMerge' | 'prepareOnly' | 'parallel' | 'takeover'>;
}

/** Records a new run and drives it to its end. */
export async function begin(session: Session, { loaded, only, request }: Start): Promise<number> {
  const { deps } = session;
  const { plan } = loaded;
  const end = await driveRun(
    session,
    (leadership, observer) =>
      startRun(
        deps,
        leadership,
        {
          run: newRunId(deps.clock.now()),
          mode: 'plan',
          plan,
          target: plan.merge.into ?? (DEFAULT_TARGET as BranchName),
          options: {
            noMerge: request.noMerge,
            parallel: request.parallel,
            only,
            prepareOnly: request.prepareOnly,
            seed: randomInt(2 ** 31),
          },
          branches: [],
        },
        observer,
      ),
    { takeover: request.takeover },
  );
  return endRun(session, end);
}

export function newRunId(nowMs: number): RunId {
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '');
  return `run-${day}-${randomBytes(3).toString('hex')}` as RunId;
}

async function load(
  session: Session,
  request: RunRequest,
): Promise<{ readonly loaded: LoadedPlan; readonly only: readonly TaskId[] | null }> {
  const { context, place, deps } = session;
  const detected = await detect(context, place, deps.git);
  const input = { context, place, git: deps.git, detected };
  const wish = wishOf(session, request.words);
  let loaded: LoadedPlan;
  let only: readonly TaskId[] | null = null;
  switch (wish.kind) {
    case 'prompts':
      loaded = await planOfPrompts(input, wish.prompts, findPlan(context, place, null));
      break;
    case 'plan':
      loaded = await loadPlan(input, requirePlan(context, place, wish.file));
      break;
    case 'ids':
    case 'nothing':
      loaded = await loadPlan(input, requirePlan(context, place, null));
      if (wish.kind === 'ids') only = onlyTasks(loaded.plan, wish.ids);
      break;
  }
  if (request.agent === null) return { loaded, only };
  const plan = withAgent(loaded.plan, request.agent);
  const findings = loaded.findings.filter((line) => !line.startsWith('agent '));
  return { loaded: { ...loaded, plan, findings, origins: { ...loaded.origins, agent: 'plan' } }, only };
}

function wishOf({ context, place }: Session, words: readonly string[]): Wish {
  const [first] = words;
  const source = words.length === 0 || /\.ya?ml$/i.test(first ?? '') ? null : findPlan(context, place, null);
  const plan = source === null ? null : parsePlan(source.text, { file: source.shown }).plan;
  const taskIds = source === null ? null : (plan?.tasks.map((task) => task.id) ?? []);
  return understand(words, { isFile, taskIds });
}

/** An older run that is not over would be forgotten with its agents still at work. */
async function refuseOverUnfinished(
  session: Session,
  latest: RunState | null,
  request: RunRequest,
): Promise<void> {
  if (!isUnfinished(latest) || request.takeover) return;
  if ((await session.deps.store.leader()) !== null) return;
  throw new Failure('input-needed', `the run ${latest.id} is not finished`, {
    hint: 'copse run    # goes on with it; copse reset ends it',
  });
}

function introduce({ context }: Session, { findings, gateNotes }: LoadedPlan): void {
  const { out } = context;
  if (findings.length > 0) out.note('found', ...findings.map((line) => `  ${line}`));
  out.note(...gateNotes.map((line) => `  ${line}`));
}
