/** Moves the target by compare-and-set to a commit whose tree was tested green, or says why not. */
import type { CommitId } from '../../core/ids.ts';
import type { Step } from '../../core/run/steps.ts';
import type { BuildState } from '../../core/run/state.ts';
import type { Fact } from '../../core/schedule/snapshot.ts';
import { assert, assertNever } from '../../kit/assert.ts';
import { Failure } from '../../kit/failure.ts';
import type { PublishOutcome } from '../../ports/git.ts';
import type { PushOutcome } from '../../ports/git-remote.ts';
import type { ActContext } from '../deps.ts';
import { resolutionSpec } from '../resolution.ts';
import { mergeChain } from './chain.ts';
import type { Chain } from './chain.ts';

type Publish = Extract<Step, { kind: 'publish' }>;

export async function publish(step: Publish, context: ActContext): Promise<readonly Fact[]> {
  const { deps, state, intent } = context;
  const build = state.queue.builds.get(step.build);
  if (build === undefined) throw new Failure('build-unknown', `there is no build ${step.build}`);
  const chain = await chainOnTip(step, build, context);
  if (chain.kind === 'conflicted' || chain.tree !== build.tree) {
    const because = `on the present tip its members make another tree than the one that was tested`;
    return [{ kind: 'landing.void', intent, build: step.build, because }];
  }
  // The last look before the only irreversible line: what is published is what was tested.
  assert(
    (await deps.git.treeOf(chain.tip)) === build.tree,
    'the tree to publish is not the tree that was tested',
  );
  await deps.git.keep(`refs/copse/landings/${state.id}/${step.build}`, chain.tip);
  const outcome = await move(context, step.from, chain.tip);
  switch (outcome.kind) {
    case 'published':
      await recordResolutions(chain, context);
      return [
        {
          kind: 'landed',
          intent,
          build: step.build,
          from: step.from,
          to: chain.tip,
          changes: chain.commits,
          checkout: 'checkout' in outcome ? outcome.checkout : 'none',
        },
      ];
    case 'held':
      return [{ kind: 'landing.held', intent, build: step.build, checkout: outcome.checkout, to: chain.tip }];
    case 'moved': {
      const { actual } = outcome;
      // Lost the race, or this very move was made before a crash and more was put on top of it.
      if (actual !== null && (await deps.git.isAncestor(chain.tip, actual))) {
        const landed: Fact = {
          kind: 'landed',
          intent,
          build: step.build,
          from: step.from,
          to: chain.tip,
          changes: chain.commits,
          checkout: 'none',
        };
        return actual === chain.tip
          ? [landed]
          : [landed, { kind: 'target.moved', intent: null, from: chain.tip, to: actual, how: 'forward' }];
      }
      // Who moved it, and whether it stays there, the next look at the target tells.
      const because = `${state.target} was moved while this was tested`;
      return [{ kind: 'landing.void', intent, build: step.build, because }];
    }
    default:
      return assertNever(outcome);
  }
}

function move(
  { deps, state }: ActContext,
  from: CommitId,
  to: CommitId,
): Promise<PublishOutcome | PushOutcome> {
  const { remote } = state.options;
  const branch = state.target;
  return remote === undefined
    ? deps.git.publish({ branch, from, to })
    : deps.git.pushRemote({ remote, branch, from, to });
}

/** How agents and people settled a conflict is known from here on, when it was proven; asked again it changes nothing. */
async function recordResolutions(
  chain: Extract<Chain, { kind: 'made' }>,
  context: ActContext,
): Promise<void> {
  const { deps, state } = context;
  for (const { change } of chain.commits) {
    const entry = state.queue.changes.get(change);
    const { origin } = entry ?? {};
    if (origin?.kind !== 'resolution' || (origin.stage !== 'agent' && origin.stage !== 'person')) continue;
    const root = state.queue.changes.get(origin.of);
    const theirs = root?.conflict?.theirs;
    if (root === undefined || theirs === undefined || !entry?.head) continue;
    try {
      const sides = { ours: origin.onto, theirs };
      await deps.git.recordResolution(sides, entry.head);
      await deps.git.closeResolution(resolutionSpec(deps, state, root, sides).name);
    } catch (error) {
      // It has landed all the same: what could not be recorded is resolved anew another time.
      if (!(error instanceof Failure)) throw error;
    }
  }
}

/** The tested commits themselves when the tip has not moved since, else the same members merged onto where it is now. */
async function chainOnTip(step: Publish, build: BuildState, context: ActContext): Promise<Chain> {
  const last = build.commits.at(-1);
  if (build.tip === step.from && last !== undefined && build.tree !== null) {
    return { kind: 'made', commits: build.commits, tip: last.commit, tree: build.tree };
  }
  return mergeChain(context.deps, context.state, step.from, step.members, step.dateMs);
}
