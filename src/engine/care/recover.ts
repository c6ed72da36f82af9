/** Saved work: what is kept in the control repository, and how one comes back as a branch. */
import type { BranchName, CommitId } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import type { Leadership } from '../../ports/store.ts';
import type { Deps } from '../deps.ts';
import { Journal } from '../journal.ts';
import { loadLatest } from '../api.ts';

export interface SavedWork {
  /** Short name: the ref without `refs/copse/salvage/` or `refs/copse/`. */
  readonly name: string;
  readonly ref: string;
  readonly commit: CommitId;
  readonly kind: 'uncommitted' | 'branch' | 'other';
}

const SALVAGE = 'refs/copse/salvage/';
const HEADS = 'refs/copse/heads/';

/** Newest runs last. What the target holds already needs no recovering and is left out. */
export async function listUnlanded(deps: Deps): Promise<readonly SavedWork[]> {
  const saved = await listSaved(deps);
  const state = await loadLatest(deps.store);
  if (state === null) return saved;
  const tip = (await deps.git.branchTip(state.target)) ?? state.queue.tip;
  const kept: SavedWork[] = [];
  const known = new Map<CommitId, boolean>();
  for (const work of saved) {
    const isLanded = known.get(work.commit) ?? (await deps.git.isAncestor(work.commit, tip));
    known.set(work.commit, isLanded);
    if (!isLanded) kept.push(work);
  }
  return kept;
}

/** Everything that is kept, whether it landed or not. */
export async function listSaved(deps: Pick<Deps, 'git'>): Promise<readonly SavedWork[]> {
  const salvage = await deps.git.listKept(SALVAGE);
  const heads = await deps.git.listKept(HEADS);
  return [
    ...salvage.map(({ ref, commit }) => ({
      name: ref.slice(SALVAGE.length),
      ref,
      commit,
      kind: 'uncommitted' as const,
    })),
    ...heads.map(({ ref, commit }) => ({
      name: `heads/${ref.slice(HEADS.length)}`,
      ref,
      commit,
      kind: 'branch' as const,
    })),
  ];
}

/** Makes `copse/recovered/<name>` point at it. Failures `recover-unknown`, `recover-taken`. */
export async function recoverWork(
  deps: Deps,
  leadership: Leadership,
  name: string,
): Promise<{ readonly branch: BranchName; readonly commit: CommitId }> {
  const saved = await listSaved(deps);
  const matching = saved.filter(
    (one) => one.name === name || one.ref === name || one.commit.startsWith(name),
  );
  const loose = saved.filter((one) => one.name.includes(name));
  const chosen = matching[0] ?? (loose.length === 1 ? loose[0] : undefined);
  if (chosen === undefined) {
    const why =
      loose.length > 1 ? `${loose.length} saved works match ${name}` : `nothing is saved as ${name}`;
    throw new Failure('recover-unknown', why, { hint: 'copse recover' });
  }
  const branch = `copse/recovered/${chosen.name.replaceAll(/[^A-Za-z0-9._/-]+/g, '-')}` as BranchName;
  const refs = [{ ref: `refs/heads/${branch}`, from: null, to: chosen.commit }];
  const moved = await deps.git.moveRefs(refs, `recover ${chosen.name}`);
  if (moved.kind === 'refused')
    throw new Failure('recover-taken', `branch ${branch} is there already and points elsewhere`, {
      hint: `git branch -m ${branch} ${branch}-old`,
    });
  const journal = new Journal(deps.store, leadership.epoch, await deps.store.lastSeq());
  const run = await loadLatest(deps.store);
  const atMs = deps.clock.now();
  const what = `recovered ${chosen.name} as ${branch}`;
  if (run !== null)
    await journal.append(run.id, [
      { kind: 'operation', id: `recover-${chosen.commit.slice(0, 7)}`, what, refs, undoes: null, atMs },
    ]);
  return { branch, commit: chosen.commit };
}
