import type { BranchName, CommitId } from '../../core/ids.ts';
import type { CheckoutSighting } from '../../ports/git-separation.ts';
import type { GitContext } from './context.ts';
import { commitIdOf } from './names.ts';
import { checkouts, readHead } from './user-refs.ts';

/** Plain branches; a symbolic one stands for another and is left out. */
export async function listBranches(
  context: GitContext,
  limit: number,
): Promise<readonly { readonly branch: BranchName; readonly tip: CommitId }[]> {
  const { stdout } = await context.git.run({
    label: 'list the branches',
    gitDir: context.places.view,
    args: [
      'for-each-ref',
      '--sort=-committerdate',
      '--format=%(objectname) %(objecttype) %(symref) %(refname)',
      'refs/heads/',
    ],
  });
  const rows = stdout.toString().split('\n').filter(Boolean);
  const found = rows.flatMap((row) => {
    const [, id = '', ref = ''] = /^([0-9a-f]+) commit {2}refs\/heads\/(.+)$/.exec(row) ?? [];
    return ref === '' ? [] : [{ branch: ref as BranchName, tip: commitIdOf(id) }];
  });
  return found.slice(0, limit);
}

export async function listCheckouts(context: GitContext): Promise<readonly CheckoutSighting[]> {
  const all = await checkouts(context);
  return Promise.all(
    all.map(async ({ path, gitDir }) => {
      const head = await readHead(gitDir);
      return { path, branch: head.kind === 'branch' ? head.branch : null };
    }),
  );
}
