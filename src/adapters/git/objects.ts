/** Reading and writing objects of the control repository without a process each. */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate, deflateSync } from 'node:zlib';
import type { CommitId, TreeId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { GitFailure } from './failure.ts';
import { commitIdOf, treeIdOf } from './names.ts';
import type { ObjectReader } from './reader.ts';

const deflateAsync = promisify(deflate);

export interface CommitFacts {
  readonly tree: TreeId;
  readonly parents: readonly CommitId[];
  /** `Name <mail> seconds zone`, as stored. */
  readonly author: string;
  readonly committerSeconds: number;
  readonly message: string;
}

/** null when the object is not there or not a commit. */
export async function readCommit(reader: ObjectReader, id: string): Promise<CommitFacts | null> {
  const found = await reader.content(id);
  if (found === null || found.info.type !== 'commit') return null;
  const text = found.content.toString();
  const split = text.indexOf('\n\n');
  const header = split === -1 ? text : text.slice(0, split);
  const field = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(header)?.[1] ?? '';
  return {
    tree: treeIdOf(field('tree')),
    parents: [...header.matchAll(/^parent ([0-9a-f]+)$/gm)].map((match) => commitIdOf(match[1] ?? '')),
    author: field('author'),
    committerSeconds: Number(/ (\d+) [+-]\d+$/.exec(field('committer'))?.[1] ?? 0),
    message: split === -1 ? '' : text.slice(split + 2),
  };
}

/** Fails with `git-object-missing` when control has no such commit. */
export async function requireCommit(context: GitContext, id: CommitId): Promise<CommitFacts> {
  const commit = await readCommit(context.controlReader, id);
  if (commit !== null) return commit;
  throw new GitFailure('git-object-missing', `commit ${id} is not in the control repository`);
}

export interface NewCommit {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly message: string;
  /** Milliseconds since the epoch; git keeps whole seconds. */
  readonly dateMs: number;
  /** As stored in another commit; default: the committer. */
  readonly author?: string;
  /** Default: no, as git does with loose objects; a merge can be made again from its inputs. */
  readonly isFlushed?: boolean;
}

/** The same input gives the same id. Written as a loose object, whole or not at all. */
export async function writeCommit(context: GitContext, commit: NewCommit): Promise<CommitId> {
  const { name, email } = context.identity;
  const committer = `${name} <${email}> ${Math.floor(commit.dateMs / 1_000)} +0000`;
  const message = commit.message.replaceAll('\0', '');
  const body = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${commit.author ?? committer}`,
    `committer ${committer}`,
    '',
    message.endsWith('\n') || message === '' ? message : `${message}\n`,
  ].join('\n');
  return writeObject(context, 'commit', Buffer.from(body), commit.isFlushed === true);
}

/** A blob of control with this content. */
export async function writeBlob(context: GitContext, content: Buffer): Promise<string> {
  return writeObject(context, 'blob', content, false);
}

/** Of more than this the compression would hold up everything else. */
const COMPRESS_ASIDE_BYTES = 128 * 1024;

/** The id of the object, which is there afterwards. Whole or not at all. */
export async function writeObject(
  context: GitContext,
  type: string,
  content: Buffer,
  isFlushed: boolean,
): Promise<CommitId> {
  const whole = Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]);
  const id = createHash(context.user.objectFormat).update(whole).digest('hex');
  await writeLoose(join(context.places.control, 'objects'), id, whole, isFlushed);
  context.controlReader.remember(id, { type, content });
  return commitIdOf(id);
}

/**
 * Puts a loose object into a store, unless it has one of that name. `whole` is header and content, `id` its digest. Small
 * ones are written at once: 0.07 ms measured, 0.24 ms by way of the thread pool.
 */
export async function writeLoose(
  objects: string,
  id: string,
  whole: Buffer,
  isFlushed: boolean,
): Promise<void> {
  const folder = join(objects, id.slice(0, 2));
  const path = join(folder, id.slice(2));
  if (existsSync(path)) return;
  const packed = whole.length > COMPRESS_ASIDE_BYTES ? await deflateAsync(whole) : deflateSync(whole);
  mkdirSync(folder, { recursive: true });
  const temporary = join(folder, `tmp_obj_${randomBytes(6).toString('hex')}`);
  const file = openSync(temporary, 'wx', 0o444);
  try {
    try {
      writeFileSync(file, packed);
      if (isFlushed) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

export async function isCommitIn(reader: ObjectReader, id: string): Promise<boolean> {
  return (await reader.info(id))?.type === 'commit';
}
