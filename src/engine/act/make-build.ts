/** Makes the tree that the queue wants tested, kept alive until the run is purged. */
import type { Step } from '../../core/run/steps.ts';
import type { ChangeId, CommitId } from '../../core/ids.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import type { ActContext } from '../deps.ts';
import { mergeChain } from './chain.ts';

type Make = Extract<Step, { kind: 'make-build' }>;

export async function makeBuild(step: Make, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const { build, tip } = step;
  const chain = await mergeChain(deps, state, tip, step.members, step.dateMs);
  if (chain.kind === 'conflicted') {
    const withChange = await clashOf(chain.change, chain.after, tip, context, step.dateMs);
    const { change, files } = chain;
    const head = withChange === null ? (state.queue.changes.get(change)?.head ?? null) : null;
    const base = head === null ? null : await deps.git.mergeBase(tip, head);
    return [{ kind: 'build.conflicted', intent, build, tip, change, withChange, files, base }];
  }
  await deps.git.keep(`refs/copse/builds/${state.id}/${build}`, chain.tip);
  return [{ kind: 'build.made', intent, build, tip, commits: chain.commits, tree: chain.tree }];
}

/** The first of the earlier members that clashes with `change` by itself; null when the tip does. */
async function clashOf(
  change: ChangeId,
  after: readonly ChangeId[],
  tip: CommitId,
  context: ActContext,
  dateMs: number,
): Promise<ChangeId | null> {
  const { deps, state } = context;
  const alone = await mergeChain(deps, state, tip, [change], dateMs);
  if (alone.kind === 'conflicted') return null;
  for (const other of after) {
    const pair = await mergeChain(deps, state, tip, [other, change], dateMs);
    if (pair.kind === 'conflicted') return other;
  }
  return after.at(-1) ?? null;
}
