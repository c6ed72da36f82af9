/** Real git behind the port. See `context.ts` for the places, `run.ts` for how git is started, `provision.ts` for worktrees. */
import { mkdir, realpath } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath, BranchName, CommitId } from '../../core/ids.ts';
import type { GitPort } from '../../ports/git.ts';
import type { ResolutionGit } from '../../ports/git-resolution.ts';
import type { Failpoint } from '../../ports/world.ts';
import { isAncestor, mergeBase } from './ancestry.ts';
import { capture, commitOnBehalf } from './capture.ts';
import { recoverForwards } from './checkout-forward.ts';
import { changedPathsOf, coChange } from './changed-paths.ts';
import { commitsBetween } from './commits-between.ts';
import { commonBases } from './merge-bases.ts';
import { effect, type GitContext } from './context.ts';
import { openIdentity, openPlaces, sweepState } from './control.ts';
import { diff } from './diff.ts';
import { discover } from './discover.ts';
import { composeEnvironment, userVariable } from './environment.ts';
import { facts, listFiles, readFileAt, requireUserRepository, resolveRevision } from './facts.ts';
import { GitFailure } from './failure.ts';
import { takeSnapshot, verifySnapshot } from './guard.ts';
import { intakeFacts, lineCounts } from './intake-facts.ts';
import { dropKept, listKept, writeKept } from './kept-refs.ts';
import { listBranches, listCheckouts } from './list-branches.ts';
import { Mutexes, Semaphore, withFileLock } from './lock.ts';
import { sweepStateLocks } from './lock-sweep.ts';
import { wasMadeInWorkspace } from './made-in-workspace.ts';
import { worktreeChanges } from './look.ts';
import { MergeHistory } from './merge-history.ts';
import { merge } from './merge.ts';
import { deleteBranch, moveRefs } from './move-refs.ts';
import { ObjectCache } from './object-cache.ts';
import { requireCommit } from './objects.ts';
import { endOrphans, ownerMark } from './orphans.ts';
import { Pool } from './pool.ts';
import { provision } from './provision.ts';
import { publish } from './publish.ts';
import { ObjectReader } from './reader.ts';
import { settleRefMoves } from './ref-journal.ts';
import { openRemotes } from './remote.ts';
import { recordResolution } from './recorded-resolutions.ts';
import { closeResolution, openResolution, readResolution } from './resolution-checkout.ts';
import { resolveByRule } from './resolve-by-rule.ts';
import { firstParents, revert } from './revert.ts';
import { removeWorkspace } from './remove-workspace.ts';
import { createRunner, type GitRunner } from './run.ts';
import { shareFiles } from './share-files.ts';
import { sightWorktrees } from './sight-worktrees.ts';
import { checkoutSlot, slotChanges, slotWrites } from './slots.ts';
import { takeIn } from './take-in.ts';
import { ensureInControl } from './transfer.ts';
import { TransferGroups } from './transfer-groups.ts';
import { openTrialMerges } from './trial-merges.ts';
import { updateWorkspace } from './update-workspace.ts';
import { userBranchTip } from './user-refs.ts';
import { watchBranches } from './watch-branches.ts';
import { gitDirs, sight } from './workspace.ts';

export { GIT_FAILPOINTS } from './context.ts';

export interface OpenGitOptions {
  /** Any folder inside the user's checkout. */
  readonly userRepository: AbsolutePath;
  /** Ours alone; made with mode 0700. Everything in it belongs to this repository. */
  readonly stateDir: AbsolutePath;
  readonly failpoint: Failpoint;
}

/** A port that can also be told to wait for its own background work. */
export interface RealGit extends GitPort {
  /** Resolves when no spare checkout is being made; for tests and an orderly end. */
  settled(): Promise<void>;
  /** Ends the two reading processes; the port may still be used and starts them again. */
  close(): void;
}

/**
 * Opens the repository and makes the control repository if there is none. Fails with `git-missing`, `git-too-old`,
 * `git-not-a-repository`, `git-bare`, `git-no-commits`, `git-reftable` or `git-partial-clone`.
 */
export async function openGit(options: OpenGitOptions): Promise<RealGit> {
  await mkdir(options.stateDir, { recursive: true, mode: 0o700 });
  const stateDir = await realpath(options.stateDir);
  const context = await openContext({ ...options, stateDir: stateDir as AbsolutePath });
  const pool = new Pool(context);
  await pool.sweep();
  return portOf(context, pool);
}

async function openContext(options: OpenGitOptions): Promise<GitContext> {
  const { stateDir, userRepository, failpoint } = options;
  const git = createRunner(await environmentOf(stateDir));
  const gitVersion = await requireVersion(git);
  const user = await discover(git, userRepository);
  const places = await withFileLock(join(stateDir, 'locks', 'open'), async () => {
    await sweepState(stateDir);
    const opened = await openPlaces(git, user, stateDir);
    await sweepStateLocks(stateDir);
    await settleRefMoves({ user, places: opened });
    return opened;
  });
  const context: GitContext = {
    user,
    places,
    git,
    gitVersion,
    failpoint,
    controlReader: new ObjectReader(git, places.control, new ObjectCache()),
    userReader: new ObjectReader(git, places.view),
    identity: await openIdentity(git, user, stateDir),
    mutexes: new Mutexes(),
    history: new MergeHistory(),
    transfers: new TransferGroups(),
    pristineSlots: new Map(),
    // Measured: twice the processors is where parallel checkouts stop getting faster.
    checkouts: new Semaphore(2 * availableParallelism()),
  };
  await recoverForwards(context);
  if ((await facts(context)).head === null) {
    throw new GitFailure('git-no-commits', `${user.root} has no commit yet`, {
      hint: 'run: git commit --allow-empty -m "first commit"',
    });
  }
  return context;
}

