/** The commit whose gates are asked: as named, or, in a search, without what was taken back since. */
import type { Step } from '../../core/run/steps.ts';
import type { CommitId } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import type { ActContext } from '../deps.ts';

/** Failure `bisect-conflict` when what was taken back later cannot be taken out of it. */
export async function commitWithout(
  step: Extract<Step, { kind: 'run-gates' }>,
  { deps, state }: ActContext,
): Promise<CommitId> {
  const { subject, commit } = step;
  if (subject.kind !== 'bisect' || subject.without.length === 0) return commit;
  let at = commit;
  for (const { commit: taken, parent } of subject.without) {
    const message = `Without ${taken}\n`;
    const made = await deps.git.revert({ onto: at, commit: taken, parent, message, dateMs: 0 });
    if (made.kind === 'conflicted')
      throw new Failure('bisect-conflict', `${commit} cannot be tested without ${taken}`);
    if (made.kind === 'merged') at = made.commit;
  }
  await deps.git.keep(`refs/copse/bisect/${state.id}/${commit}`, at);
  return at;
}
