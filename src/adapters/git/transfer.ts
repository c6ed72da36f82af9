/**
 * Moves commits between object stores as a pack, with git's object checks (`--strict`: names like `.git` or `..`, bad
 * links, missing objects). Two processes, no negotiation: the caller names commits both sides have. What little goes back
 * to the user needs none (`copy-objects.ts`).
 */
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { copyToUser } from './copy-objects.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { statIfThere } from './files.ts';
import { isCommitIn, readCommit } from './objects.ts';
import type { GitCall } from './run.ts';
import type { TransferOutcome, Wanted } from './transfer-groups.ts';

/** A pack with fewer objects than this is unpacked, as git's own fetch does (fetch.unpackLimit). */
const UNPACK_LIMIT = 100;

/** Old tools wrote these into many public histories; they hurt nobody. Everything else stays an error. */
const TOLERATED = [
  'zeroPaddedFilemode',
  'missingSpaceBeforeDate',
  'badTimezone',
  'missingEmail',
  'missingNameBeforeEmail',
  'missingSpaceBeforeEmail',
  'badName',
  'badEmail',
  'nulInCommit',
  'badFilemode',
];

export interface ObjectSource {
  readonly objects: string;
  readonly shallowFile: string | null;
}

export function userObjects(context: GitContext): ObjectSource {
  const { commonDir } = context.user;
  return { objects: join(commonDir, 'objects'), shallowFile: join(commonDir, 'shallow') };
}

/** Brings `tip` and all it needs into control. `known`: commits both sides have; ones that control lacks are ignored. */
export async function bringIntoControl(
  context: GitContext,
  source: ObjectSource,
  tip: CommitId,
  known: readonly string[],
): Promise<TransferOutcome> {
  // Callers that want the same commit at the same time share one transfer.
  return context.mutexes.run(`bring:${tip}`, async () => {
    if (await isCommitIn(context.controlReader, tip)) return { kind: 'there' };
    const store = `${source.objects}\0${source.shallowFile}`;
    return context.transfers.bring(store, { tip, known }, (wanted) => bringOnce(context, source, wanted));
  });
}

async function bringOnce(
  context: GitContext,
  source: ObjectSource,
  wanted: readonly Wanted[],
): Promise<TransferOutcome> {
  const known = new Set(wanted.flatMap((one) => one.known));
  const isShared = await Promise.all(
    [...known].map(async (id) => ((await isCommitIn(context.controlReader, id)) ? [id] : [])),
  );
  const tips = wanted.map(({ tip }) => tip);
  try {
    const from = await readingFrom(context, source);
    await send(context, from, { gitDir: context.places.control }, tips, isShared.flat());
  } catch (cause) {
    if (cause instanceof GitFailure && cause.exitCode !== null)
      return { kind: 'rejected', reason: cause.message };
    throw cause;
  }
  return { kind: 'there' };
}

/** Brings a commit of control into the user's object store; nothing to do when it is there. */
export async function bringToUser(
  context: GitContext,
  tip: CommitId,
  known: readonly string[],
): Promise<void> {
  if ((await isCommitIn(context.userReader, tip)) || (await copyToUser(context, tip))) return;
  const shared: string[] = [];
  for (const id of new Set(known)) {
    if ((await isCommitIn(context.userReader, id)) && (await isCommitIn(context.controlReader, id)))
      shared.push(id);
  }
  const store = { gitDir: context.places.lens, objectDir: join(context.user.commonDir, 'objects') };
  await send(context, { gitDir: context.places.control }, store, [tip], shared);
}

/**
 * Makes sure that control has a commit of the user's repository, whoever made it. Fails with `git-object-missing` when
 * nobody has it and with `git-rejected` when its objects do not pass the checks.
 */
