/**
 * The value of a ref of the user's repository, from the files themselves. A long-lived reading process will not do: it
 * takes a packed-refs for unchanged that has the same size, inode and second, which `pack-refs` in a loop produces.
 */
import { join } from 'node:path';
import type { GitContext } from './context.ts';
import { readIfThere } from './files.ts';
import { isErrno } from './failure.ts';

/** As many symbolic refs after each other as git follows. */
const MAX_DEPTH = 5;

/** Full id in hex, symbolic refs followed; null when there is no such ref. */
export async function refValue(context: GitContext, ref: string, depth = 0): Promise<string | null> {
  if (depth > MAX_DEPTH) return null;
  const loose = await looseText(context, ref);
  if (loose === null) {
    const packed = await packedValue(context, ref);
    if (packed !== null) return packed;
    // `pack-refs` removes the loose file after the packed one is in place, and an update may have made it anew since.
    const again = await looseText(context, ref);
    return again === null ? null : valueOf(context, again, depth);
  }
  return valueOf(context, loose, depth);
}

async function valueOf(context: GitContext, text: string, depth: number): Promise<string | null> {
  const target = /^ref:\s*(\S+)$/.exec(text)?.[1];
  if (target !== undefined) return refValue(context, target, depth + 1);
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(text) ? text : null;
}

async function looseText(context: GitContext, ref: string): Promise<string | null> {
  try {
    return (await readIfThere(join(context.user.commonDir, ref)))?.trim() ?? null;
  } catch (error) {
    // A folder where the ref's file would be: refs below it exist, this one does not.
    if (isErrno(error, 'EISDIR')) return null;
    throw error;
  }
}

async function packedValue(context: GitContext, ref: string): Promise<string | null> {
  const text = await readIfThere(join(context.user.commonDir, 'packed-refs'));
  if (text === null) return null;
  const end = ` ${ref}\n`;
  const at = text.indexOf(end);
  if (at === -1) return null;
  const start = text.lastIndexOf('\n', at) + 1;
  const id = text.slice(start, at);
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(id) ? id : null;
}
