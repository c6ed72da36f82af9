/** What a person does at a conflict: its checkout opened, read, given up. Nothing here decides or records. */
import { resolutionMessage } from '../../core/run/resolution-text.ts';
import type { AbsolutePath, RepoPath } from '../../core/ids.ts';
import type { ChangeState, RunState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { Failure } from '../../kit/failure.ts';
import type { ResolutionSpec } from '../../ports/git-resolution.ts';
import type { Deps } from '../deps.ts';
import { resolutionRef, resolutionSpec } from '../resolution.ts';

export interface OpenConflict {
  readonly change: ChangeState;
  readonly spec: ResolutionSpec;
  readonly path: AbsolutePath;
  readonly files: readonly RepoPath[];
  readonly isFound: boolean;
}

/** The change of a task or branch that waits with a conflict. Failure `conflict-none` names what does. */
export function requireConflict(state: RunState, id: string): ChangeState {
  const all = [...state.queue.changes.values()].filter(
    ({ conflict, origin }) => conflict !== null && origin === null,
  );
  const found = all.find((change) => change.id === id || change.task === id || change.branch === id);
  if (found !== undefined && isOpen(found)) return found;
  const open = all.filter(isOpen).map((change) => change.task ?? change.branch);
  const others = open.length === 0 ? 'nothing is' : `in conflict: ${open.join(', ')}`;
  throw new Failure('conflict-none', `${id} is not in conflict; ${others}`, { hint: 'copse status' });
}

/** Waits for a person, or for the next stage of the chain. */
export function isOpen({ state }: ChangeState): boolean {
  return state.kind === 'conflicted' || (state.kind === 'ejected' && state.because === 'conflict');
}

/** Of the sides on record: what was done in the checkout stays, also when the target has moved since. */
export async function openConflict(deps: Deps, state: RunState, change: ChangeState): Promise<OpenConflict> {
  const spec = specOf(deps, state, change);
  const { path, files, isFound } = await deps.git.openResolution(spec);
  return { change, spec, path, files, isFound };
}

function specOf(deps: Deps, state: RunState, change: ChangeState): ResolutionSpec {
  const { conflict } = change;
  if (conflict === null) throw new Failure('conflict-none', `${change.id} is not in conflict`);
  // The newest turn of an agent left its work in the checkout of the target it was made for.
  const last = conflict.tries.findLast((one) => one.stage === 'agent' && one.round === conflict.round);
  const ours = last?.onto ?? conflict.ours;
  return resolutionSpec(deps, state, change, { ours, theirs: conflict.theirs });
}

/** What is in the checkout as a commit with both sides as parents, and the fact that says so. */
export async function finishConflict(
  deps: Deps,
  state: RunState,
  change: ChangeState,
  by: string,
): Promise<{ readonly fact: Fact; readonly outside: readonly RepoPath[] }> {
  const { conflict } = change;
  const spec = specOf(deps, state, change);
  if (conflict === null) throw new Failure('conflict-none', `${change.id} is not in conflict`);
  const message = resolutionMessage(state, change, conflict, { stage: 'person', agent: null, by });
  const keepRef = resolutionRef(state, change, `by-hand-${conflict.tries.length}`);
  const made = await deps.git.readResolution(spec, { keepRef, message, dateMs: deps.clock.now() });
  if (made.kind === 'missing') {
    throw new Failure('resolution-missing', `nothing was resolved yet: ${change.id} has no checkout`, {
      hint: `copse resolve ${change.task ?? change.branch}`,
    });
  }
  if (made.markers.length > 0) {
    throw new Failure(
      'resolution-markers',
      `conflict markers are left in ${made.markers.slice(0, 5).join(', ')}`,
      { hint: `copse resolve ${change.task ?? change.branch} --editor` },
    );
  }
  const fact: Fact = {
    kind: 'conflict.resolved',
    change: change.id,
    by,
    onto: spec.ours,
    head: made.commit,
    files: conflict.files,
  };
  return { fact, outside: made.outside };
}

/** Whatever was done in the checkout is kept under a ref; answers its name, null when there was nothing. */
export async function closeConflict(
  deps: Deps,
  state: RunState,
  change: ChangeState,
): Promise<string | null> {
  const spec = specOf(deps, state, change);
  const keepRef = `refs/copse/salvage/${state.id}/${change.id}/resolution`;
  const message = `Unfinished resolution of ${change.branch}\n`;
  const made = await deps.git.readResolution(spec, { keepRef, message, dateMs: deps.clock.now() });
  await deps.git.closeResolution(spec.name);
  return made.kind === 'read' && !made.isUntouched ? keepRef : null;
}
