/** Everything the fake remembers: what would be the disk. It outlives a simulated crash of the program. */
import { createHash } from 'node:crypto';
import type { AbsolutePath, BranchName, CommitId, TreeId } from '../../core/ids.ts';
import { Failure } from '../../kit/failure.ts';
import type { GitPort, GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import type { Failpoint } from '../../ports/world.ts';

export type Files = ReadonlyMap<string, string>;

export interface FakeCommit {
  readonly id: CommitId;
  readonly tree: TreeId;
  readonly files: Files;
  readonly parents: readonly CommitId[];
  readonly message: string;
  /** 1 + the largest of the parents: bounds every walk through history. */
  readonly generation: number;
}

export interface FakeWorkspace {
  readonly spec: WorkspaceSpec;
  files: Map<string, string>;
  /** Where HEAD is. */
  head:
    | { readonly kind: 'branch'; readonly branch: BranchName }
    | { readonly kind: 'detached'; readonly commit: CommitId };
  inProgress: string | null;
  isFolderGone: boolean;
}

export interface FakeSnapshot {
  readonly refs: ReadonlyMap<string, CommitId>;
  /** `counter` when it was taken. */
  readonly at: number;
}

export type FakeTool = (
  path: string,
  sides: { readonly base: string | null; readonly ours: string | null; readonly theirs: string | null },
) => string | undefined;

export interface FakeWorld {
  readonly root: AbsolutePath;
  readonly commits: Map<string, FakeCommit>;
  readonly refs: Map<string, CommitId>;
  readonly kept: Map<string, CommitId>;
  readonly workspaces: Map<string, FakeWorkspace>;
  readonly ownedBranches: Set<string>;
  /** Folders that others made. */
  readonly foreign: Map<string, Map<string, string>>;
  readonly slots: Map<string, { commit: CommitId; files: Map<string, string> }>;
  readonly snapshots: Map<string, FakeSnapshot>;
  /** Checkouts with a merge in progress, by name. */
  readonly resolutions: Map<string, { readonly sides: string; readonly files: Map<string, string> }>;
  /** What became of two contents that met. */
  readonly recorded: Map<string, string>;
  /** A structural merge tool; null: none is installed, undefined as its answer: it cannot. */
  structural: FakeTool | null;
  /** The newest value Copse gave to each ref. */
  readonly ownMoves: Map<string, { readonly to: CommitId | null; readonly at: number }>;
  readonly planted: GuardViolation[];
  readonly failures: Map<keyof GitPort, Failure[]>;
  checkout: { branch: BranchName | null; isDirty: boolean };
  isDamaged: boolean;
  counter: number;
  readonly failpoint: Failpoint | null;
  /** Called when a person moves a branch. */
  readonly watchers: Set<() => void>;
  /** Branches of remotes, by `<remote>/<branch>`. */
  readonly remotes: Map<string, CommitId>;
}

export function digest(...parts: readonly string[]): string {
  return createHash('sha1').update(parts.join('\0')).digest('hex');
}

export function treeIdOf(files: Files): TreeId {
  const rows = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return digest('tree', ...rows.flat()) as TreeId;
}

/** The same content, parents, message and date give the same id. */
export function addCommit(
  world: FakeWorld,
  made: { files: Files; parents: readonly CommitId[]; message: string; dateMs: number },
): FakeCommit {
  const tree = treeIdOf(made.files);
  const id = digest('commit', tree, ...made.parents, made.message, String(made.dateMs)) as CommitId;
  const existing = world.commits.get(id);
  if (existing !== undefined) return existing;
  const generations = made.parents.map((parent) => commitOf(world, parent).generation);
  const commit = {
    ...made,
    files: new Map(made.files),
    id,
    tree,
    generation: 1 + Math.max(0, ...generations),
  };
  world.commits.set(id, commit);
  return commit;
}

export function commitOf(world: FakeWorld, id: CommitId): FakeCommit {
  const commit = world.commits.get(id);
  if (commit !== undefined) return commit;
  throw new Failure('git-object-missing', `commit ${id} is in no repository known here`);
}

export function workspaceOf(world: FakeWorld, spec: WorkspaceSpec): FakeWorkspace {
  const workspace = world.workspaces.get(spec.path);
  if (workspace !== undefined && !workspace.isFolderGone) return workspace;
  throw new Failure('git-workspace-missing', `${spec.path} is gone`);
}

export function branchRef(branch: BranchName): string {
  return `refs/heads/${branch}`;
}

/** Runs an effect between its failpoints, with the same names as the real adapter's. */
export async function effect<T>(world: FakeWorld, name: string, work: () => T): Promise<T> {
  if (world.failpoint === null) return work();
  await world.failpoint(`before:${name}`);
  const value = work();
  await world.failpoint(`after:${name}`);
  return value;
}