export async function ensureInControl(
  context: GitContext,
  commit: CommitId,
  known: readonly string[] = [],
): Promise<void> {
  if (await isCommitIn(context.controlReader, commit)) return;
  if (!(await isCommitIn(context.userReader, commit))) {
    throw new GitFailure('git-object-missing', `commit ${commit} is in no repository known here`);
  }
  const shared = known.length > 0 ? known : await sharedWith(context, commit);
  const outcome = await bringIntoControl(context, userObjects(context), commit, shared);
  if (outcome.kind === 'rejected') throw new GitFailure('git-rejected', outcome.reason);
}

/** Commits between a new one and what control has: a longer way is left to git. */
const MAX_NEW = 200;

/** Commits that a transfer of the user's `commit` may leave out: its newest ancestors in control, else the user's tips. */
export async function sharedWith(context: GitContext, commit: CommitId): Promise<readonly string[]> {
  const shared: string[] = [];
  const seen = new Set<CommitId>([commit]);
  for (const id of seen) {
    if (await isCommitIn(context.controlReader, id)) {
      shared.push(id);
      continue;
    }
    const found = await readCommit(context.userReader, id);
    if (found === null || seen.size > MAX_NEW) return userTips(context);
    for (const parent of found.parents) seen.add(parent);
  }
  return shared;
}

/** Newest tips first; enough of them that a pack never holds much that control already has. */
async function userTips(context: GitContext): Promise<readonly string[]> {
  const shared = asking.get(context) ?? askTips(context).finally(() => asking.delete(context));
  asking.set(context, shared);
  return shared;
}

/** Of several who ask at the same time only the first starts a process. */
const asking = new WeakMap<GitContext, Promise<readonly string[]>>();

async function askTips(context: GitContext): Promise<readonly string[]> {
  const { stdout } = await context.git.run({
    label: 'list the tips',
    gitDir: context.places.view,
    args: ['for-each-ref', '--sort=-creatordate', '--count=200', '--format=%(objectname)'],
  });
  return stdout.toString().split('\n').filter(Boolean);
}

type Store = Pick<GitCall, 'gitDir' | 'objectDir' | 'shallowFile'>;

async function readingFrom(context: GitContext, source: ObjectSource): Promise<Store> {
  const store = { gitDir: context.places.lens, objectDir: source.objects };
  if (source.shallowFile === null || (await statIfThere(source.shallowFile)) === null) return store;
  return { ...store, shallowFile: source.shallowFile };
}

/** Of one transfer, before its refusal counts. */
const SEND_TRIES = 3;

/** A `gc` beside it moves objects and removes empty folders under a process that uses them; sending again is harmless. */
async function send(
  context: GitContext,
  from: Store,
  to: Store,
  tips: readonly string[],
  shared: readonly string[],
): Promise<void> {
  for (let again = 1; again < SEND_TRIES; again += 1) {
    try {
      await sendOnce(context, from, to, tips, shared);
      return;
    } catch (error) {
      if (!(error instanceof GitFailure) || error.exitCode === null) throw error;
    }
  }
  await sendOnce(context, from, to, tips, shared);
}

async function sendOnce(
  context: GitContext,
  from: Store,
  to: Store,
  tips: readonly string[],
  shared: readonly string[],
): Promise<void> {
  const name = `commit ${tips
    .map((tip) => tip.slice(0, 12))
    .join(', ')
    .slice(0, 200)}`;
  const { stdout: pack } = await context.git.run({
    ...from,
    label: `pack ${name}`,
    args: ['pack-objects', '--revs', '--stdout', '-q', '--thin', '--delta-base-offset'],
    input: [...tips, ...shared.map((id) => `^${id}`), ''].join('\n'),
    maxBytes: 2 ** 31 - 1,
    timeoutMs: 600_000,
  });
  const count = pack.length >= 12 ? pack.readUInt32BE(8) : 0;
  if (count === 0) return;
  const strict = `--strict=${TOLERATED.map((id) => `${id}=warn`).join(',')}`;
  await context.git.run({
    ...to,
    label: `check the objects of ${name}`,
    args:
      count < UNPACK_LIMIT
        ? ['unpack-objects', '-q', strict]
        : ['index-pack', '--stdin', '--fix-thin', strict],
    input: pack,
    timeoutMs: 600_000,
  });
}
