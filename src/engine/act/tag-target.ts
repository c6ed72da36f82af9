/** Names the target's tip by a tag, once; a tag of that name that is somewhere else stays there. */
import type { Step } from '../../core/run/steps.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';

type Tag = Extract<Step, { kind: 'tag-target' }>;

export async function tagTarget(step: Tag, context: ActContext): Promise<readonly Fact[]> {
  const { deps, intent } = context;
  const { tag, commit } = step;
  const ref = `refs/tags/${tag}`;
  const moved = await deps.git.moveRefs([{ ref, from: null, to: commit }], `tag of ${context.state.id}`);
  const outcome = moved.kind === 'moved' ? 'tagged' : 'taken';
  return [{ kind: 'target.tagged', intent, tag, commit, outcome }];
}
