/**
 * Moves a clean checkout from one commit to another together with its branch. While it lasts we hold the checkout's
 * `index.lock`, so no command of the user's can commit a half-moved state; a journal lets a restart finish or undo it.
 *
 *   lock + journal → clean? → (ref moves) → files and a private index → index renamed into place, which ends the lock
 */
import { constants, copyFile, link, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { BranchName } from '../../core/ids.ts';
import { differs } from './checkout-state.ts';
import type { GitContext } from './context.ts';
import { GitFailure, isErrno } from './failure.ts';
import { bytesIfThere, entriesOf, readIfThere, removeTree, statIfThere, writeWhole } from './files.ts';
import { settleHalfMove } from './half-moved.ts';
import { lockHolder } from './lock-holder.ts';
import { isHolderAlive, startTicks } from './lock.ts';
import { keyOf } from './ownership.ts';
import { CHECKOUT_TIMEOUT_MS } from './populate.ts';
import { canMoveFewFiles, moveFewFiles } from './move-few-files.ts';
import { waitOrRemove } from './stale-lock.ts';
import type { PublishRequest } from './publish.ts';
import { branchRef } from './names.ts';
import { logHead, operationInProgress, userRef, type Checkout } from './user-refs.ts';
import { copyIndex } from './worktree-changes.ts';

export interface OpenForward {
  readonly checkout: Checkout;
  readonly request: PublishRequest;
  /** Our private index of the checkout, moved by us, then renamed over the real one. */
  readonly index: string;
  readonly release: () => Promise<void>;
}

interface Journal {
  readonly checkout: Checkout;
  readonly request: PublishRequest;
  readonly lock: string;
}

/** What a lock of ours starts with; pid and start time of its holder follow. */
const TOKEN_NAME = 'copse ';

/** How long the user's own command may hold the index before the landing is held instead. */
const LOCK_TRIES = 20;
const LOCK_PAUSE_MS = 50;

/** null when the checkout must be left alone: dirty, in the middle of something, locked, or with files that need a filter. */
export async function openForward(
  context: GitContext,
  checkout: Checkout,
  request: PublishRequest,
): Promise<OpenForward | null> {
  const real = join(checkout.gitDir, 'index');
  if ((await operationInProgress(checkout.gitDir)) !== null || (await statIfThere(real)) === null)
    return null;
  if ((await statIfThere(checkout.path))?.isDirectory() !== true) return null;
  const files = journalFiles(context, request.branch, checkout);
  const journal: Journal = { checkout, request, lock: `${real}.lock` };
  await writeWhole(files.token, `${TOKEN_NAME}${process.pid} ${startTicks(process.pid) ?? '?'}\n`);
  await writeWhole(files.journal, JSON.stringify(journal));
  if (!(await takeIndexLock(files.token, journal.lock))) {
    await removeJournal(files);
    return null;
  }
  const release = async () => {
    if (await holdsLock(files, journal.lock)) await rm(journal.lock, { force: true });
    await removeJournal(files);
  };
  await copyIndex(real, files.index);
  const forward = { checkout, request, index: files.index, release };
  if (await isForwardable(context, forward)) return forward;
  await release();
  return null;
}

/** The ref has moved already. */
export async function forwardCheckout(context: GitContext, forward: OpenForward): Promise<void> {
  const { checkout, request, index } = forward;
  await moveFiles(context, forward);
  await installIndex(index, join(checkout.gitDir, 'index'));
  const reason = `copse: landed ${request.to.slice(0, 12)}`;
  await logHead(context, checkout, { from: request.from, to: request.to, reason, dateMs: Date.now() });
}

/** Finishes or undoes a forward whose process died: the ref says which. Nothing a person edited since is overwritten. */
export async function recoverForward(context: GitContext, branch: BranchName): Promise<void> {
  await recoverJournals(context, (journal) => journal.request.branch === branch);
}

/** The same for every branch, of processes that are gone; what fails now is tried again when its branch is published. */
export async function recoverForwards(context: GitContext): Promise<void> {
  try {
    await recoverJournals(context, (_, token) => !isHolderAlive(token.slice(TOKEN_NAME.length)));
  } catch (error) {
    if (!(error instanceof GitFailure)) throw error;
  }
}

async function recoverJournals(
  context: GitContext,
  isWanted: (journal: Journal, token: string) => boolean,
): Promise<void> {
  const folder = join(context.places.state, 'forward');
  for (const entry of await entriesOf(folder)) {
    if (!entry.name.endsWith('.json')) continue;
    const journal = JSON.parse((await readIfThere(join(folder, entry.name))) ?? 'null') as Journal | null;
    if (journal === null) continue;
    const files = journalFiles(context, journal.request.branch, journal.checkout);
    if (!isWanted(journal, (await readIfThere(files.token)) ?? '')) continue;
    if (await holdsLock(files, journal.lock)) {
      await finish(context, journal, files.index);
      await rm(journal.lock, { force: true });
    }
    for (const rest of [`${journal.lock}.copse`, join(journal.checkout.gitDir, 'index.copse')]) {
      await rm(rest, { force: true });
    }
    await removeJournal(files);
  }
}

async function finish(context: GitContext, journal: Journal, index: string): Promise<void> {
  const { checkout, request } = journal;
  const { from, to } = request;
  if ((await userRef(context, branchRef(request.branch))) !== to) return;
  await removeTree(`${index}.lock`);
  await copyIndex(join(checkout.gitDir, 'index'), index);
  await settleHalfMove(context, { folder: checkout.path, index }, { from, to, target: to });
  await installIndex(index, join(checkout.gitDir, 'index'));
  const reason = `copse: landed ${to.slice(0, 12)}`;
  await logHead(context, checkout, { from, to, reason, dateMs: Date.now() });
}

async function isForwardable(context: GitContext, forward: OpenForward): Promise<boolean> {
  const { checkout, request, index } = forward;
  if (await differs(context, checkout.path, index, request.from)) return false;
  if (await needsFilter(context, forward)) return false;
  if (await canMoveFewFiles(context, { tree: checkout.path, index }, request)) return true;
  // Rehearsal: refuses when an untracked file is in the way.
  const { code } = await context.git.run({
    ...place(context, forward),
    label: `rehearse the move of ${checkout.path}`,
    args: ['read-tree', '-n', '-u', '-m', request.from, request.to],
    ok: [0, 1, 128],
  });
  return code === 0;
}

/** Content that passes through a filter (git-lfs) can only be written by a command of the user's. */
async function needsFilter(context: GitContext, forward: OpenForward): Promise<boolean> {
  const attributes = await readIfThere(join(forward.checkout.path, '.gitattributes'));
  const ours = await context.controlReader.content(`${forward.request.to}:.gitattributes`);
  const text = `${attributes ?? ''}\n${ours?.content.toString() ?? ''}`;
  return /\bfilter=/.test(text);
}

function place(context: GitContext, forward: OpenForward) {
  return { gitDir: context.places.control, workTree: forward.checkout.path, indexFile: forward.index };
}

async function moveFiles(context: GitContext, forward: OpenForward): Promise<void> {
  const { checkout, request, index } = forward;
  const { from, to } = request;
  const outcome = await moveFewFiles(context, { tree: checkout.path, index }, { from, to });
  if (outcome === 'moved' || (outcome === 'declined' && (await movedByGit(context, forward)))) return;
  // What somebody wrote meanwhile stays, all else is moved.
  await settleHalfMove(context, { folder: checkout.path, index }, { from, to, target: to });
}

/** False when something has come in the way. */
async function movedByGit(context: GitContext, forward: OpenForward): Promise<boolean> {
  const { from, to } = forward.request;
  const { code } = await context.git.run({
    ...place(context, forward),
    label: `move the checkout ${forward.checkout.path}`,
    args: ['read-tree', '-u', '-m', from, to],
    ok: [0, 1, 128],
    timeoutMs: CHECKOUT_TIMEOUT_MS,
  });
  return code === 0;
}

/** By way of the lock file, as git does: the rename both installs the index and ends the lock. */
async function installIndex(from: string, to: string): Promise<void> {
  const lock = `${to}.lock`;
  const beside = `${to}.copse`;
  await copyFile(from, beside, constants.COPYFILE_FICLONE);
  await rename(beside, lock);
  await rename(lock, to);
}

interface JournalFiles {
  readonly journal: string;
  readonly token: string;
  readonly index: string;
}

function journalFiles(context: GitContext, branch: string, checkout: Checkout): JournalFiles {
  const stem = join(context.places.state, 'forward', keyOf(`${branch}\0${checkout.path}`));
  return { journal: `${stem}.json`, token: `${stem}.token`, index: `${stem}.index` };
}

/** The token's content, copied into the lock, is how a restart knows the lock for its own. */
async function takeIndexLock(token: string, lock: string): Promise<boolean> {
  const beside = `${lock}.copse`;
  await copyFile(token, beside);
  try {
    for (let tries = 0; tries < LOCK_TRIES; tries += 1) {
      if (await isLinked(beside, lock)) return true;
      await delay(LOCK_PAUSE_MS);
    }
    if ((await lockHolder(lock)).kind !== 'nobody' || (await waitOrRemove(lock)) !== 'gone') return false;
    return await isLinked(beside, lock);
  } finally {
    await rm(beside, { force: true });
  }
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Before the move it has the token's content, at its very end that of our private index. */
async function holdsLock(files: JournalFiles, lock: string): Promise<boolean> {
  const now = await bytesIfThere(lock);
  if (now === null) return false;
  const ours = await Promise.all([bytesIfThere(files.token), bytesIfThere(files.index)]);
  return ours.some((content) => content?.equals(now) === true);
}

async function removeJournal(files: JournalFiles): Promise<void> {
  for (const path of [files.journal, files.token, files.index, `${files.index}.lock`])
    await rm(path, { force: true });
}
