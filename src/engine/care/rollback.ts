/** Finds what is to be taken back: a change of the newest run, or any commit of the target's first-parent history. */
import { dependentsOf, landedChange, rollbackEntry, rollbackOf } from '../../core/run/rollback.ts';
import type { Dependent } from '../../core/run/rollback.ts';
import type { CommitId, RepoPath, TaskId } from '../../core/ids.ts';
import { MAX_RECORDED_PATHS } from '../../core/run/events.ts';
import type { ChangeState, RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { Deps } from '../deps.ts';

/** First-parent commits that are searched for the one to take back. */
const SEARCHED = 10_000;

export interface RollbackPlan {
  readonly fact: Extract<Fact, { kind: 'queue.entered' }>;
  readonly commit: CommitId;
  readonly dependents: readonly Dependent[];
}

/** Failures `rollback-unknown`, `rollback-done` and `rollback-queued`. */
export async function planRollback(
  deps: Deps,
  state: RunState,
  request: { readonly what: string; readonly by: string; readonly because: string },
): Promise<RollbackPlan> {
  const found = await find(deps, state, request.what);
  const { commit, parent, of, title } = found;
  const earlier = rollbackOf(state, commit);
  if (earlier?.state.kind === 'landed') {
    throw new Failure('rollback-done', `${request.what} was taken back already, by ${earlier.id}`, {
      hint: `copse rollback ${earlier.id}    # brings it back`,
    });
  }
  if (earlier !== null)
    throw new Failure('rollback-queued', `${request.what} is being taken back already, by ${earlier.id}`, {
      hint: 'copse status',
    });
  const [changes = []] = await deps.git.changedPathsOf([{ from: parent, to: commit }]);
  const paths: readonly RepoPath[] = changes.map(({ path }) => path).slice(0, MAX_RECORDED_PATHS);
  const { by, because } = request;
  const task: TaskId | null = of?.task ?? null;
  return {
    fact: rollbackEntry(state, { commit, parent, of, title, paths, by, because }),
    commit,
    dependents: dependentsOf(state, { commit, task, paths }),
  };
}

interface Found {
  readonly commit: CommitId;
  readonly parent: CommitId;
  readonly of: ChangeState | null;
  readonly title: string;
}

async function find(deps: Deps, state: RunState, what: string): Promise<Found> {
  const named = landedChange(state, what);
  if (named !== null) return ofChange(named);
  const tip = await deps.git.branchTip(state.target);
  const wanted = await deps.git.resolve(what);
  const known = wanted === null ? null : landedChange(state, wanted);
  if (known !== null) return ofChange(known);
  const history = tip === null || wanted === null ? [] : await deps.git.firstParents(tip, SEARCHED);
  const entry = history.find(({ commit }) => commit === wanted);
  const [parent] = entry?.parents ?? [];
  if (entry === undefined || parent === undefined) {
    throw new Failure(
      'rollback-unknown',
      `${what} is no landed task or branch of ${state.id}, and no commit that ${state.target} was moved to`,
      { hint: `git log --first-parent --oneline ${state.target}` },
    );
  }
  const subject = entry.message.split('\n')[0] ?? entry.commit;
  return { commit: entry.commit, parent, of: null, title: `Revert ${subject}` };
}

function ofChange(found: NonNullable<ReturnType<typeof landedChange>>): Found {
  const { change, commit, parent } = found;
  return { commit, parent, of: change, title: `Revert ${change.title}` };
}
