/** Refs of the control repository. It is ours alone, so they are files written whole; no process is needed. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommitId } from '../../core/ids.ts';
import { parseCommitId } from '../../core/ids.ts';
import type { GitContext } from './context.ts';
import { GitFailure, isErrno } from './failure.ts';
import { entriesOf, readIfThere, writeUnflushed, writeWhole } from './files.ts';
import { requireRef } from './names.ts';

export interface KeptRef {
  readonly ref: string;
  readonly commit: CommitId;
}

/** Not flushed: nothing prunes control, and after a power cut what the ref names is found in the log. */
export async function writeKept(context: GitContext, ref: string, commit: CommitId): Promise<void> {
  await writeRef(context, ref, commit, writeUnflushed);
}

/** For work that no log names: the ref is the only way back to it, and outlives a power cut. */
export async function writeKeptFlushed(context: GitContext, ref: string, commit: CommitId): Promise<void> {
  await writeRef(context, ref, commit, writeWhole);
}

async function writeRef(
  context: GitContext,
  ref: string,
  commit: CommitId,
  write: (path: string, content: string) => Promise<void>,
): Promise<void> {
  const path = join(context.places.control, requireRef(ref));
  try {
    await write(path, `${commit}\n`);
  } catch (cause) {
    if (!isErrno(cause, 'EISDIR', 'ENOTDIR', 'EEXIST')) throw cause;
    throw new GitFailure('git-bad-name', `${ref} is in the way of another kept ref, or behind one`, {
      cause,
    });
  }
}

export async function readKept(context: GitContext, ref: string): Promise<CommitId | null> {
  const loose = await readIfThere(join(context.places.control, requireRef(ref)));
  if (loose !== null) return parseCommitId(loose.trim());
  return (await packed(context)).find((kept) => kept.ref === ref)?.commit ?? null;
}

/** All below the folder-like `prefix`, such as `refs/copse/`; by name. */
export async function listKept(context: GitContext, prefix: string): Promise<readonly KeptRef[]> {
  const found = new Map<string, CommitId>();
  for (const kept of await packed(context)) if (kept.ref.startsWith(prefix)) found.set(kept.ref, kept.commit);
  const folder = prefix.endsWith('/')
    ? prefix.slice(0, -1)
    : prefix.slice(0, Math.max(prefix.lastIndexOf('/'), 4));
  for (const kept of await looseBelow(context, folder)) {
    if (kept.ref.startsWith(prefix)) found.set(kept.ref, kept.commit);
  }
  return [...found].map(([ref, commit]) => ({ ref, commit })).toSorted((a, b) => (a.ref < b.ref ? -1 : 1));
}

export async function dropKept(context: GitContext, ref: string): Promise<void> {
  await rm(join(context.places.control, requireRef(ref)), { force: true });
}

async function looseBelow(context: GitContext, folder: string): Promise<readonly KeptRef[]> {
  const found: KeptRef[] = [];
  for (const entry of await entriesOf(join(context.places.control, folder))) {
    const ref = `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await looseBelow(context, ref)));
    else if (!entry.name.endsWith('.lock')) {
      const commit = parseCommitId(((await readIfThere(join(context.places.control, ref))) ?? '').trim());
      if (commit !== null) found.push({ ref, commit });
    }
  }
  return found;
}

async function packed(context: GitContext): Promise<readonly KeptRef[]> {
  const text = (await readIfThere(join(context.places.control, 'packed-refs'))) ?? '';
  return text.split('\n').flatMap((line) => {
    const match = /^([0-9a-f]{40,64}) (refs\/.+)$/.exec(line);
    return match === null ? [] : [{ ref: match[2] ?? '', commit: match[1] as CommitId }];
  });
}
