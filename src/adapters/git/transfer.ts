/**
 * Moves commits between object stores as a pack, with git's object checks (`--strict`: names like `.git` or `..`, bad
 * links, missing objects). Two processes, no negotiation: the caller names commits both sides have.
 */
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { statIfThere } from './files.ts';
import { isCommitIn } from './objects.ts';
import type { GitCall } from './run.ts';

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

export type TransferOutcome =
  { readonly kind: 'there' } | { readonly kind: 'rejected'; readonly reason: string };

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
  return context.mutexes.run(`bring:${tip}`, () => bringOnce(context, source, tip, known));
}

async function bringOnce(
  context: GitContext,
  source: ObjectSource,
  tip: CommitId,
  known: readonly string[],
): Promise<TransferOutcome> {
  if (await isCommitIn(context.controlReader, tip)) return { kind: 'there' };
  const shared: string[] = [];
  for (const id of new Set(known)) if (await isCommitIn(context.controlReader, id)) shared.push(id);
  try {
    await send(context, await readingFrom(context, source), { gitDir: context.places.control }, tip, shared);
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
  if (await isCommitIn(context.userReader, tip)) return;
  const shared: string[] = [];
  for (const id of new Set(known)) {
    if ((await isCommitIn(context.userReader, id)) && (await isCommitIn(context.controlReader, id)))
      shared.push(id);
  }
  const store = { gitDir: context.places.lens, objectDir: join(context.user.commonDir, 'objects') };
  await send(context, { gitDir: context.places.control }, store, tip, shared);
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
  const outcome = await bringIntoControl(context, userObjects(context), commit, [
    ...known,
    ...(known.length > 0 ? [] : await userTips(context)),
  ]);
  if (outcome.kind === 'rejected') throw new GitFailure('git-rejected', outcome.reason);
}

/** Newest tips first; enough of them that a pack never holds much that control already has. */
export async function userTips(context: GitContext): Promise<readonly string[]> {
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
  tip: string,
  shared: readonly string[],
): Promise<void> {
  for (let again = 1; again < SEND_TRIES; again += 1) {
    try {
      await sendOnce(context, from, to, tip, shared);
      return;
    } catch (error) {
      if (!(error instanceof GitFailure) || error.exitCode === null) throw error;
    }
  }
  await sendOnce(context, from, to, tip, shared);
}

async function sendOnce(
  context: GitContext,
  from: Store,
  to: Store,
  tip: string,
  shared: readonly string[],
): Promise<void> {
  const { stdout: pack } = await context.git.run({
    ...from,
    label: `pack commit ${tip.slice(0, 12)}`,
    args: ['pack-objects', '--revs', '--stdout', '-q', '--thin', '--delta-base-offset'],
    input: [tip, ...shared.map((id) => `^${id}`), ''].join('\n'),
    maxBytes: 2 ** 31 - 1,
    timeoutMs: 600_000,
  });
  const count = pack.length >= 12 ? pack.readUInt32BE(8) : 0;
  if (count === 0) return;
  const strict = `--strict=${TOLERATED.map((id) => `${id}=warn`).join(',')}`;
  await context.git.run({
    ...to,
    label: `check the objects of commit ${tip.slice(0, 12)}`,
    args:
      count < UNPACK_LIMIT
        ? ['unpack-objects', '-q', strict]
        : ['index-pack', '--stdin', '--fix-thin', strict],
    input: pack,
    timeoutMs: 600_000,
  });
}
