/**
 * Git in memory: commits are maps of files, ids are digests of content, nothing waits. For the engine's tests and the
 * simulator. The object is the world as well as the port: keep it across a simulated crash.
 */
import type { AbsolutePath, BranchName, CommitId, RepoPath } from '../../core/ids.ts';
import type { Failure } from '../../kit/failure.ts';
import type { GitPort, GuardViolation, WorkspaceSpec } from '../../ports/git.ts';
import type { Failpoint } from '../../ports/world.ts';
import { changedPaths, diffText, intakeFacts, lineCounts } from './compare.ts';
import { isOnTop, takeSnapshot, verifySnapshot } from './guard.ts';
import { commitsBetween, isAncestor, mergeBase } from './history.ts';
import { merge } from './merge.ts';
import { deleteBranch, moveRefs, publish } from './publish.ts';
import { remotePart } from './remote.ts';
import { resolutionPart } from './resolution.ts';
import { separationPart } from './separation.ts';
import {
  capture,
  commitOnBehalf,
  provision,
  removeWorkspace,
  sight,
  takeIn,
  updateWorkspace,
} from './workspaces.ts';
import {
  addCommit,
  branchRef,
  commitOf,
  effect,
  workspaceOf,
  type FakeTool,
  type FakeWorld,
} from './world.ts';

export interface FakeGitOptions {
  /** Files of the first commit, on `main`, which the user has checked out. */
  readonly files?: Readonly<Record<string, string>>;
  readonly root?: AbsolutePath;
  /** Called with the names of the real adapter; leave out for speed. */
  readonly failpoint?: Failpoint;
}

/** What people, agents and accidents do. All at once, no promises. */
export interface FakeGitControls {
  readonly firstCommit: CommitId;
  /** The next call of `method` rejects with `failure`; several queue up. */
  failNext(method: keyof GitPort, failure: Failure): void;
  write(spec: WorkspaceSpec, path: string, content: string | null): void;
  read(spec: WorkspaceSpec, path: string): string | null;
  /** Everything in the workspace, on the branch HEAD is on (or moves a detached HEAD). */
  commitAsAgent(spec: WorkspaceSpec, message: string): CommitId;
  /** A commit on `parent` with `files` changed, to which `branch` is moved. */
  commitAsHuman(
    branch: BranchName,
    parent: CommitId,
    files: Readonly<Record<string, string | null>>,
  ): CommitId;
  moveRefAsHuman(ref: string, commit: CommitId | null): void;
  /** Any ref of the user's repository. */
  ref(name: string): CommitId | null;
  refs(): readonly (readonly [string, CommitId])[];
  /** A branch of a remote, moved by somebody else. */
  setRemote(name: string, commit: CommitId): void;
  remote(name: string): CommitId | null;
  setCheckout(checkout: { readonly branch: BranchName | null; readonly isDirty: boolean }): void;
  /** HEAD of a workspace somewhere else. */
  setHead(spec: WorkspaceSpec, head: FakeHead, inProgress?: string | null): void;
  deleteFolder(spec: WorkspaceSpec): void;
  /** Reported once, by the next verification. */
  plant(violation: GuardViolation): void;
  setDamaged(isDamaged: boolean): void;
  /** Installs a structural merge tool. */
  installTool(tool: FakeTool | null): void;
  /** Files in a slot, or in a folder that Copse did not make. */
  writeIn(folder: AbsolutePath, path: string, content: string | null): void;
  readIn(folder: AbsolutePath, path: string): string | null;
}

export type FakeHead =
  | { readonly kind: 'branch'; readonly branch: BranchName }
  | { readonly kind: 'detached'; readonly commit: CommitId };

export interface FakeGit {
  readonly port: GitPort;
  readonly controls: FakeGitControls;
}

export function createFakeGit(options: FakeGitOptions = {}): FakeGit {
  const world: FakeWorld = {
    root: options.root ?? ('/fake/repository' as AbsolutePath),
    commits: new Map(),
    refs: new Map(),
    kept: new Map(),
    workspaces: new Map(),
    ownedBranches: new Set(),
    foreign: new Map(),
    slots: new Map(),
    snapshots: new Map(),
    resolutions: new Map(),
    recorded: new Map(),
    structural: null,
    ownMoves: new Map(),
    planted: [],
    failures: new Map(),
    checkout: { branch: 'main' as BranchName, isDirty: false },
    isDamaged: false,
    counter: 0,
    failpoint: options.failpoint ?? null,
    watchers: new Set(),
    remotes: new Map(),
  };
  const files = new Map(Object.entries(options.files ?? { 'README.md': 'fake\n' }));
  const first = addCommit(world, { files, parents: [], message: 'first', dateMs: 0 });
  world.refs.set('refs/heads/main', first.id);
  return { port: withFailures(world, portOf(world)), controls: controlsOf(world, first.id) };
}

