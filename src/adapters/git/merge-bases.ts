/** Merge bases of all pairs of tips: two processes whatever their number. */
import type { CommitId } from '../../core/ids.ts';
import { type CommitRow, type PairBases, pairBases } from '../../core/separation/merge-bases.ts';
import type { GitContext } from './context.ts';
import { commitIdOf } from './names.ts';
import { type Reach, withReach } from './reach.ts';

export function commonBases(context: GitContext, tips: readonly CommitId[]): Promise<readonly PairBases[]> {
  const distinct = [...new Set(tips)];
  if (distinct.length < 2) return Promise.resolve([]);
  return withReach(context, async (reach) => {
    const shared = await sharedBases(context, reach, distinct);
    const [only] = shared;
    // Below a commit that all tips reach nothing can be a base, unless there are two such commits side by side.
    const limit = only !== undefined && shared.length === 1 ? only : null;
    return pairBases(distinct, await listHistory(context, reach, distinct, limit), limit);
  });
}

async function sharedBases(
  context: GitContext,
  reach: Reach,
  tips: readonly CommitId[],
): Promise<readonly CommitId[]> {
  const { stdout } = await context.git.run({
    ...reach,
    label: 'find what all branches share',
    args: ['merge-base', '--all', '--octopus', ...tips],
    ok: [0, 1],
  });
  return stdout.toString().split('\n').filter(Boolean).map(commitIdOf);
}

async function listHistory(
  context: GitContext,
  reach: Reach,
  tips: readonly CommitId[],
  limit: CommitId | null,
): Promise<readonly CommitRow[]> {
  const { stdout } = await context.git.run({
    ...reach,
    label: 'list the history of the branches',
    args: ['rev-list', '--topo-order', '--parents', '--stdin'],
    input: [...tips, ...(limit === null ? [] : [`^${limit}`]), ''].join('\n'),
  });
  const lines = stdout.toString().split('\n').filter(Boolean);
  return lines.map((line) => {
    const [commit = '', ...parents] = line.split(' ');
    return { commit: commitIdOf(commit), parents: parents.map(commitIdOf) };
  });
}
