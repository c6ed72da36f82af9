/** The checkout of a conflict: one per change and pair of sides, so that nothing that was done in it is ever written over. */
import type { ChangeState, RunState } from '../core/run/state.ts';
import type { ResolutionSpec, Sides } from '../ports/git-resolution.ts';
import type { Deps } from './deps.ts';

export function resolutionSpec(
  deps: Pick<Deps, 'digest'>,
  state: RunState,
  change: ChangeState,
  sides: Sides,
): ResolutionSpec {
  const slug = change.id
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 32);
  const mark = deps.digest(JSON.stringify([state.id, change.id, sides.ours, sides.theirs])).slice(0, 12);
  return { name: slug === '' ? mark : `${slug}-${mark}`, branch: state.target, ...sides };
}

/** Where the commit of a try stays reachable. */
export function resolutionRef(state: RunState, change: ChangeState, name: string): string {
  return `refs/copse/resolutions/${state.id}/${change.id}/${name}`;
}
