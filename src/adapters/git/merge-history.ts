/**
 * What is known about the histories of commits that are merged one after the other, so that a chain of merges looks at
 * them once per branch and not once per merge. A chain is a root with branches merged onto it. The commits a branch has that
 * the root lacks are its own; if they are nobody else's in the chain, its merge base with the chain is that with the root.
 */
import type { CommitId } from '../../core/ids.ts';
import { meetingOf } from './commit-walk.ts';
import type { GitContext } from './context.ts';

/** Own commits of a branch that are listed; a longer one is left to git. */
const MAX_OWN = 2_000;
/** Facts kept; the oldest are forgotten. */
const MAX_FACTS = 4_000;

interface Branch {
  /** The only merge base with the root; null when there are none or several. */
  readonly base: CommitId | null;
  /** null when there are too many. */
  readonly own: ReadonlySet<CommitId> | null;
}

interface Chain {
  readonly root: CommitId;
  readonly merged: readonly CommitId[];
}

export type QuickBase = { readonly kind: 'contained' } | { readonly kind: 'base'; readonly base: CommitId };

export class MergeHistory {
  readonly #chains = new Map<CommitId, Chain>();
  readonly #branches = new Map<string, Promise<Branch>>();

  /** Of `head` merged onto `onto`; null when only git can tell. */
  async baseOf(context: GitContext, onto: CommitId, head: CommitId): Promise<QuickBase | null> {
    const { root, merged } = this.#chainOf(onto);
    const branch = await this.#branch(context, root, head);
    if (branch.base === head) return { kind: 'contained' };
    if (branch.base === null || branch.own === null) return null;
    for (const other of merged) {
      const { own } = await this.#branch(context, root, other);
      if (own === null) return null;
      if (own.has(head)) return { kind: 'contained' };
      for (const commit of branch.own) if (own.has(commit)) return null;
    }
    return { kind: 'base', base: branch.base };
  }

  /** The only merge base of the two; null when there are none or several. What was asked once is not asked again. */
  async onlyBase(context: GitContext, root: CommitId, head: CommitId): Promise<CommitId | null> {
    return (await this.#branch(context, root, head)).base;
  }

  /** Commits of `head` that `root` lacks, newest first; null when there are too many to be kept. */
  async ownCommits(context: GitContext, root: CommitId, head: CommitId): Promise<readonly CommitId[] | null> {
    const { own } = await this.#branch(context, root, head);
    return own === null ? null : [...own];
  }

  /** `made` is `head` merged onto `onto`; `head` is left out where its commits are not among the parents. */
  note(made: CommitId, onto: CommitId, head: CommitId | null): void {
    const { root, merged } = this.#chainOf(onto);
    remember(this.#chains, made, { root, merged: head === null ? merged : [...merged, head] });
  }

  #chainOf(commit: CommitId): Chain {
    return this.#chains.get(commit) ?? { root: commit, merged: [] };
  }

  #branch(context: GitContext, root: CommitId, head: CommitId): Promise<Branch> {
    const key = `${root}:${head}`;
    const known = this.#branches.get(key);
    if (known !== undefined) return known;
    const asked = askGit(context, root, head);
    remember(this.#branches, key, asked);
    asked.catch(() => this.#branches.delete(key));
    return asked;
  }
}

function remember<K, V>(map: Map<K, V>, key: K, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_FACTS && oldest !== undefined) map.delete(oldest);
}

async function askGit(context: GitContext, root: CommitId, head: CommitId): Promise<Branch> {
  const meeting = await meetingOf(context.controlReader, root, head);
  if (meeting !== null) return { base: meeting.bases[0] ?? null, own: new Set(meeting.own) };
  const ask = async (label: string, args: readonly string[]): Promise<readonly CommitId[]> => {
    const { stdout } = await context.git.run({ label, gitDir: context.places.control, args, ok: [0, 1] });
    return stdout.toString().split('\n').filter(Boolean) as CommitId[];
  };
  const [bases, own] = await Promise.all([
    ask('find the merge bases', ['merge-base', '--all', root, head]),
    ask('list the commits of a branch', [
      'rev-list',
      '--topo-order',
      `--max-count=${MAX_OWN + 1}`,
      head,
      `^${root}`,
    ]),
  ]);
  const [base] = bases;
  return {
    base: bases.length === 1 && base !== undefined ? base : null,
    own: own.length > MAX_OWN ? null : new Set(own),
  };
}
