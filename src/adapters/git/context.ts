/** What every part of this adapter is given: the places, the ways to reach them, and the identity commits carry. */
import type { CommitId } from '../../core/ids.ts';
import type { Failpoint } from '../../ports/world.ts';
import type { UserRepository } from './discover.ts';
import type { MergeHistory } from './merge-history.ts';
import type { Mutexes, Semaphore } from './lock.ts';
import type { ObjectReader } from './reader.ts';
import type { GitRunner } from './run.ts';
import type { TransferGroups } from './transfer-groups.ts';

export interface Identity {
  readonly name: string;
  readonly email: string;
}

/**
 * `view` is a git directory of ours whose refs, objects and logs are links into the user's repository: it gives git the
 * user's data without the user's (or an agent's) configuration, hooks and attributes. `lens` is an empty one, used with
 * GIT_OBJECT_DIRECTORY to reach into any object store.
 */
export interface Places {
  readonly state: string;
  readonly control: string;
  readonly view: string;
  readonly lens: string;
}

export interface GitContext {
  readonly user: UserRepository;
  readonly places: Places;
  readonly git: GitRunner;
  readonly controlReader: ObjectReader;
  readonly userReader: ObjectReader;
  readonly identity: Identity;
  readonly gitVersion: string;
  readonly failpoint: Failpoint;
  readonly mutexes: Mutexes;
  readonly history: MergeHistory;
  readonly transfers: TransferGroups;
  /** Gate slots seen, after their last gate, to hold exactly this commit and nothing else that is not ignored. */
  readonly pristineSlots: Map<string, CommitId>;
  /** Bounds checkouts that write many files. */
  readonly checkouts: Semaphore;
}

/** Runs an effect between its two failpoints. */
export async function effect<T>(context: GitContext, name: EffectName, work: () => Promise<T>): Promise<T> {
  await context.failpoint(`before:${name}`);
  const value = await work();
  await context.failpoint(`after:${name}`);
  return value;
}

const EFFECTS = [
  'worktree.add',
  'worktree.remove',
  'branch.delete',
  'salvage.tree',
  'salvage.ref',
  'commit-on-behalf',
  'take-in.transfer',
  'take-in.keepref',
  'guard.snapshot',
  'guard.restore',
  'workspace.update',
  'merge.tree',
  'merge.commit',
  'merge.keepref',
  'slot.checkout',
  'publish.transfer',
  'publish.cas',
  'publish.checkout',
  'publish.push',
  'refs.move',
  'resolution.open',
  'resolution.close',
  'resolution.record',
] as const;

export type EffectName = (typeof EFFECTS)[number];

/** Every name this adapter passes to its failpoint. */
export const GIT_FAILPOINTS: readonly string[] = [
  ...EFFECTS.flatMap((name) => [`before:${name}`, `after:${name}`]),
  'worktree.add:after-branch',
  'worktree.add:after-dir',
  'worktree.remove:after-rename',
  'publish:after-lock',
];
