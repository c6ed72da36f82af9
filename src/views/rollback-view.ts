/** Landings that were taken back, or are being: in the report, in status, and as the answer of `copse rollback`. */
import { dependentsOf, rollbackOf } from '../core/run/rollback.ts';
import type { ChangeState, RunState } from '../core/run/state.ts';
import { nameOf } from './narrate-queue.ts';
import { shortId } from './words.ts';

export interface RollbackView {
  /** The change that takes it back. */
  readonly change: string;
  /** What is taken back: a task, a branch, or a commit. */
  readonly of: string;
  readonly commit: string;
  readonly state: 'queued' | 'landed' | 'needs_you' | 'failed' | 'withdrawn';
  /** The revert commit; absent until it landed. */
  readonly landed_commit?: string;
  readonly by: string;
  readonly reason: string;
  /** Landed since, and built on it. */
  readonly dependents: readonly { readonly name: string; readonly reason: string }[];
  /** Why it did not land. */
  readonly evidence?: string;
}

export function rollbackViews(state: RunState): readonly RollbackView[] {
  return [...state.queue.changes.values()].flatMap((change) => rollbackView(change, state) ?? []);
}

export function rollbackView(change: ChangeState, state: RunState): RollbackView | null {
  const { origin } = change;
  if (origin?.kind !== 'revert') return null;
  const target = origin.of === null ? undefined : state.queue.changes.get(origin.of);
  const ended = change.state.kind === 'ejected' ? change.state : null;
  const commit = change.state.kind === 'landed' ? change.state.commit : null;
  const of = { commit: origin.commit, task: target?.task ?? null, paths: change.paths };
  return {
    change: change.id,
    of: target === undefined ? shortId(origin.commit) : nameOf(target.id, state),
    commit: origin.commit,
    state: stateOf(change),
    ...(commit === null ? {} : { landed_commit: commit }),
    by: origin.by,
    reason: origin.because,
    dependents: dependentsOf(state, of).map(({ name, because }) => ({ name, reason: because })),
    ...(ended === null ? {} : { evidence: ended.detail }),
  };
}

function stateOf({ state }: ChangeState): RollbackView['state'] {
  if (state.kind === 'landed') return 'landed';
  if (state.kind !== 'ejected') return 'queued';
  if (state.because === 'withdrawn') return 'withdrawn';
  return state.because === 'conflict' ? 'needs_you' : 'failed';
}

/** `rolled back by …` for a landed change that is not on the target any more; null while it stands. */
export function rolledBack(change: ChangeState, state: RunState): string | null {
  if (change.state.kind !== 'landed' || change.state.commit === null) return null;
  const by = rollbackOf(state, change.state.commit);
  if (by === null || by.state.kind !== 'landed') return null;
  const at = by.state.commit === null ? '' : ` at ${shortId(by.state.commit)}`;
  return `rolled back by ${by.id}${at}`;
}
