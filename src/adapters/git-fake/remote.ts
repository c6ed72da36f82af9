/** Branches of remotes in memory: `<remote>/<branch>` in `world.remotes`. */
import type { RemoteGit } from '../../ports/git-remote.ts';
import { isAncestor } from './history.ts';
import { commitOf, type FakeWorld } from './world.ts';

export function remotePart(world: FakeWorld): RemoteGit {
  return {
    remotes: async () => [...new Set([...world.remotes.keys()].map((key) => key.split('/')[0] ?? ''))],
    fetchRemoteTip: async ({ remote, branch }) => world.remotes.get(`${remote}/${branch}`) ?? null,
    pushRemote: async ({ remote, branch, from, to }) => {
      commitOf(world, to);
      const key = `${remote}/${branch}`;
      const actual = world.remotes.get(key) ?? null;
      if (actual === to) return { kind: 'published' };
      if (actual !== from || !isAncestor(world, from, to)) return { kind: 'moved', actual };
      world.remotes.set(key, to);
      return { kind: 'published' };
    },
  };
}
