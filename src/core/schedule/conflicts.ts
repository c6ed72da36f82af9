/** What happens to a change that cannot be merged with the target: its record, and the next stage of the plan's chain. */
import { assertNever } from '../../kit/assert.ts';
import type { ChangeId, RepoPath } from '../ids.ts';
import type { ConflictMeans } from '../plan/model.ts';
import type { ConflictState, ResolutionTry } from '../run/conflict.ts';
import type { BuildState, ChangeState, RunState } from '../run/state.ts';
import type { Step } from '../run/steps.ts';
import { resolutionStanding } from './reviews.ts';
import { parallelLimit, usesSlot } from './limits.ts';
import type { Decision, Snapshot } from './snapshot.ts';

/** Turns of an agent at one conflict on one target. */
const AGENT_TRIES = 2;
/** Times a change may be in conflict anew because the target moved under its resolution, before a person is asked. */
const MAX_ROUNDS = 5;
/** Files named in a sentence. */
const NAMED_FILES = 3;

/** Every build that the tip itself stood in the way of puts its change on record; a rollback goes to a person at once. */
export function foundConflicts(state: RunState): readonly Decision[] {
  const seen = new Set<ChangeId>();
  const decisions: Decision[] = [];
  for (const build of state.queue.builds.values()) {
    const { conflict } = build;
    if (conflict === null || conflict.withChange !== null || build.tip !== state.queue.tip) continue;
    const change = state.queue.changes.get(conflict.change);
    if (change?.state.kind !== 'pending' || change.head === null || seen.has(change.id)) continue;
    seen.add(change.id);
    decisions.push(
      change.origin?.kind === 'revert'
        ? rollbackConflict(change, conflict.files, state)
        : opening(change, conflict, state),
    );
  }
  return decisions;
}

function rollbackConflict(change: ChangeState, files: readonly RepoPath[], state: RunState): Decision {
  const detail = `what landed since changed the same lines of ${named(files)}; ${state.target} stays as it is`;
  return {
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change: change.id,
      because: 'conflict',
      detail,
      red: null,
      green: null,
      files,
    },
  };
}

function opening(
  change: ChangeState,
  conflict: NonNullable<BuildState['conflict']>,
  state: RunState,
): Decision {
  const { origin } = change;
  const root = origin?.kind === 'resolution' ? state.queue.changes.get(origin.of) : change;
  // What an agent or a person worked on is not done again from the beginning.
  const isWork = origin?.kind === 'resolution' && (origin.stage === 'agent' || origin.stage === 'person');
  const theirs = (isWork ? change.head : root?.head) ?? change.head ?? state.queue.tip;
  return {
    kind: 'record',
    event: {
      kind: 'conflict.opened',
      change: root?.id ?? change.id,
      base: conflict.base,
      ours: state.queue.tip,
      theirs,
      files: conflict.files,
      company: companyOf(conflict.files, root ?? change, state),
    },
  };
}

/** Landed changes of this run that touched one of the files: the other side of the conflict. */
function companyOf(files: readonly RepoPath[], change: ChangeState, state: RunState): readonly ChangeId[] {
  return state.queue.landed.filter((id) => {
    const other = state.queue.changes.get(id);
    return other !== undefined && other.id !== change.id && other.paths.some((path) => files.includes(path));
  });
}

/** For each conflicted change: into the queue with what was made, the next stage, or to a person. */
export function conflictSteps(snapshot: Snapshot): readonly Decision[] {
  const { state } = snapshot;
  return [...state.queue.changes.values()].flatMap((change) => {
    if (change.state.kind !== 'conflicted' || change.conflict === null || isWorkedOn(change, state))
      return [];
    const { made } = change.conflict;
    if (made !== null) {
      const standing = resolutionStanding(change, made, state);
      if (standing === 'waits') return [];
      return [
        standing === 'pass'
          ? entry(change, change.conflict, state)
          : handOver(change, change.conflict, state),
      ];
    }
    const next = nextStage(change, change.conflict, state);
    if (next === null) return [handOver(change, change.conflict, state)];
    if (state.life.kind !== 'running' || snapshot.isDraining) return [];
    if (next.stage === 'agent' && !hasFreeSlot(snapshot)) return [];
    return [resolving(change, change.conflict, next, snapshot)];
  });
}

function isWorkedOn(change: ChangeState, state: RunState): boolean {
  return [...state.intents.values()].some(
    ({ step }) => step.kind === 'resolve-conflict' && step.change === change.id,
  );
}

/** Turns of agents at conflicts, under way. */
export function resolversAtWork(state: RunState): number {
  return [...state.intents.values()].filter(
    ({ step }) => step.kind === 'resolve-conflict' && step.stage === 'agent',
  ).length;
}

