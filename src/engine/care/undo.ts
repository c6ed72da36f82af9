/** Takes an operation back: every ref it moved goes to where it was, by compare-and-set, or nothing moves. */
import { Failure } from '../../kit/failure.ts';
import type { BranchName } from '../../core/ids.ts';
import type { Leadership } from '../../ports/store.ts';
import { recordFacts } from '../api.ts';
import type { Deps } from '../deps.ts';
import { loadOperations, type Operation, type RefMove } from './operations.ts';

const HEADS = 'refs/heads/';

/** The operation to be undone: the named one, else the newest that stands. Failure `undo-unknown`. */
export async function chooseOperation(deps: Deps, id: string | null): Promise<Operation> {
  const operations = await loadOperations(deps.store);
  const standing = operations.filter((one) => one.undoneBy === null && one.refs.length > 0);
  const chosen =
    id === null ? standing.findLast((one) => one.undoes === null) : standing.find((one) => one.id === id);
  if (chosen !== undefined) return chosen;
  const known = operations.find((one) => one.id === id);
  const why =
    id === null
      ? 'there is nothing to undo'
      : known === undefined
        ? `there is no operation ${id}`
        : `${id} was undone by ${known.undoneBy ?? 'nothing'}`;
  throw new Failure('undo-unknown', why, { hint: 'copse log' });
}

/** Failure `undo-moved` when a ref is no longer where the operation left it; `merge-held` when its checkout is dirty. */
export async function undoOperation(
  deps: Deps,
  leadership: Leadership,
  operation: Operation,
): Promise<readonly RefMove[]> {
  const back = operation.refs.map(({ ref, from, to }) => ({ ref, from: to, to: from }));
  await requireUnmoved(deps, operation, back);
  const [only] = back;
  if (back.length === 1 && only !== undefined && only.from !== null && only.to !== null) {
    await publishBack(deps, operation, { ref: only.ref, from: only.from, to: only.to });
  } else {
    const moved = await deps.git.moveRefs(back, `undo ${operation.id}`);
    if (moved.kind === 'refused') throw movedOn(operation, moved.ref);
  }
  await recordFacts(deps, leadership, [
    {
      kind: 'operation',
      id: `undo-${operation.id}`,
      what: `undid ${operation.id}: ${operation.what}`,
      refs: back,
      undoes: operation.id,
    },
  ]);
  return back;
}

async function requireUnmoved(deps: Deps, operation: Operation, back: readonly RefMove[]): Promise<void> {
  for (const { ref, from } of back) {
    if (!ref.startsWith(HEADS)) continue;
    const tip = await deps.git.branchTip(ref.slice(HEADS.length) as BranchName);
    if (tip !== from) throw movedOn(operation, ref);
  }
}

/** A branch that is checked out somewhere takes its clean checkout along. */
async function publishBack(
  deps: Deps,
  operation: Operation,
  { ref, from, to }: { ref: string; from: NonNullable<RefMove['from']>; to: NonNullable<RefMove['to']> },
): Promise<void> {
  const branch = ref.slice(HEADS.length) as BranchName;
  const outcome = await deps.git.publish({ branch, from, to });
  if (outcome.kind === 'published') return;
  if (outcome.kind === 'moved') throw movedOn(operation, ref);
  throw new Failure(
    'merge-held',
    `${branch} is checked out at ${outcome.checkout} with uncommitted changes`,
    {
      hint: `git -C ${outcome.checkout} stash`,
    },
  );
}

function movedOn(operation: Operation, ref: string): Failure {
  return new Failure(
    'undo-moved',
    `${ref} has moved since ${operation.id}; undoing would drop what came after`,
    {
      hint: 'copse log',
    },
  );
}