function withFailures(world: FakeWorld, port: GitPort): GitPort {
  const wrapped: Record<string, unknown> = {};
  for (const [method, call] of Object.entries(port) as [keyof GitPort, (...args: never[]) => unknown][]) {
    wrapped[method] = async (...args: never[]) => {
      const failure = world.failures.get(method)?.shift();
      if (failure !== undefined) throw failure;
      return call(...args);
    };
  }
  return wrapped as unknown as GitPort;
}

function portOf(world: FakeWorld): GitPort {
  return {
    ...readingPart(world),
    ...workspacePart(world),
    ...landingPart(world),
    ...separationPart(world),
    ...remotePart(world),
    ...resolutionPart(world),
  };
}

type Reading =
  | 'facts'
  | 'resolve'
  | 'treeOf'
  | 'branchTip'
  | 'wasMadeInWorkspace'
  | 'isAncestor'
  | 'mergeBase'
  | 'commitsBetween'
  | 'readFile'
  | 'listFiles';

function readingPart(
  world: FakeWorld,
): Pick<GitPort, Reading | 'intakeFacts' | 'lineCounts' | 'diff' | 'watchBranches'> {
  const tip = (name: string | null) =>
    name === null ? null : (world.refs.get(`refs/heads/${name}`) ?? null);
  return {
    facts: async () => ({
      root: world.root,
      commonDir: `${world.root}/.git` as AbsolutePath,
      currentBranch: world.checkout.branch,
      head: tip(world.checkout.branch),
      isDirty: world.checkout.isDirty,
      defaultBranch: 'main' as BranchName,
      fileCount: world.commits.get(tip('main') ?? '')?.files.size ?? 0,
      gitVersion: '2.99.0',
    }),
    resolve: async (revision) => {
      const name = revision === 'HEAD' ? world.checkout.branch : revision;
      return tip(name) ?? world.refs.get(revision) ?? world.commits.get(revision)?.id ?? null;
    },
    treeOf: async (commit) => commitOf(world, commit).tree,
    branchTip: async (branch) => tip(branch),
    // Without reflogs: whatever a workspace's branch has on top of where it began.
    wasMadeInWorkspace: async (commit) =>
      [...world.workspaces.values()].some((workspace) => isOnTop(world, workspace, commit)),
    isAncestor: async (ancestor, descendant) => isAncestor(world, ancestor, descendant),
    mergeBase: async (a, b) => mergeBase(world, a, b),
    commitsBetween: async (without, head, limit) =>
      commitsBetween(world, without, head).toReversed().slice(0, limit),
    readFile: async (commit, path) => commitOf(world, commit).files.get(path) ?? null,
    listFiles: async (commit, limit) =>
      [...commitOf(world, commit).files.keys()].toSorted().slice(0, limit) as RepoPath[],
    intakeFacts: async (base, head) => intakeFacts(world, base, head),
    lineCounts: async (base, head) => lineCounts(world, base, head),
    watchBranches: async (onChange) => {
      world.watchers.add(onChange);
      return () => {
        world.watchers.delete(onChange);
      };
    },
    diff: async (from, to, maxBytes) =>
      Buffer.from(diffText(world, from, to))
        .subarray(0, maxBytes)
        .toString(),
  };
}

type Working =
  | 'provision'
  | 'sight'
  | 'gitDirs'
  | 'shareFiles'
  | 'takeSnapshot'
  | 'verifySnapshot'
  | 'capture'
  | 'commitOnBehalf';

function workspacePart(
  world: FakeWorld,
): Pick<GitPort, Working | 'takeIn' | 'updateWorkspace' | 'removeWorkspace' | 'deleteBranch'> {
  return {
    provision: (spec) => effect(world, 'worktree.add', () => provision(world, spec)),
    sight: async (spec) => sight(world, spec),
    gitDirs: async (spec) => ({
      own: `${spec.path}/.git` as AbsolutePath,
      common: `${spec.path}/.git` as AbsolutePath,
    }),
    shareFiles: async (_spec, files) => ({ missing: [...files.copy, ...files.link] }),
    takeSnapshot: () => effect(world, 'guard.snapshot', () => takeSnapshot(world)),
    verifySnapshot: (spec, snapshot) =>
      effect(world, 'guard.restore', () => verifySnapshot(world, spec, snapshot)),
    capture: (spec, ref, message) => effect(world, 'salvage.ref', () => capture(world, spec, ref, message)),
    commitOnBehalf: (spec, captured) =>
      effect(world, 'commit-on-behalf', () => commitOnBehalf(world, spec, captured)),
    takeIn: (source, keepRef) => effect(world, 'take-in.keepref', () => takeIn(world, source, keepRef)),
    updateWorkspace: (spec, onto, message) =>
      effect(world, 'workspace.update', () => updateWorkspace(world, spec, onto, message)),
    removeWorkspace: (spec, proof) =>
      effect(world, 'worktree.remove', () => removeWorkspace(world, spec, proof)),
    deleteBranch: (branch, expected) =>
      effect(world, 'branch.delete', () => deleteBranch(world, branch, expected)),
  };
}