function hasFreeSlot({ state, machine }: Snapshot): boolean {
  const working = [...state.tasks.values()].filter((task) => usesSlot(task, state)).length;
  const judging = [...state.intents.values()].filter(({ step }) => step.kind === 'run-review').length;
  return working + judging + resolversAtWork(state) < parallelLimit(state, machine);
}

type Resolving = Extract<Step, { kind: 'resolve-conflict' }>;
export type NextStage = Pick<Resolving, 'stage' | 'agent'>;

/** The stage after those that were tried on this target; null when only a person is left. */
export function nextStage(change: ChangeState, conflict: ConflictState, state: RunState): NextStage | null {
  if (conflict.round > MAX_ROUNDS && conflict.asked === null) return null;
  const tried = conflict.tries.filter((entry) => entry.round === conflict.round).length;
  return stagesOf(change, conflict, state)[tried] ?? null;
}

function stagesOf(change: ChangeState, conflict: ConflictState, state: RunState): readonly NextStage[] {
  if (conflict.asked !== null) return turnsOf(conflict.asked.agent);
  const { conflicts, resolver } = state.plan.merge;
  const task = change.task === null ? undefined : state.tasks.get(change.task);
  const end = conflicts.indexOf('human');
  const chain = end === -1 ? conflicts : conflicts.slice(0, end);
  return chain.flatMap((means) => stagesFor(means, resolver ?? task?.task.agent ?? null));
}

function stagesFor(means: ConflictMeans, agent: string | null): readonly NextStage[] {
  switch (means) {
    case 'auto':
      return [{ stage: 'recorded', agent: null }];
    case 'structural':
      return [{ stage: 'structural', agent: null }];
    case 'candidates':
      // What keeps the most of both comes first.
      return (['both', 'theirs', 'ours'] as const).map((stage) => ({ stage, agent: null }));
    case 'agent':
      return agent === null ? [] : turnsOf(agent);
    case 'human':
      return [];
    default:
      return assertNever(means);
  }
}

function turnsOf(agent: string): readonly NextStage[] {
  return Array.from({ length: AGENT_TRIES }, () => ({ stage: 'agent', agent }));
}

function resolving(
  change: ChangeState,
  conflict: ConflictState,
  next: NextStage,
  { state, nowMs }: Snapshot,
): Decision {
  return {
    kind: 'act',
    step: {
      kind: 'resolve-conflict',
      change: change.id,
      stage: next.stage,
      agent: next.agent,
      onto: state.queue.tip,
      head: conflict.theirs,
      dateMs: nowMs,
    },
    because: `it conflicts with ${state.target} in ${named(conflict.files)}`,
  };
}

function entry(change: ChangeState, conflict: ConflictState, state: RunState): Decision {
  const { made } = conflict;
  const { task, wave, branch, title } = change;
  const { stage, agent, by, onto, files } = made ?? {
    stage: 'clean' as const,
    agent: null,
    by: null,
    onto: state.queue.tip,
    files: [],
  };
  return {
    kind: 'record',
    event: {
      kind: 'queue.entered',
      change: freeId(change, state),
      task,
      wave,
      branch,
      head: made?.head ?? change.head,
      title,
      paths: [...new Set([...change.paths, ...files])],
      origin: { kind: 'resolution', of: change.id, stage, agent, by, onto, files },
    },
  };
}

/** `<task or branch>#<n>`, a name that no change has. */
export function freeId(change: ChangeState, state: RunState): ChangeId {
  const name: string = change.task ?? change.branch;
  const { changes } = state.queue;
  let number = [...changes.values()].filter((one) => (one.task ?? one.branch) === name).length + 1;
  while (changes.has(`${name}#${number}` as ChangeId)) number += 1;
  return `${name}#${number}` as ChangeId;
}

function handOver(change: ChangeState, conflict: ConflictState, state: RunState): Decision {
  const { files, tries } = conflict;
  const told = tries.filter((one) => one.stage !== 'recorded' || one.outcome !== 'unresolved').map(tryText);
  const tail = told.length === 0 ? '' : `; tried: ${told.slice(-4).join('; ')}`;
  return {
    kind: 'record',
    event: {
      kind: 'change.ejected',
      change: change.id,
      because: 'conflict',
      detail: `conflicts with ${state.target} in ${named(files)}${tail}`,
      red: null,
      green: null,
      files,
    },
  };
}

function tryText(entry: ResolutionTry): string {
  const who = entry.stage === 'agent' ? `agent ${entry.agent ?? '?'}` : entry.stage;
  return `${who} (${entry.outcome === 'red' ? 'red: ' : ''}${entry.detail})`;
}

function named(files: readonly RepoPath[]): string {
  const more = files.length - NAMED_FILES;
  return `${files.slice(0, NAMED_FILES).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
