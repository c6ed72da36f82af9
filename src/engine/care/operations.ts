/** What moved refs of the user's repository: landings, clean-ups, recoveries and undoings, each with its way back. */
import type { BranchName, CommitId } from '../../core/ids.ts';
import type { StorePort } from '../../ports/store.ts';
import { visitEvents } from './runs.ts';

export interface RefMove {
  readonly ref: string;
  readonly from: CommitId | null;
  readonly to: CommitId | null;
}

export interface Operation {
  /** `op-<seq>`: stable, since the log never changes. */
  readonly id: string;
  readonly seq: number;
  readonly atMs: number;
  readonly run: string | null;
  /** One clause in the past tense. */
  readonly what: string;
  readonly refs: readonly RefMove[];
  readonly undoes: string | null;
  /** The operation that undid this one; null while it stands. */
  readonly undoneBy: string | null;
}

/** All of the log, oldest first. */
export async function loadOperations(store: StorePort): Promise<readonly Operation[]> {
  const found: Operation[] = [];
  const targets = new Map<string, { readonly branch: BranchName; readonly remote: string | null }>();
  const undone = new Map<string, string>();
  await visitEvents(store, 1, ({ seq, run, event }) => {
    const common = { id: `op-${seq}`, seq, atMs: event.atMs, run, undoneBy: null };
    if (event.kind === 'run.started')
      targets.set(event.run, { branch: event.target, remote: event.options.remote ?? null });
    if (event.kind === 'landed') {
      const { branch, remote } = targets.get(run ?? '') ?? { branch: '' as BranchName, remote: null };
      // What others may have fetched already is not taken back.
      const refs = remote === null ? [{ ref: `refs/heads/${branch}`, from: event.from, to: event.to }] : [];
      const names = event.changes.map(({ change }) => change).join(', ');
      found.push({
        ...common,
        what: `landed ${names} on ${remote === null ? '' : `${remote}/`}${branch}`,
        refs,
        undoes: null,
      });
    }
    if (event.kind === 'operation') {
      if (event.undoes !== null) undone.set(event.undoes, common.id);
      found.push({ ...common, what: event.what, refs: event.refs, undoes: event.undoes });
    }
  });
  return found.map((operation) => ({ ...operation, undoneBy: undone.get(operation.id) ?? null }));
}