async function environmentOf(stateDir: string): Promise<Readonly<Record<string, string>>> {
  const home = join(stateDir, 'home');
  const tmp = join(stateDir, 'tmp');
  for (const folder of [home, tmp]) await mkdir(folder, { recursive: true, mode: 0o700 });
  await endOrphans(home);
  const path = userVariable('PATH') || '/usr/local/bin:/usr/bin:/bin';
  return { ...composeEnvironment({ path, home, tmp }), ...ownerMark() };
}

/** `merge-tree --write-tree` came with 2.38. */
async function requireVersion(git: GitRunner): Promise<string> {
  const { stdout } = await git.run({ label: 'ask git for its version', gitDir: null, args: ['version'] });
  const version = /(\d+)\.(\d+)\S*/.exec(stdout.toString());
  const [text = '', major = '0', minor = '0'] = version ?? [];
  if (Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 38)) return text;
  throw new GitFailure('git-too-old', `git ${text} is too old`, { hint: 'install git 2.38 or later' });
}

function slotsOf(context: GitContext): Pick<RealGit, 'checkoutSlot' | 'slotChanges' | 'slotWrites'> {
  return {
    checkoutSlot: (slot, commit, target) => checkoutSlot(context, slot, commit, target),
    slotChanges: (slot, commit) => slotChanges(context, slot, commit),
    slotWrites: (slot, commit) => slotWrites(context, slot, commit),
  };
}

function portOf(context: GitContext, pool: Pool): RealGit {
  const inControl = async (commit: CommitId) => {
    await ensureInControl(context, commit);
    return requireCommit(context, commit);
  };
  return {
    facts: () => facts(context),
    resolve: async (revision) => {
      await requireUserRepository(context);
      return resolveRevision(context, revision);
    },
    treeOf: async (commit) => (await inControl(commit)).tree,
    branchTip: (branch: BranchName) => userBranchTip(context, branch),
    wasMadeInWorkspace: (commit) => wasMadeInWorkspace(context, commit),
    isAncestor: (ancestor, descendant) => isAncestor(context, ancestor, descendant),
    mergeBase: (a, b) => mergeBase(context, a, b),
    commitsBetween: (without, head, limit) => commitsBetween(context, without, head, limit),
    readFile: (commit, path) => readFileAt(context, commit, path),
    listFiles: (commit, limit) => listFiles(context, commit, limit),
    provision: (spec) => provision(context, pool, spec),
    sight: (spec) => sight(context, spec),
    gitDirs: (spec) => gitDirs(context, spec),
    shareFiles: (spec, files) => shareFiles(context, spec, files),
    takeSnapshot: (spec) => takeSnapshot(context, spec),
    verifySnapshot: (spec, snapshot) =>
      verifySnapshot(context, spec, snapshot, (again) => provision(context, pool, again)),
    capture: (spec, ref, message) => capture(context, spec, ref, message),
    commitOnBehalf: (spec, captured) => commitOnBehalf(context, spec, captured),
    takeIn: (source, keepRef) => takeIn(context, source, keepRef),
    intakeFacts: (base, tip) => intakeFacts(context, base, tip),
    lineCounts: (base, tip) => lineCounts(context, base, tip),
    updateWorkspace: (spec, onto, message) => updateWorkspace(context, spec, onto, message),
    removeWorkspace: (spec, proof) => removeWorkspace(context, spec, proof),
    deleteBranch: (branch, expected) => deleteBranch(context, branch, expected),
    merge: (request) => merge(context, request),
    keep: async (ref, commit) => {
      await inControl(commit);
      await effect(context, 'merge.keepref', () => writeKept(context, ref, commit));
    },
    listKept: (prefix) => listKept(context, prefix),
    dropKept: (ref) => dropKept(context, ref),
    ...slotsOf(context),
    publish: (request) => publish(context, request),
    moveRefs: (changes, reason) => moveRefs(context, changes, reason),
    ...openRemotes(context),
    watchBranches: async (onChange) => watchBranches(context, onChange),
    diff: (from, to, maxBytes) => diff(context, from, to, maxBytes),
    listBranches: (limit) => listBranches(context, limit),
    listCheckouts: () => listCheckouts(context),
    commonBases: (tips) => commonBases(context, tips),
    changedPathsOf: (ranges) => changedPathsOf(context, ranges),
    gitVersion: async () => context.gitVersion,
    trialMerges: openTrialMerges(context),
    coChange: (tip, commits) => coChange(context, tip, commits),
    ...resolutionPart(context),
    revert: (request) => revert(context, request),
    firstParents: (tip, limit) => firstParents(context, tip, limit),
    worktreeChanges: (path) => worktreeChanges(context, path),
    sightWorktrees: (paths) => sightWorktrees(context, paths),
    settled: () => pool.settled(),
    close: () => {
      context.controlReader.close();
      context.userReader.close();
    },
  };
}

function resolutionPart(context: GitContext): Omit<ResolutionGit, 'revert' | 'firstParents'> {
  return {
    resolveByRule: (request) => resolveByRule(context, request),
    openResolution: (spec) => openResolution(context, spec),
    readResolution: (spec, made) => readResolution(context, spec, made),
    closeResolution: (name) => closeResolution(context, name),
    recordResolution: (sides, resolved) => recordResolution(context, sides, resolved),
  };
}
