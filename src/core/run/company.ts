/** With what an ejected change does not go together, as far as the results say. */
import type { ChangeId } from '../ids.ts';
import type { BuildState, ChangeState, RunState } from './state.ts';

/**
 * The other changes of the red tree that no green tree holds together with it, those under test first and then what had
 * landed, newest first. Empty for a change that is red on the target this run began with: it goes with nothing.
 */
export function companyOf(change: ChangeState, state: RunState): readonly ChangeId[] {
  const { queue } = state;
  const id = change.state.kind === 'ejected' ? change.state.red : null;
  const build = id === null ? undefined : queue.builds.get(id);
  if (build === undefined) return [];
  const fine = new Set<ChangeId>();
  for (const other of queue.builds.values()) {
    if (other.state !== 'green' || !other.members.includes(change.id)) continue;
    for (const member of treeOf(other, state)) fine.add(member);
  }
  const members = build.members.filter((member) => member !== change.id && !fine.has(member));
  const landed = queue.landed.slice(0, build.landedBefore).filter((member) => !fine.has(member));
  return [...members, ...landed.toReversed()];
}

function treeOf(build: BuildState, state: RunState): readonly ChangeId[] {
  return [...state.queue.landed.slice(0, build.landedBefore), ...build.members];
}
