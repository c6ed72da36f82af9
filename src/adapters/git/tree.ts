import type { CommitId } from '../../core/ids.ts';
import { readCommit } from './objects.ts';
import type { ObjectReader } from './reader.ts';

export interface TreeEntry {
  readonly mode: string;
  readonly name: Buffer;
  readonly id: string;
}

const FOLDER = '40000';

/** Entries of one folder of a commit, by bytes, so that any name git can store is found; empty when it is not there. */
export async function treeEntries(
  reader: ObjectReader,
  commit: CommitId,
  folder: Buffer,
): Promise<readonly TreeEntry[]> {
  const root = await readCommit(reader, commit);
  if (root === null) return [];
  let entries = await readTree(reader, root.tree);
  if (folder.length === 0) return entries;
  for (const part of folder.toString('latin1').split('/')) {
    const next = entries.find((entry) => entry.mode === FOLDER && entry.name.toString('latin1') === part);
    if (next === undefined) return [];
    entries = await readTree(reader, next.id);
  }
  return entries;
}

async function readTree(reader: ObjectReader, id: string): Promise<readonly TreeEntry[]> {
  const found = await reader.content(id);
  if (found === null || found.info.type !== 'tree') return [];
  const data = found.content;
  const idLength = id.length / 2;
  const entries: TreeEntry[] = [];
  for (let at = 0; at < data.length;) {
    const space = data.indexOf(0x20, at);
    const end = data.indexOf(0, space);
    if (space === -1 || end === -1) break;
    entries.push({
      mode: data.toString('latin1', at, space),
      name: Buffer.from(data.subarray(space + 1, end)),
      id: data.toString('hex', end + 1, end + 1 + idLength),
    });
    at = end + 1 + idLength;
  }
  return entries;
}