type Landing =
  | 'merge'
  | 'keep'
  | 'listKept'
  | 'dropKept'
  | 'checkoutSlot'
  | 'slotChanges'
  | 'slotWrites'
  | 'publish'
  | 'moveRefs';

function landingPart(world: FakeWorld): Pick<GitPort, Landing> {
  return {
    merge: (request) => effect(world, 'merge.commit', () => merge(world, request)),
    keep: (ref, commit) =>
      effect(world, 'merge.keepref', () => {
        world.kept.set(ref, commitOf(world, commit).id);
      }),
    listKept: async (prefix) =>
      [...world.kept]
        .filter(([ref]) => ref.startsWith(prefix))
        .map(([ref, commit]) => ({ ref, commit }))
        .toSorted((a, b) => (a.ref < b.ref ? -1 : 1)),
    dropKept: async (ref) => {
      world.kept.delete(ref);
    },
    checkoutSlot: (slot, commit) =>
      effect(world, 'slot.checkout', () => {
        world.slots.set(slot, { commit, files: new Map(commitOf(world, commit).files) });
        return slotFolder(slot);
      }),
    slotChanges: async (slot, commit) => {
      const before = commitOf(world, commit).files;
      const paths = changedPaths(before, world.slots.get(slot)?.files ?? new Map());
      return paths.filter((path) => before.has(path));
    },
    slotWrites: async (slot, commit) =>
      changedPaths(commitOf(world, commit).files, world.slots.get(slot)?.files ?? new Map()),
    publish: (request) => effect(world, 'publish.cas', () => publish(world, request)),
    moveRefs: (changes) => effect(world, 'refs.move', () => moveRefs(world, changes)),
  };
}

function slotFolder(slot: string): AbsolutePath {
  return `/fake/slots/${slot}` as AbsolutePath;
}

function controlsOf(world: FakeWorld, firstCommit: CommitId): FakeGitControls {
  const filesIn = (folder: AbsolutePath) => {
    const slot =
      world.slots.get(folder.replace('/fake/slots/', '')) ??
      world.resolutions.get(folder.replace('/fake/resolutions/', ''));
    const files =
      slot?.files ?? world.workspaces.get(folder)?.files ?? world.foreign.get(folder) ?? new Map();
    if (slot === undefined && !world.workspaces.has(folder)) world.foreign.set(folder, files);
    return files;
  };
  return {
    firstCommit,
    failNext: (method, failure) => {
      world.failures.set(method, [...(world.failures.get(method) ?? []), failure]);
    },
    write: (spec, path, content) => put(workspaceOf(world, spec).files, path, content),
    read: (spec, path) => workspaceOf(world, spec).files.get(path) ?? null,
    commitAsAgent: (spec, message) => commitAsAgent(world, spec, message),
    commitAsHuman: (branch, parent, changes) => {
      const files = new Map(commitOf(world, parent).files);
      for (const [path, content] of Object.entries(changes)) put(files, path, content);
      const commit = addCommit(world, { files, parents: [parent], message: 'by a person', dateMs: 0 });
      world.refs.set(branchRef(branch), commit.id);
      for (const notice of world.watchers) notice();
      return commit.id;
    },
    moveRefAsHuman: (ref, commit) => {
      if (commit === null) world.refs.delete(ref);
      else world.refs.set(ref, commit);
      for (const notice of world.watchers) notice();
    },
    ref: (name) => world.refs.get(name) ?? null,
    refs: () => [...world.refs],
    setRemote: (name, commit) => world.remotes.set(name, commit),
    remote: (name) => world.remotes.get(name) ?? null,
    setCheckout: (checkout) => {
      world.checkout = { ...checkout };
    },
    setHead: (spec, head, inProgress = null) => {
      Object.assign(workspaceOf(world, spec), { head, inProgress });
    },
    deleteFolder: (spec) => {
      workspaceOf(world, spec).isFolderGone = true;
    },
    plant: (violation) => {
      world.planted.push(violation);
    },
    setDamaged: (isDamaged) => {
      world.isDamaged = isDamaged;
    },
    installTool: (tool) => {
      world.structural = tool;
    },
    writeIn: (folder, path, content) => put(filesIn(folder), path, content),
    readIn: (folder, path) => filesIn(folder).get(path) ?? null,
  };
}

function put(files: Map<string, string>, path: string, content: string | null): void {
  if (content === null) files.delete(path);
  else files.set(path, content);
}

function commitAsAgent(world: FakeWorld, spec: WorkspaceSpec, message: string): CommitId {
  const workspace = workspaceOf(world, spec);
  const { head } = workspace;
  const ref = head.kind === 'branch' ? branchRef(head.branch) : null;
  const parent = ref === null ? (head as { commit: CommitId }).commit : (world.refs.get(ref) ?? spec.base);
  world.counter += 1;
  const commit = addCommit(world, {
    files: workspace.files,
    parents: [parent],
    message,
    dateMs: world.counter,
  });
  if (ref === null) workspace.head = { kind: 'detached', commit: commit.id };
  else world.refs.set(ref, commit.id);
  return commit.id;
}
